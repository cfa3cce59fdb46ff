//! The deck as its XML says it. Lengths are EMU (914,400 to the inch), angles are degrees,
//! percentages are fractions (`1.0` is 100 %), font sizes are points. `None` always means
//! "not said here": inherit.

pub mod chart;
mod color;
mod comment;
mod deck;
mod diagram;
mod diagram_layout;
mod fill;
mod geometry;
mod math;
mod motion;
mod shape;
mod table;
mod text;
mod theme;

pub use color::{Color, ColorBase, ColorMap, ColorMod, SchemeColor};
pub use comment::Comment;
pub use deck::{Background, Layout, Master, Notes, Presentation, Slide};
pub use diagram::{
    ColorList, ColorMethod, DiagramConnection, DiagramFamily, DiagramModel, DiagramNode,
    DiagramParts, DiagramPoint, LabelColors, PointKind, Presentation as DiagramPresentation,
};
pub use diagram_layout::{
    Algorithm, Axes, AxisStep, Branch, Condition, Constraint, ConstraintEnd, ForEach, LayoutItem,
    LayoutNode, LayoutShape, Operator, Relation, Rule, Variables,
};
pub use fill::{
    BlipEffect, BlipFill, BlipMode, Dash, EffectList, Fill, FillOverlay, Gradient, GradientKind,
    GradientStop, InnerShadow, Join, Line, LineCap, LineEnd, LineEndKind, LineEndSize, OuterShadow,
    OverlayBlend, PatternFill, PictureRef, RectAlign, Reflection, RelativeRect, Tile, TileFlip,
};
pub use geometry::{
    AdjustValue, CustomGeometry, Geometry, Guide, GuidePath, PathCommand, PathFill, TextRect,
    Transform,
};
pub use math::{Equation, FractionKind, MathAlign, MathAnchor, MathNode, MathRun, MathScript};
pub use motion::{Motion, MotionKind, MotionSide, SlideMotion};
pub use shape::{
    ChartRef, Connector, GraphicFrame, GraphicKind, Group, NonVisual, OleObject, Picture,
    Placeholder, Shape, ShapeKind, ShapeProperties, ShapeStyle, StyleRef,
};
pub use table::{
    CellBorders, Table, TableCell, TableCellStyle, TablePart, TableRow, TableStyle, TextStyle,
};
pub use text::{
    Anchor, Autofit, BodyProperties, Bullet, BulletColor, BulletFont, BulletKind, BulletSize, Caps,
    FontAlign, FontRef, Hyperlink, LinkAction, ListStyle, Paragraph, ParagraphProperties, Run,
    RunKind, RunProperties, Spacing, Strike, TabAlign, TabStop, TextAlign, TextBody, TextWarp,
    Underline, VerticalText,
};
pub use theme::{EffectStyle, FontCollection, FontScheme, FormatScheme, Theme};
