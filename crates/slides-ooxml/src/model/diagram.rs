//! SmartArt by its data model, for want of a stored drawing (ECMA-376 part 1, 21.4).

use super::TextBody;

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
