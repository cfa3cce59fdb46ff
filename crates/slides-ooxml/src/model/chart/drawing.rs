use crate::model::Shape;

/// A shape drawn over a chart (`cdr:relSizeAnchor`, `cdr:absSizeAnchor`; ECMA-376 part 1, 21.3).
#[derive(Debug, Clone, PartialEq)]
pub struct UserShape {
    /// `cdr:from` in parts of the chart's width and height.
    pub from: (f64, f64),
    /// The opposite corner.
    pub to: UserShapeEnd,
    /// The shape; its anchor says where it lies, its own position does not count.
    pub shape: Shape,
}

/// The corner of a [`UserShape`] opposite to its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UserShapeEnd {
    /// `cdr:to` in parts of the chart's width and height.
    Part(f64, f64),
    /// `cdr:ext`: width and height in EMU.
    Size(i64, i64),
}
