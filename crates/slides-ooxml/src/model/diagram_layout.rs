//! `dgm:layoutDef`: the little program that says how a diagram's points become shapes (ECMA-376 part 1, 21.4.2).

/// `dgm:layoutNode` (21.4.2.19).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayoutNode {
    /// `@name`.
    pub name: String,
    /// `@styleLbl`: the label that quick style and colours are looked up by.
    pub style_label: Option<String>,
    /// Children in order.
    pub items: Vec<LayoutItem>,
}

/// A child of `dgm:layoutNode`, `dgm:forEach`, `dgm:if` or `dgm:else`.
#[derive(Debug, Clone, PartialEq)]
pub enum LayoutItem {
    /// `dgm:layoutNode`.
    Node(Box<LayoutNode>),
    /// `dgm:forEach` (21.4.2.12).
    ForEach(ForEach),
    /// `dgm:choose` (21.4.2.6): the first branch whose condition holds; an `else` has none.
    Choose(Vec<Branch>),
    /// `dgm:alg`.
    Algorithm(Algorithm),
    /// `dgm:shape`.
    Shape(LayoutShape),
    /// `dgm:presOf` (21.4.2.20): the points whose texts the shape shows.
    PresentationOf(Axes),
    /// `dgm:constrLst`.
    Constraints(Vec<Constraint>),
    /// `dgm:ruleLst`.
    Rules(Vec<Rule>),
    /// `dgm:varLst` (21.4.2.32).
    Variables(Variables),
}

/// `dgm:forEach`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForEach {
    /// `@name`, for those that refer to it.
    pub name: String,
    /// `@ref`: the loop whose content is repeated here.
    pub reference: Option<String>,
    /// Points that are gone through.
    pub axes: Axes,
    /// What is done for each.
    pub items: Vec<LayoutItem>,
}

/// `dgm:if` or `dgm:else`.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// None for `dgm:else`.
    pub condition: Option<Condition>,
    /// Content.
    pub items: Vec<LayoutItem>,
}

/// What a `dgm:if` asks (21.4.2.15).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Condition {
    /// Points that are counted or asked for their place.
    pub axes: Axes,
    /// `@func`: `cnt`, `pos`, `var`, ….
    pub function: String,
    /// `@arg`: the variable of `var`.
    pub argument: String,
    /// `@op`: `equ`, `neq`, `gt`, `lt`, `gte`, `lte`.
    pub operator: String,
    /// `@val`.
    pub value: String,
}

/// The iterator attributes (`AG_IteratorAttributes`), a step for each entry of their lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Axes(pub Vec<AxisStep>);

/// One step of a walk through the points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxisStep {
    /// `@axis`: `ch`, `des`, `followSib`, ….
    pub axis: String,
    /// `@ptType`: `all`, `node`, `sibTrans`, ….
    pub kind: String,
    /// `@st`, 1-based; counts from the end when negative.
    pub start: i64,
    /// `@cnt`; 0 is all.
    pub count: u32,
    /// `@step`.
    pub step: i64,
    /// `@hideLastTrans`: the transition after the last node is left out.
    pub hide_last: bool,
}

/// `dgm:alg` (21.4.2.3).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Algorithm {
    /// `@type`: `lin`, `snake`, ….
    pub kind: String,
    /// `dgm:param` by type.
    pub parameters: Vec<(String, String)>,
}

impl Algorithm {
    /// Value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// `dgm:shape` (21.4.2.27).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayoutShape {
    /// `@type`: a preset shape, `conn`, or empty for none.
    pub kind: String,
    /// `@rot` in degrees.
    pub rotation: f64,
    /// `@hideGeom`.
    pub hidden: bool,
    /// `@zOrderOff`.
    pub z_offset: i32,
    /// `@blipPhldr`: the shape holds a picture.
    pub picture: bool,
    /// `dgm:adj`: 1-based index and value.
    pub adjust: Vec<(u32, f64)>,
}

/// `dgm:constr` (21.4.2.8).
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// `@type`: what is set.
    pub kind: String,
    /// Whose it is: `@for`, `@forName`, `@ptType`.
    pub target: ConstraintEnd,
    /// `@refType`, where it is not `none`.
    pub reference: Option<String>,
    /// `@refFor`, `@refForName`, `@refPtType`.
    pub source: ConstraintEnd,
    /// `@op`.
    pub operator: Operator,
    /// `@val`, where there is one; millimetres or points.
    pub value: Option<f64>,
    /// `@fact`.
    pub factor: f64,
}

/// The nodes at one end of a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConstraintEnd {
    /// `self`, `ch` or `des`.
    pub relation: Relation,
    /// Only nodes of this name.
    pub name: Option<String>,
    /// Only nodes of points of this type.
    pub kind: Option<String>,
}

/// `ST_ConstraintRelationship` (21.4.7.23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum Relation {
    #[default]
    Itself,
    Children,
    Descendants,
}

/// `ST_BoolOperator` (21.4.7.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum Operator {
    #[default]
    None,
    Equal,
    AtLeast,
    AtMost,
}

/// `dgm:rule` (21.4.2.24): what may change when a layout does not fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// `@type`.
    pub kind: String,
    /// `@for`, `@forName`, `@ptType`.
    pub target: ConstraintEnd,
    /// `@val`: how far it may go; none when it is no number.
    pub value: Option<f64>,
}

/// `dgm:varLst` and `dgm:presLayoutVars`: values by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variables(pub Vec<(String, String)>);

impl Variables {
    /// Value of a variable, if it is named here.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
