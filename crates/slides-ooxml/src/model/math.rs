//! Equations (Office Math, ECMA-376 part 1, 22.1).

use super::RunProperties;

/// `m:oMath`, or the equations of an `m:oMathPara`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Equation {
    /// From an `m:oMathPara`: set in display style on lines of its own.
    pub display: bool,
    /// `m:oMathParaPr/m:jc`.
    pub align: MathAlign,
    /// One row for each `m:oMath`.
    pub lines: Vec<Vec<MathNode>>,
}

/// Where a display equation stands in its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MathAlign {
    /// `left`.
    Left,
    /// `right`.
    Right,
    /// `center`.
    Center,
    /// `centerGroup`: the lines as a group.
    #[default]
    CenterGroup,
}

/// One element of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum MathNode {
    /// `m:r`.
    Run(Box<MathRun>),
    /// `m:f`.
    Fraction {
        /// `m:fPr/m:type`.
        kind: FractionKind,
        /// Above the bar.
        numerator: Vec<MathNode>,
        /// Below it.
        denominator: Vec<MathNode>,
    },
    /// `m:sSub`, `m:sSup`, `m:sSubSup`.
    Scripts {
        /// What carries the scripts.
        base: Vec<MathNode>,
        /// Below.
        sub: Option<Vec<MathNode>>,
        /// Above.
        sup: Option<Vec<MathNode>>,
    },
    /// `m:sPre`: scripts before the base.
    PreScripts {
        /// What carries the scripts.
        base: Vec<MathNode>,
        /// Below.
        sub: Vec<MathNode>,
        /// Above.
        sup: Vec<MathNode>,
    },
    /// `m:rad`.
    Radical {
        /// Left out for a square root.
        degree: Option<Vec<MathNode>>,
        /// Under the sign.
        base: Vec<MathNode>,
    },
    /// `m:nary`.
    Nary {
        /// The operator; an integral sign by default.
        operator: char,
        /// Limits stand above and below instead of beside.
        limits_above: bool,
        /// The operator grows with what follows.
        grows: bool,
        /// Lower limit.
        sub: Option<Vec<MathNode>>,
        /// Upper limit.
        sup: Option<Vec<MathNode>>,
        /// What it works on.
        base: Vec<MathNode>,
    },
    /// `m:d`.
    Delimiters {
        /// Opening sign.
        open: Option<char>,
        /// Between the elements.
        separator: Option<char>,
        /// Closing sign.
        close: Option<char>,
        /// The signs grow with the elements.
        grows: bool,
        /// The elements.
        elements: Vec<Vec<MathNode>>,
    },
    /// `m:limLow`, `m:limUpp`.
    Limit {
        /// What carries the limit.
        base: Vec<MathNode>,
        /// The limit.
        limit: Vec<MathNode>,
        /// Above the base instead of below.
        above: bool,
    },
    /// `m:acc`.
    Accent {
        /// The combining sign.
        mark: char,
        /// Below it.
        base: Vec<MathNode>,
    },
    /// `m:bar`.
    Bar {
        /// Above the base instead of below.
        above: bool,
        /// What is barred.
        base: Vec<MathNode>,
    },
    /// `m:groupChr`.
    GroupChar {
        /// A brace or an arrow as wide as the base.
        mark: char,
        /// The sign stands above the base instead of below.
        above: bool,
        /// The sign, not the base, stands on the baseline.
        sign_on_baseline: bool,
        /// What is grouped.
        base: Vec<MathNode>,
    },
    /// `m:func`.
    Function {
        /// Its name.
        name: Vec<MathNode>,
        /// Its argument.
        base: Vec<MathNode>,
    },
    /// `m:m`.
    Matrix {
        /// Rows of cells.
        rows: Vec<Vec<Vec<MathNode>>>,
        /// `m:mcJc` by column; the last one goes on.
        columns: Vec<MathAlign>,
        /// Where the matrix stands against the axis.
        anchor: MathAnchor,
        /// Gap between columns in ems; none for the default.
        column_gap: Option<f64>,
    },
    /// `m:eqArr`.
    Array {
        /// Rows, aligned at their `&` signs.
        rows: Vec<Vec<MathNode>>,
        /// Where the array stands against the axis.
        anchor: MathAnchor,
    },
    /// `m:box` and everything else that only groups.
    Group(Vec<MathNode>),
    /// `m:borderBox`.
    Border {
        /// Top, right, bottom, left.
        sides: [bool; 4],
        /// Horizontal, vertical, rising and falling strike.
        strikes: [bool; 4],
        /// What is framed.
        base: Vec<MathNode>,
    },
    /// `m:phant`.
    Phantom {
        /// The base is drawn.
        visible: bool,
        /// It takes no width.
        zero_width: bool,
        /// It takes no height.
        zero_ascent: bool,
        /// It takes no depth.
        zero_descent: bool,
        /// What takes the room.
        base: Vec<MathNode>,
    },
}

/// `m:f` kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FractionKind {
    /// `bar`.
    #[default]
    Bar,
    /// `skw`.
    Skewed,
    /// `lin`.
    Linear,
    /// `noBar`.
    NoBar,
}

/// Which part of a matrix stands on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MathAnchor {
    /// Its middle.
    #[default]
    Center,
    /// Its first row.
    Top,
    /// Its last row.
    Bottom,
}

/// `m:r`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MathRun {
    /// `m:t`.
    pub text: String,
    /// `m:scr`.
    pub script: MathScript,
    /// `m:sty`: bold.
    pub bold: bool,
    /// `m:sty`: italic, as letters are unless said otherwise.
    pub italic: bool,
    /// `m:nor`: ordinary text in the run's own face.
    pub normal_text: bool,
    /// `m:brk`: a line begins here.
    pub break_before: bool,
    /// `a:rPr`.
    pub properties: RunProperties,
}

/// Letter shapes of the mathematical alphabets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MathScript {
    /// `roman`.
    #[default]
    Roman,
    /// `script`.
    Script,
    /// `fraktur`.
    Fraktur,
    /// `double-struck`.
    DoubleStruck,
    /// `sans-serif`.
    SansSerif,
    /// `monospace`.
    Monospace,
}
