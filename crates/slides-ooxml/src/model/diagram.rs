//! SmartArt by its data model, for want of a stored drawing (ECMA-376 part 1, 21.4).

use super::{Color, LayoutNode, ShapeProperties, ShapeStyle, TextBody, Variables};

/// `dgm:dataModel`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiagramModel {
    /// What kind of layout the diagram asks for.
    pub family: DiagramFamily,
    /// The accent colour of its colour set, 1 to 6.
    pub accent: u8,
    /// Its runs from right to left (`dgm:dir/@val="rev"`).
    pub reversed: bool,
    /// Top nodes in order.
    pub nodes: Vec<DiagramNode>,
    /// What a layout of its own is made from; none without a layout definition.
    pub parts: Option<Box<DiagramParts>>,
}

/// The parts of a diagram that its drawing is made from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiagramParts {
    /// `dgm:ptLst`, presentation points included.
    pub points: Vec<DiagramPoint>,
    /// `dgm:cxnLst`, without those to points that are not there.
    pub connections: Vec<DiagramConnection>,
    /// The root of `dgm:layoutDef`.
    pub layout: LayoutNode,
    /// `dgm:styleDef/dgm:styleLbl` by name.
    pub styles: Vec<(String, ShapeStyle)>,
    /// `dgm:colorsDef/dgm:styleLbl` by name.
    pub colors: Vec<(String, LabelColors)>,
}

/// `dgm:pt` (ECMA-376 part 1, 21.4.3.5).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiagramPoint {
    /// `@type`.
    pub kind: PointKind,
    /// `dgm:t`.
    pub text: TextBody,
    /// `dgm:spPr`.
    pub properties: ShapeProperties,
    /// `dgm:prSet` of a presentation point.
    pub presentation: Option<Box<Presentation>>,
    /// `dgm:prSet/dgm:presLayoutVars`.
    pub variables: Variables,
}

/// `ST_PtType` (21.4.7.51).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum PointKind {
    #[default]
    Node,
    Assistant,
    Document,
    ParentTransition,
    SiblingTransition,
    Presentation,
}

/// `dgm:prSet` of a presentation point (21.4.3.4): which shape it is and what was changed by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Presentation {
    /// `@presAssocID`, an index into the points.
    pub point: Option<usize>,
    /// `@presName`: the layout node.
    pub name: String,
    /// `@presStyleLbl`.
    pub style_label: Option<String>,
    /// `@presStyleIdx`.
    pub style_index: usize,
    /// `@presStyleCnt`.
    pub style_count: usize,
    /// `@custScaleX`, `@custScaleY` as fractions.
    pub scale: (f64, f64),
    /// `@custLinFactX` with `@custLinFactNeighborX`, and the same for y, as fractions of the size.
    pub offset: (f64, f64),
    /// `@custAng` in degrees.
    pub rotation: f64,
    /// `@custT`: sizes of type were set by hand.
    pub custom_text: bool,
    /// `@custFlipHor`, `@custFlipVert`.
    pub flip: (bool, bool),
}

/// `dgm:cxn` (21.4.3.2) between points by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiagramConnection {
    /// `@type` is `parOf`; the others tie presentation points.
    pub parent_of: bool,
    /// `@srcId`.
    pub from: usize,
    /// `@destId`.
    pub to: usize,
    /// `@srcOrd`.
    pub order: u32,
    /// `@parTransId`.
    pub parent_transition: Option<usize>,
    /// `@sibTransId`.
    pub sibling_transition: Option<usize>,
}

/// `dgm:colorsDef/dgm:styleLbl` (21.4.4.8).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelColors {
    /// `dgm:fillClrLst`.
    pub fill: ColorList,
    /// `dgm:linClrLst`.
    pub line: ColorList,
    /// `dgm:effectClrLst`.
    pub effect: ColorList,
    /// `dgm:txFillClrLst`.
    pub text: ColorList,
}

/// Colours that the shapes of a label take one after the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColorList {
    /// `@meth`.
    pub method: ColorMethod,
    /// Colours.
    pub colors: Vec<Color>,
}

/// `ST_ClrAppMethod` (21.4.7.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorMethod {
    /// From the first colour evenly to the last.
    #[default]
    Span,
    /// There and back again.
    Cycle,
    /// From the start again.
    Repeat,
}

/// Layouts that are told apart, by `@loCatId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiagramFamily {
    /// `list` and everything else.
    #[default]
    List,
    /// `process`.
    Process,
    /// `cycle`.
    Cycle,
    /// `hierarchy`.
    Hierarchy,
}

/// `dgm:pt` of type `node` or `asst`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiagramNode {
    /// `dgm:t`.
    pub text: TextBody,
    /// Nodes below it.
    pub children: Vec<DiagramNode>,
}
