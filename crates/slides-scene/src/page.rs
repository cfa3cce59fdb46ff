use kurbo::{Rect, Size};

use crate::{Op, PageMotion};

/// One page: what is drawn, in painting order.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Size in points.
    pub size: Size,
    /// Number of the slide, 1-based.
    pub number: u32,
    /// The slide's title as plain text, for the outline.
    pub title: Option<String>,
    /// Language that most of its text is in, as a BCP 47 tag.
    pub language: Option<String>,
    /// Drawing operations in painting order.
    pub ops: Vec<Op>,
    /// Clickable areas.
    pub links: Vec<Link>,
    /// How it and its shapes appear on a screen, where that was asked for.
    pub motion: Option<Box<PageMotion>>,
}

/// A clickable area.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Area in page points.
    pub rect: Rect,
    /// Where it leads.
    pub target: LinkTarget,
}

/// Target of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// An address outside the document.
    Uri(String),
    /// A slide of the deck, 1-based slide number (which may not be among the exported pages).
    Slide(u32),
}
