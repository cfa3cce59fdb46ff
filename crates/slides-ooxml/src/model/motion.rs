/// `p:transition` and the entrances of `p:timing` of a slide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlideMotion {
    /// How the slide comes; none where it is there at once.
    pub transition: Option<Motion>,
    /// Ids of shapes in the order in which they come, each once.
    pub entrances: Vec<(u32, Motion)>,
}

/// One effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Motion {
    /// What it looks like; kinds without a match are fades.
    pub kind: MotionKind,
    /// How long it takes.
    pub milliseconds: u32,
}

/// Kinds of effects that transitions and entrances have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MotionKind {
    /// `p:fade`, preset 10.
    Fade,
    /// `p:push`, `p:cover`, preset 2.
    Move(MotionSide),
    /// `p:wipe`, preset 22.
    Wipe(MotionSide),
    /// `p:split`, preset 16.
    Split {
        /// From the middle to the left and right.
        sideways: bool,
    },
    /// `p:circle`, preset 6.
    Circle,
    /// `p:diamond`, preset 8.
    Diamond,
    /// `p:zoom`, preset 23.
    Zoom,
}

/// The side that an effect comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MotionSide {
    /// The left.
    Left,
    /// The top.
    Top,
    /// The right.
    Right,
    /// The bottom.
    Bottom,
}
