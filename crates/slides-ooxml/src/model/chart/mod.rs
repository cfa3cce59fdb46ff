//! Charts as their parts say them (`c:chartSpace`; ECMA-376 part 1, 21.2). Positions and sizes of
//! manual layouts are fractions of the chart's frame, angles are degrees, percentages of the chart
//! schema (gap width, overlap, hole size) stay percentages. `None` always means "not said here".

mod axis;
mod data;
mod drawing;
mod extended;
mod series;

use std::sync::Arc;

pub use axis::{
    Axis, AxisKind, AxisPosition, CrossBetween, Crosses, DisplayUnits, LabelAlign, NumberFormat,
    TickLabelPosition, TickMark, TimeUnit, UnitsLabel,
};
pub use data::{Categories, NumberData, StringData};
pub use drawing::{UserShape, UserShapeEnd};
pub use extended::{
    Binning, ExtendedAxis, ExtendedChart, ExtendedKind, ExtendedLayout, ExtendedSeries,
    ParentLabels,
};
pub use series::{
    DataLabel, DataLabels, DataPoint, ErrorAmount, ErrorBars, ErrorDirection, ErrorSide,
    LabelPosition, LabelSettings, Marker, MarkerSymbol, Series, SeriesText, TrendKind, Trendline,
};

use super::{ColorMap, ShapeProperties, TextBody, Theme};

/// `c:chartSpace` with what its part refers to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartSpace {
    /// Part name.
    pub part: String,
    /// `c:date1904`: dates count from 1904.
    pub date_1904: bool,
    /// `c:lang`.
    pub language: Option<String>,
    /// `c:roundedCorners`.
    pub rounded_corners: bool,
    /// `c:style`, 1 to 48; 2 when absent.
    pub style: u8,
    /// `c:clrMapOvr`.
    pub color_map_override: Option<ColorMap>,
    /// Theme override part, over the slide's theme.
    pub theme_override: Option<Arc<Theme>>,
    /// `c:chart/c:title`.
    pub title: Option<Title>,
    /// `c:autoTitleDeleted`.
    pub auto_title_deleted: bool,
    /// `c:view3D`.
    pub view_3d: Option<View3d>,
    /// `c:plotArea`.
    pub plot_area: PlotArea,
    /// `c:legend`.
    pub legend: Option<Legend>,
    /// `c:plotVisOnly`.
    pub plot_visible_only: bool,
    /// `c:dispBlanksAs`.
    pub blanks: BlanksAs,
    /// `c16r3:dispNaAsBlank`.
    pub na_as_blank: bool,
    /// `c:spPr` of the chart area.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:txPr` of the whole chart.
    pub text: Option<Box<TextBody>>,
    /// Part of `c:userShapes`.
    pub user_shapes: Option<String>,
    /// Part of the embedded workbook (`c:externalData`).
    pub workbook: Option<String>,
    /// What was left out or damaged while reading, as (feature, message).
    pub warnings: Vec<(String, String)>,
}

/// `c:dispBlanksAs`. The element's absence means zero, its attribute's absence too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlanksAs {
    /// `gap`.
    Gap,
    /// `span`.
    Span,
    /// `zero`.
    #[default]
    Zero,
}

/// `c:title`, of the chart or of an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Title {
    /// `c:tx`.
    pub text: Option<ChartText>,
    /// `c:layout`.
    pub layout: Option<ManualLayout>,
    /// `c:overlay`.
    pub overlay: bool,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:txPr`.
    pub properties: Option<Box<TextBody>>,
}

/// `c:tx` of a title or label.
#[derive(Debug, Clone, PartialEq)]
pub enum ChartText {
    /// `c:rich`.
    Rich(Box<TextBody>),
    /// `c:strRef` with its cache, or `c:strLit`.
    Cells(StringData),
}

/// `c:manualLayout`. Modes say whether a figure is a place in the chart (`edge`) or a move from where
/// the element stands by itself (`factor`, the default).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ManualLayout {
    /// `c:layoutTarget`: the plot's inner box; its outer one (with tick labels) otherwise.
    pub inner: bool,
    /// `c:xMode="edge"`.
    pub x_edge: bool,
    /// `c:yMode="edge"`.
    pub y_edge: bool,
    /// `c:wMode="edge"`: `w` is the right edge.
    pub w_edge: bool,
    /// `c:hMode="edge"`: `h` is the bottom edge.
    pub h_edge: bool,
    /// `c:x` as a fraction of the chart's width.
    pub x: Option<f64>,
    /// `c:y` as a fraction of the chart's height.
    pub y: Option<f64>,
    /// `c:w` as a fraction of the chart's width.
    pub w: Option<f64>,
    /// `c:h` as a fraction of the chart's height.
    pub h: Option<f64>,
}

/// `c:legend`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Legend {
    /// `c:legendPos`.
    pub position: LegendPosition,
    /// `c:legendEntry`.
    pub entries: Vec<LegendEntry>,
    /// `c:layout`.
    pub layout: Option<ManualLayout>,
    /// `c:overlay`.
    pub overlay: bool,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:txPr`.
    pub text: Option<Box<TextBody>>,
}

/// `c:legendPos`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum LegendPosition {
    #[default]
    Right,
    Left,
    Top,
    Bottom,
    TopRight,
}

/// `c:legendEntry`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LegendEntry {
    /// `c:idx`: position among the entries (series, points or trend lines).
    pub index: u32,
    /// `c:delete`.
    pub deleted: bool,
    /// `c:txPr`.
    pub text: Option<Box<TextBody>>,
}

