//! How a page and its shapes appear on a screen.

use std::ops::Range;

/// What moves on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageMotion {
    /// How the page comes in the place of the one before.
    pub transition: Option<Motion>,
    /// Operations of the page that come one after the other, in the order in which they come. Ranges do not overlap and
    /// hold whole groups and tags.
    pub entrances: Vec<(Range<usize>, Motion)>,
}

/// One appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Motion {
    /// What it looks like.
    pub kind: MotionKind,
    /// How long it takes.
    pub milliseconds: u32,
}

/// What an appearance looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MotionKind {
    /// It gets opaque.
    Fade,
    /// It moves in from a side.
    Move(Side),
    /// It is uncovered from a side.
    Wipe(Side),
    /// It is uncovered from its middle to the left and right, or to the top and bottom.
    Split {
        /// To the left and right.
        sideways: bool,
    },
    /// A circle from its middle uncovers it.
    Circle,
    /// A diamond from its middle uncovers it.
    Diamond,
    /// It grows.
    Zoom,
}

/// A side that something comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The left.
    Left,
    /// The top.
    Top,
    /// The right.
    Right,
    /// The bottom.
    Bottom,
}
