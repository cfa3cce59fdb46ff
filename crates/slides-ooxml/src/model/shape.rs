use super::{
    BlipFill, Color, DiagramModel, EffectList, Fill, Geometry, Hyperlink, Line, PictureRef, Table,
    TextBody, Transform,
};

/// One node of a shape tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Name, id, alternative text, links, visibility.
    pub nv: NonVisual,
    /// What it is.
    pub kind: ShapeKind,
}

/// Kinds of shape-tree nodes.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all nodes are shapes")]
pub enum ShapeKind {
    /// `p:sp`.
    Shape {
        /// Outline, fill, line, effects.
        properties: ShapeProperties,
        /// `p:style`.
        style: Option<ShapeStyle>,
        /// `p:txBody`.
        text: Option<TextBody>,
        /// `p:cNvSpPr/@txBox`.
        is_text_box: bool,
    },
    /// `p:pic`.
    Picture(Box<Picture>),
    /// `p:cxnSp`.
    Connector(Box<Connector>),
    /// `p:grpSp`.
    Group(Box<Group>),
    /// `p:graphicFrame`.
    GraphicFrame(Box<GraphicFrame>),
    /// Something this reader does not know, by its element name, for a warning.
    Unknown(String),
}

/// `p:nvPr` and `p:cNvPr` of a node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NonVisual {
    /// `@id`.
    pub id: u32,
    /// `@name`.
    pub name: String,
    /// `@descr`.
    pub alt: Option<String>,
    /// `@hidden`.
    pub hidden: bool,
    /// `a:hlinkClick` of the whole shape.
    pub link: Option<Hyperlink>,
    /// `p:ph`.
    pub placeholder: Option<Placeholder>,
    /// Marked as decorative (`adec:decorative`).
    pub decorative: bool,
    /// `p:sp/@useBgFill`: filled with what the slide's background shows there.
    pub use_background_fill: bool,
}

/// `p:ph`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// `@type`; `obj` when absent.
    pub kind: String,
    /// `@idx`; 0 when absent.
    pub index: u32,
    /// `@idx` was written.
    pub has_index: bool,
}

/// `p:spPr`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShapeProperties {
    /// `a:xfrm`.
    pub transform: Option<Transform>,
    /// Outline.
    pub geometry: Option<Geometry>,
    /// Fill.
    pub fill: Option<Fill>,
    /// `a:ln`.
    pub line: Option<Line>,
    /// `a:effectLst`.
    pub effects: Option<EffectList>,
    /// `a:scene3d` or `a:sp3d` that changes the front view (rotated camera, bevel, extrusion), for a warning.
    pub three_d: Option<String>,
    /// `dsp:txXfrm` of a stored diagram shape: the box of its text, where it is not the shape's.
    pub text_transform: Option<Transform>,
}

/// `p:style`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShapeStyle {
    /// `a:lnRef`.
    pub line: Option<StyleRef>,
    /// `a:fillRef`.
    pub fill: Option<StyleRef>,
    /// `a:effectRef`.
    pub effect: Option<StyleRef>,
    /// `a:fontRef`: `idx` 1 is major, 2 is minor, 0 is none.
    pub font: Option<StyleRef>,
}

/// A reference into the theme's format scheme.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleRef {
    /// 1-based index; 0 is none; fills from 1001 on index the background fills.
    pub index: u32,
    /// Colour that `phClr` stands for.
    pub color: Option<Color>,
}

/// `p:pic`.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// `p:blipFill`.
    pub fill: BlipFill,
    /// Outline, line, effects.
    pub properties: ShapeProperties,
    /// `p:style`.
    pub style: Option<ShapeStyle>,
    /// The picture stands for a video or sound (`a:videoFile`, `a:audioFile`).
    pub media: bool,
}

/// `p:cxnSp`.
#[derive(Debug, Clone, PartialEq)]
pub struct Connector {
    /// Outline and line.
    pub properties: ShapeProperties,
    /// `p:style`.
    pub style: Option<ShapeStyle>,
}

/// `p:grpSp`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// `a:xfrm` of the group in its parent.
    pub transform: Option<Transform>,
    /// `a:chOff`, `a:chExt`: the children's coordinate box (x, y, width, height) in EMU.
    pub child_box: Option<(i64, i64, i64, i64)>,
    /// Fill that `a:grpFill` children take.
    pub fill: Option<Fill>,
    /// Effects of the group as a whole.
    pub effects: Option<EffectList>,
    /// Children in painting order.
    pub children: Vec<Shape>,
}

/// `p:graphicFrame`.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphicFrame {
    /// `p:xfrm`.
    pub transform: Option<Transform>,
    /// What it holds.
    pub kind: GraphicKind,
}

/// Content of a graphic frame.
#[derive(Debug, Clone, PartialEq)]
pub enum GraphicKind {
    /// `a:tbl`.
    Table(Box<Table>),
    /// A chart part; drawn by a later issue from its cached points.
    Chart(ChartRef),
    /// SmartArt: the shapes of its stored drawing part (`dsp:drawing`), in the frame's coordinates; empty
    /// when there is no drawing part; `model` is what it would show then.
    Diagram {
        /// Shapes of the drawing part, coordinates relative to the frame.
        shapes: Vec<Shape>,
        /// The nodes, for want of a drawing.
        model: Box<DiagramModel>,
    },
    /// An OLE object with its preview.
    Ole(OleObject),
    /// Anything else, by its `uri`, for a warning.
    Unknown(String),
}

/// A chart by its part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartRef {
    /// Part name of the chart.
    pub part: String,
    /// A `cx:` (2016) chart.
    pub extended: bool,
    /// Fallback picture, where the file holds one.
    pub fallback: Option<PictureRef>,
}

/// `p:oleObj`.
#[derive(Debug, Clone, PartialEq)]
pub struct OleObject {
    /// `@progId`.
    pub prog_id: Option<String>,
    /// The preview (`p:pic`).
    pub preview: Option<Box<Picture>>,
}
