//! Parts to the typed model.

pub(crate) mod chart;
pub(crate) mod color;
mod diagram;
mod diagram_layout;
mod diagram_model;
mod diagram_parts;
mod effects;
mod fill;
mod geometry;
mod ink;
mod line;
mod link;
mod math;
pub(crate) mod motion;
pub(crate) mod presentation;
mod preset_colors;
mod preset_shadows;
mod shape;
pub(crate) mod slide;
mod table;
mod table_style;
pub(crate) mod text;
pub(crate) mod theme;
mod vml;

use std::cell::RefCell;

use crate::model::PictureRef;
use crate::package::{Package, Relationships};
use crate::xml::{Node, rel_attr};

/// What a reader of one part knows beside the element before it.
pub(crate) struct Context<'a> {
    pub(crate) package: &'a Package,
    pub(crate) relationships: &'a Relationships,
    /// What a chart's switch says where it is left out: off for decks that Office 2007 wrote, on for all later ones.
    pub(crate) left_out: bool,
    /// (feature, message) of what was left out.
    pub(crate) warnings: RefCell<Vec<(String, String)>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(package: &'a Package, relationships: &'a Relationships) -> Self {
        Self {
            package,
            relationships,
            left_out: true,
            warnings: RefCell::default(),
        }
    }

    pub(crate) fn warn(&self, feature: &str, message: impl Into<String>) {
        let warning = (feature.to_owned(), message.into());
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// The picture that `r:embed` (or another attribute) names, when the package holds it.
    pub(crate) fn picture(&self, node: Node<'_>, attribute: &str) -> Option<PictureRef> {
        let part = self.relationships.part(rel_attr(node, attribute)?)?;
        if !self.package.contains(part) {
            self.warn(
                "picture",
                format!("the package has no part `{part}`: the picture is left out"),
            );
            return None;
        }
        Some(PictureRef {
            part: part.to_owned(),
        })
    }
}
