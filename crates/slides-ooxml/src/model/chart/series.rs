use super::{
    Categories, ChartLines, ChartText, ManualLayout, NumberData, NumberFormat, StringData,
};
use crate::model::{ShapeProperties, TextBody};

/// `c:ser`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// `c:idx`: what default colours go by.
    pub index: u32,
    /// `c:order`: what drawing and legend go by.
    pub order: u32,
    /// `c:tx`.
    pub name: Option<SeriesText>,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c14:invertSolidFillFmt`: fill of negative bars.
    pub inverted_shape: Option<Box<ShapeProperties>>,
    /// `c:marker`.
    pub marker: Option<Marker>,
    /// `c:dPt`, ascending by index.
    pub points: Vec<DataPoint>,
    /// `c:dLbls`.
    pub labels: Option<DataLabels>,
    /// `c:trendline`.
    pub trendlines: Vec<Trendline>,
    /// `c:errBars`.
    pub error_bars: Vec<ErrorBars>,
    /// `c:cat`, `c:xVal`.
    pub categories: Categories,
    /// `c:val`, `c:yVal`.
    pub values: NumberData,
    /// `c:bubbleSize`.
    pub bubble_sizes: Option<NumberData>,
    /// `c:smooth`; none when neither it nor who wrote the deck says so.
    pub smooth: Option<bool>,
    /// `c:invertIfNegative`.
    pub invert_if_negative: bool,
    /// `c:explosion` in percent of the radius.
    pub explosion: f64,
    /// `c15:datalabelsRange`: texts of cells for labels.
    pub label_range: Option<StringData>,
}

impl Series {
    /// The formatting of one point, where it has its own.
    pub fn point(&self, index: usize) -> Option<&DataPoint> {
        let index = u32::try_from(index).ok()?;
        let at = self.points.binary_search_by_key(&index, |p| p.index).ok()?;
        self.points.get(at)
    }
}

/// `c:tx` of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesText {
    /// `c:v`.
    Value(String),
    /// `c:strRef`.
    Cells(StringData),
}

impl SeriesText {
    /// The name as it is shown.
    pub fn text(&self) -> String {
        match self {
            Self::Value(text) => text.clone(),
            Self::Cells(cells) => cells.joined(),
        }
    }
}

/// `c:dPt`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataPoint {
    /// `c:idx`.
    pub index: u32,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:marker`.
    pub marker: Option<Marker>,
    /// `c:invertIfNegative`.
    pub invert_if_negative: Option<bool>,
    /// `c:explosion` in percent of the radius.
    pub explosion: Option<f64>,
}

/// `c:marker` of a series or point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marker {
    /// `c:symbol`.
    pub symbol: Option<MarkerSymbol>,
    /// `c:size` in points, 2 to 72; 5 when absent.
    pub size: Option<f64>,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
}

/// `c:symbol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum MarkerSymbol {
    Auto,
    None,
    Circle,
    Dash,
    Diamond,
    Dot,
    Picture,
    Plus,
    Square,
    Star,
    Triangle,
    X,
}

/// `c:dLbls`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataLabels {
    /// `c:delete`: no labels at all.
    pub deleted: bool,
    /// What holds for all of them.
    pub settings: LabelSettings,
    /// `c:dLbl`, ascending by index.
    pub labels: Vec<DataLabel>,
    /// `c:showLeaderLines` or `c15:showLeaderLines`.
    pub show_leader_lines: bool,
    /// `c:leaderLines` or `c15:leaderLines`.
    pub leader_lines: Option<ChartLines>,
}

impl DataLabels {
    /// The settings of one point, where it has its own.
    pub fn label(&self, index: usize) -> Option<&DataLabel> {
        let index = u32::try_from(index).ok()?;
        let at = self.labels.binary_search_by_key(&index, |p| p.index).ok()?;
        self.labels.get(at)
    }
}

/// `c:dLbl`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataLabel {
    /// `c:idx`.
    pub index: u32,
    /// `c:delete`.
    pub deleted: bool,
    /// `c:layout`: a move from the label's own place.
    pub layout: Option<ManualLayout>,
    /// `c15:layout`: the size of the box, where it was changed.
    pub size: Option<ManualLayout>,
    /// `c:tx`.
    pub text: Option<ChartText>,
    /// What differs from the series.
    pub settings: LabelSettings,
}

/// What `c:dLbls` and `c:dLbl` share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelSettings {
    /// `c:numFmt`.
    pub number_format: Option<NumberFormat>,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:txPr`.
    pub text: Option<Box<TextBody>>,
    /// `c:dLblPos`.
    pub position: Option<LabelPosition>,
    /// `c:showLegendKey`.
    pub legend_key: Option<bool>,
    /// `c:showVal`.
    pub value: Option<bool>,
    /// `c:showCatName`.
    pub category: Option<bool>,
    /// `c:showSerName`.
    pub series_name: Option<bool>,
    /// `c:showPercent`.
    pub percent: Option<bool>,
    /// `c:showBubbleSize`.
    pub bubble_size: Option<bool>,
    /// `c15:showDataLabelsRange`.
    pub range: Option<bool>,
    /// `c:separator`.
    pub separator: Option<String>,
}

/// `c:dLblPos`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum LabelPosition {
    BestFit,
    Bottom,
    Center,
    InsideBase,
    InsideEnd,
    Left,
    OutsideEnd,
    Right,
    Top,
}

/// `c:trendline`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trendline {
    /// `c:name`.
    pub name: Option<String>,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:trendlineType` with `c:order` or `c:period`.
    pub kind: TrendKind,
    /// `c:forward` in units of the category axis.
    pub forward: f64,
    /// `c:backward` in units of the category axis.
    pub backward: f64,
    /// `c:intercept`.
    pub intercept: Option<f64>,
    /// `c:dispRSqr`.
    pub show_r_squared: bool,
    /// `c:dispEq`.
    pub show_equation: bool,
    /// `c:trendlineLbl`.
    pub label: Option<DataLabel>,
}

/// `c:trendlineType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrendKind {
    /// `exp`.
    Exponential,
    /// `linear`.
    #[default]
    Linear,
    /// `log`.
    Logarithmic,
    /// `movingAvg` with its period, 2 to 255.
    MovingAverage(u32),
    /// `poly` with its order, 2 to 6.
    Polynomial(u32),
    /// `power`.
    Power,
}

/// `c:errBars`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ErrorBars {
    /// `c:errDir`; none when absent.
    pub direction: Option<ErrorDirection>,
    /// `c:errBarType`.
    pub side: ErrorSide,
    /// `c:errValType` with its figures.
    pub amount: ErrorAmount,
    /// `c:noEndCap`.
    pub no_end_cap: bool,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
}

/// `c:errDir`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum ErrorDirection {
    X,
    Y,
}

/// `c:errBarType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum ErrorSide {
    #[default]
    Both,
    Minus,
    Plus,
}

/// `c:errValType`.
#[derive(Debug, Clone, PartialEq)]
pub enum ErrorAmount {
    /// `fixedVal`.
    Fixed(f64),
    /// `percentage` of the value.
    Percent(f64),
    /// `stdDev`: this many standard deviations around the mean.
    StandardDeviation(f64),
    /// `stdErr`.
    StandardError,
    /// `cust`: plus and minus for each point.
    Custom {
        /// `c:plus`.
        plus: Box<NumberData>,
        /// `c:minus`.
        minus: Box<NumberData>,
    },
}

impl Default for ErrorAmount {
    fn default() -> Self {
        Self::Fixed(0.0)
    }
}
