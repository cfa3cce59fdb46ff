use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ColorMap, Fill, ListStyle, Shape, StyleRef, TableStyle, Theme};

/// `p:presentation`, with the order of the slides. The slides themselves are read one by one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Presentation {
    /// `p:sldSz` in EMU.
    pub slide_size: (i64, i64),
    /// `p:notesSz` in EMU.
    pub notes_size: (i64, i64),
    /// `@firstSlideNum`; 1 by default.
    pub first_slide_number: i64,
    /// `p:defaultTextStyle`.
    pub default_text_style: ListStyle,
    /// Slide parts in show order.
    pub slides: Vec<String>,
    /// `ppt/tableStyles.xml`, by style id.
    pub table_styles: BTreeMap<String, TableStyle>,
    /// `@def` of the table style list.
    pub default_table_style: Option<String>,
    /// Title of `docProps/core.xml`.
    pub title: Option<String>,
    /// Creator of `docProps/core.xml`.
    pub author: Option<String>,
    /// Subject of `docProps/core.xml`.
    pub subject: Option<String>,
    /// Keywords of `docProps/core.xml`.
    pub keywords: Option<String>,
    /// When the deck was made, as its properties write it (W3C date and time).
    pub created: Option<String>,
    /// When it was saved last, as its properties write it.
    pub modified: Option<String>,
    /// `AppVersion` of `docProps/app.xml`: which Office wrote the deck, such as `16.0000`.
    pub app_version: Option<String>,
    /// Embedded fonts: typeface, style (`regular`, `bold`, `italic`, `boldItalic`) and part.
    pub embedded_fonts: Vec<(String, String, String)>,
}

/// `p:sldMaster`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Master {
    /// Part name.
    pub part: String,
    /// `p:bg`.
    pub background: Option<Background>,
    /// `p:spTree`.
    pub shapes: Vec<Shape>,
    /// `p:clrMap`.
    pub color_map: ColorMap,
    /// `p:txStyles/p:titleStyle`.
    pub title_style: ListStyle,
    /// `p:txStyles/p:bodyStyle`.
    pub body_style: ListStyle,
    /// `p:txStyles/p:otherStyle`.
    pub other_style: ListStyle,
    /// Its theme.
    pub theme: Arc<Theme>,
}

/// `p:sldLayout`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// Part name.
    pub part: String,
    /// `p:bg`.
    pub background: Option<Background>,
    /// `p:spTree`.
    pub shapes: Vec<Shape>,
    /// `@showMasterSp`; default true.
    pub show_master_shapes: bool,
    /// `p:clrMapOvr/a:overrideClrMapping`.
    pub color_map_override: Option<ColorMap>,
    /// Theme override part, when there is one.
    pub theme_override: Option<Arc<Theme>>,
    /// Its master.
    pub master: Arc<Master>,
}

/// `p:sld`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slide {
    /// Part name.
    pub part: String,
    /// Position in the show, 1-based.
    pub index: u32,
    /// `@show="0"`.
    pub hidden: bool,
    /// `p:bg`.
    pub background: Option<Background>,
    /// `p:spTree`.
    pub shapes: Vec<Shape>,
    /// `@showMasterSp`; default true.
    pub show_master_shapes: bool,
    /// `p:clrMapOvr/a:overrideClrMapping`.
    pub color_map_override: Option<ColorMap>,
    /// Theme override part, when there is one.
    pub theme_override: Option<Arc<Theme>>,
    /// Its layout.
    pub layout: Arc<Layout>,
    /// What was left out or damaged while reading, as (feature, message).
    pub warnings: Vec<(String, String)>,
}

/// `p:notes`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notes {
    /// `p:spTree`.
    pub shapes: Vec<Shape>,
}

/// `p:bg`.
#[derive(Debug, Clone, PartialEq)]
pub enum Background {
    /// `p:bgPr`.
    Fill(Fill),
    /// `p:bgRef`.
    Reference(StyleRef),
}