/// `c:view3D`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct View3d {
    /// `c:rotX` in degrees.
    pub rotation_x: Option<f64>,
    /// `c:rotY` in degrees.
    pub rotation_y: Option<f64>,
    /// `c:rAngAx`.
    pub right_angle_axes: Option<bool>,
    /// `c:perspective`, half degrees.
    pub perspective: Option<f64>,
    /// `c:hPercent`.
    pub height_percent: Option<f64>,
    /// `c:depthPercent`.
    pub depth_percent: Option<f64>,
}

/// `c:plotArea`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlotArea {
    /// `c:layout`.
    pub layout: Option<ManualLayout>,
    /// The chart kinds in document order.
    pub plots: Vec<Plot>,
    /// The axes in document order.
    pub axes: Vec<Axis>,
    /// `c:dTable`.
    pub data_table: Option<DataTable>,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
}

/// `c:dTable`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataTable {
    /// `c:showHorzBorder`.
    pub horizontal_border: bool,
    /// `c:showVertBorder`.
    pub vertical_border: bool,
    /// `c:showOutline`.
    pub outline: bool,
    /// `c:showKeys`.
    pub keys: bool,
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `c:txPr`.
    pub text: Option<Box<TextBody>>,
}

/// One chart kind of a plot area, such as `c:barChart`, with its series.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Which kind, with what is its own.
    pub kind: PlotKind,
    /// `c:gapDepth` of a kind with depth (`bar3DChart` and the like), 0 to 500 percent; 150 when absent.
    pub gap_depth: Option<f64>,
    /// `c:varyColors`; none when the element is absent.
    pub vary_colors: Option<bool>,
    /// `c:ser`.
    pub series: Vec<Series>,
    /// `c:dLbls` of the whole kind.
    pub labels: Option<DataLabels>,
    /// `c:dropLines`.
    pub drop_lines: Option<ChartLines>,
    /// `c:hiLowLines`.
    pub high_low_lines: Option<ChartLines>,
    /// `c:upDownBars`.
    pub up_down_bars: Option<UpDownBars>,
    /// `c:serLines`.
    pub series_lines: Vec<ChartLines>,
    /// `c:axId`, in document order.
    pub axes: Vec<u32>,
}

/// Kinds of plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PlotKind {
    /// `barChart`, `bar3DChart`.
    Bar {
        /// `c:barDir="bar"`.
        horizontal: bool,
        /// `c:grouping`.
        grouping: Grouping,
        /// `c:gapWidth`, 0 to 500 percent; 150 when absent.
        gap_width: f64,
        /// `c:overlap`, -100 to 100 percent; none when absent.
        overlap: Option<f64>,
    },
    /// `lineChart`, `line3DChart`.
    Line {
        /// `c:grouping`.
        grouping: Grouping,
        /// `c:marker`.
        marker: bool,
    },
    /// `areaChart`, `area3DChart`.
    Area {
        /// `c:grouping`.
        grouping: Grouping,
    },
    /// `pieChart`, `pie3DChart`.
    Pie {
        /// `c:firstSliceAng` in degrees.
        first_slice: f64,
    },
    /// `doughnutChart`.
    Doughnut {
        /// `c:firstSliceAng` in degrees.
        first_slice: f64,
        /// `c:holeSize`, 1 to 90 percent; 10 when absent.
        hole_size: f64,
    },
    /// `ofPieChart`.
    OfPie {
        /// `c:ofPieType="bar"`.
        bar: bool,
        /// `c:splitType`.
        split: PieSplit,
        /// `c:secondPieSize`, 5 to 200 percent; 75 when absent.
        second_size: f64,
        /// `c:gapWidth`, 0 to 500 percent; 150 when absent.
        gap_width: f64,
    },
    /// `scatterChart`.
    Scatter(ScatterStyle),
    /// `bubbleChart`.
    Bubble {
        /// `c:bubbleScale`, 0 to 300 percent.
        scale: f64,
        /// `c:showNegBubbles`.
        show_negative: bool,
        /// `c:sizeRepresents="w"`: widths instead of areas.
        size_is_width: bool,
    },
    /// `radarChart`.
    Radar(RadarStyle),
    /// `stockChart`.
    Stock,
    /// `surfaceChart`, `surface3DChart`.
    Surface {
        /// `c:wireframe`.
        wireframe: bool,
    },
}

/// `c:splitType` with what it needs: which points go into the second plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PieSplit {
    /// `auto` and absent: the last third of the points.
    Auto,
    /// `pos`: this many last points.
    Position(f64),
    /// `percent`: points below this percentage.
    Percent(f64),
    /// `val`: points below this value.
    Value(f64),
    /// `cust`: the first 64 points as bits (`c:custSplit`).
    Custom(u64),
}

/// `c:grouping`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// `clustered`, and for lines and areas `standard`: side by side or one behind the other.
    #[default]
    Standard,
    /// `stacked`.
    Stacked,
    /// `percentStacked`.
    PercentStacked,
}

/// `c:scatterStyle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum ScatterStyle {
    None,
    Line,
    #[default]
    LineMarker,
    Marker,
    Smooth,
    SmoothMarker,
}

/// `c:radarStyle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum RadarStyle {
    #[default]
    Standard,
    Marker,
    Filled,
}

/// `c:dropLines`, `c:hiLowLines`, `c:serLines`, `c:majorGridlines`, `c:leaderLines`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartLines {
    /// `c:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
}

/// `c:upDownBars`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UpDownBars {
    /// `c:gapWidth`, 0 to 500 percent; 150 when absent.
    pub gap_width: f64,
    /// `c:upBars`; none when absent.
    pub up: Option<ChartLines>,
    /// `c:downBars`; none when absent.
    pub down: Option<ChartLines>,
}
