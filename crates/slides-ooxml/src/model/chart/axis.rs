use super::{ChartLines, ChartText, ManualLayout, Title};
use crate::model::{ShapeProperties, TextBody};

/// `c:catAx`, `c:valAx`, `c:dateAx`, `c:serAx`.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// `c:axId`.
    pub id: u32,
    /// Which element it is.
    pub kind: AxisKind,
    /// `c:scaling/c:orientation="maxMin"`.
    pub reversed: bool,
    /// `c:scaling/c:logBase`, 2 to 1,000.
    pub log_base: Option<f64>,
    /// `c:scaling/c:min`.
    pub min: Option<f64>,
    /// `c:scaling/c:max`.
    pub max: Option<f64>,
    /// `c:delete`.
    pub deleted: bool,
    /// `c:axPos`.
    pub position: AxisPosition,
    /// `c:majorGridlines`.
    pub major_gridlines: Option<ChartLines>,
    /// `c:minorGridlines`.
    pub minor_gridlines: Option<ChartLines>,
    /// `c:title`.
    pub title: Option<Title>,
    /// `c:numFmt`.
    pub number_format: Option<NumberFormat>,
    /// `c:majorTickMark`; `out` when absent.
    pub major_tick: TickMark,
    /// `c:minorTickMark`; `none` when absent.
    pub minor_tick: TickMark,
    /// `c:tickLblPos`.
    pub label_position: TickLabelPosition,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:txPr`.
    pub text: Option<Box<TextBody>>,
    /// `c:crossAx`.
    pub cross_axis: u32,
    /// `c:crosses`, `c:crossesAt`: where on the other axis this one lies.
    pub crosses: Crosses,
    /// `c:crossBetween` of value axes.
    pub cross_between: Option<CrossBetween>,
    /// `c:majorUnit`, positive.
    pub major_unit: Option<f64>,
    /// `c:minorUnit`, positive.
    pub minor_unit: Option<f64>,
    /// `c:dispUnits`.
    pub display_units: Option<DisplayUnits>,
    /// `c:auto` of category and date axes: dates among the categories make it a date axis.
    pub auto: bool,
    /// `c:lblAlgn`.
    pub label_align: LabelAlign,
    /// `c:lblOffset` in percent.
    pub label_offset: f64,
    /// `c:tickLblSkip`, at least 1.
    pub label_skip: Option<u32>,
    /// `c:tickMarkSkip`, at least 1.
    pub mark_skip: Option<u32>,
    /// `c:noMultiLvlLbl`.
    pub no_multi_level: bool,
    /// `c:baseTimeUnit`.
    pub base_unit: Option<TimeUnit>,
    /// `c:majorTimeUnit`.
    pub major_time_unit: Option<TimeUnit>,
    /// `c:minorTimeUnit`.
    pub minor_time_unit: Option<TimeUnit>,
}

/// Elements of axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisKind {
    /// `c:catAx`.
    Category,
    /// `c:valAx`.
    Value,
    /// `c:dateAx`.
    Date,
    /// `c:serAx`.
    Series,
}

/// `c:axPos`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum AxisPosition {
    Bottom,
    Left,
    Right,
    Top,
}

impl AxisPosition {
    /// Whether the axis runs from left to right.
    pub fn is_horizontal(self) -> bool {
        matches!(self, Self::Bottom | Self::Top)
    }
}

/// `c:numFmt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFormat {
    /// `@formatCode`.
    pub code: String,
    /// `@sourceLinked`: the data's format counts instead.
    pub source_linked: bool,
}

/// `c:majorTickMark`, `c:minorTickMark`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum TickMark {
    Cross,
    In,
    None,
    Out,
}

/// `c:tickLblPos`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum TickLabelPosition {
    High,
    Low,
    #[default]
    NextTo,
    None,
}

/// `c:crosses`, `c:crossesAt`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Crosses {
    /// `autoZero`: at zero, or at the nearer end when zero is not on the axis.
    #[default]
    AutoZero,
    /// `max`.
    Max,
    /// `min`.
    Min,
    /// `c:crossesAt`: a value, or a category's number from 1.
    At(f64),
}

/// `c:crossBetween`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrossBetween {
    /// `between`: categories have slots.
    Between,
    /// `midCat`: the axis runs from the first to the last category.
    MidCategory,
}

/// `c:dispUnits`.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayUnits {
    /// What values are divided by: `c:builtInUnit` or `c:custUnit`.
    pub divisor: f64,
    /// `c:builtInUnit`, such as `millions`.
    pub built_in: Option<String>,
    /// `c:dispUnitsLbl`.
    pub label: Option<UnitsLabel>,
}

/// `c:dispUnitsLbl`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnitsLabel {
    /// `c:tx`.
    pub text: Option<ChartText>,
    /// `c:layout`.
    pub layout: Option<ManualLayout>,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:txPr`.
    pub properties: Option<Box<TextBody>>,
}

/// `c:lblAlgn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum LabelAlign {
    #[default]
    Center,
    Left,
    Right,
}

/// `c:baseTimeUnit` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum TimeUnit {
    Days,
    Months,
    Years,
}
