use std::sync::Arc;

use super::{Axis, DataLabels, DataPoint, Legend, NumberData, StringData, Title};
use crate::model::{ColorMap, ShapeProperties, TextBody, Theme};

/// A chart of the 2016 kinds (`cx:chartSpace`; MS-ODRAWXML 2.24.3), with its data resolved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExtendedChart {
    /// Part name.
    pub part: String,
    /// `cx:clrMapOvr`.
    pub color_map_override: Option<ColorMap>,
    /// Theme override part, over the slide's theme.
    pub theme_override: Option<Arc<Theme>>,
    /// `cx:title`.
    pub title: Option<Title>,
    /// `cx:legend`.
    pub legend: Option<Legend>,
    /// `cx:series` in document order.
    pub series: Vec<ExtendedSeries>,
    /// `cx:axis` in document order.
    pub axes: Vec<ExtendedAxis>,
    /// `cx:plotSurface/cx:spPr`.
    pub plot_shape: Option<Box<ShapeProperties>>,
    /// `cx:spPr` of the chart area.
    pub shape: Option<Box<ShapeProperties>>,
    /// `cx:txPr` of the whole chart.
    pub text: Option<Box<TextBody>>,
    /// What was left out or damaged while reading, as (feature, message).
    pub warnings: Vec<(String, String)>,
}

/// `cx:axis`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtendedAxis {
    /// What it shares with the axes of other charts; `deleted` stands for `@hidden`.
    pub axis: Axis,
    /// `cx:catScaling/@gapWidth` in parts of a bar's width.
    pub gap_width: Option<f64>,
}

/// `cx:series/@layoutId`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum ExtendedKind {
    Waterfall,
    Treemap,
    Sunburst,
    /// `clusteredColumn`: a histogram, or the columns of a Pareto chart.
    Histogram,
    ParetoLine,
    BoxWhisker,
    Funnel,
    RegionMap,
    /// Anything else.
    #[default]
    Unknown,
}

/// `cx:series`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExtendedSeries {
    /// `@layoutId`.
    pub kind: ExtendedKind,
    /// `@hidden`.
    pub hidden: bool,
    /// `@formatIdx`: what default colours go by; the position where absent.
    pub index: u32,
    /// `cx:tx`.
    pub name: Option<String>,
    /// `cx:spPr`.
    pub shape: Option<Box<ShapeProperties>>,
    /// `cx:dataPt`, ascending by index.
    pub points: Vec<DataPoint>,
    /// `cx:dataLabels`; hidden ones are deleted.
    pub labels: Option<DataLabels>,
    /// `cx:strDim`, the innermost level first.
    pub categories: Vec<StringData>,
    /// `cx:numDim` of values or sizes.
    pub values: NumberData,
    /// `cx:layoutPr`.
    pub layout: ExtendedLayout,
}

/// `cx:parentLabelLayout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the values name themselves")]
pub enum ParentLabels {
    None,
    Banner,
    #[default]
    Overlapping,
}

/// `cx:layoutPr`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExtendedLayout {
    /// `cx:parentLabelLayout`.
    pub parent_labels: ParentLabels,
    /// `cx:visibility/@connectorLines`; none when absent.
    pub connector_lines: Option<bool>,
    /// `cx:visibility/@meanLine`.
    pub mean_line: bool,
    /// `cx:visibility/@meanMarker`; none when absent.
    pub mean_marker: Option<bool>,
    /// `cx:visibility/@nonoutliers`.
    pub inner_points: bool,
    /// `cx:visibility/@outliers`; none when absent.
    pub outliers: Option<bool>,
    /// `cx:binning`.
    pub binning: Option<Binning>,
    /// `cx:aggregation`: values of equal categories are summed.
    pub aggregation: bool,
    /// `cx:statistics/@quartileMethod="inclusive"`.
    pub inclusive_quartiles: bool,
    /// `cx:subtotals`: points that stand on the axis, ascending.
    pub subtotals: Vec<u32>,
}

/// `cx:binning`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Binning {
    /// `@intervalClosed="l"`: bins contain their lower limit instead of their upper one.
    pub left_closed: bool,
    /// `@underflow`; none for automatic and for none.
    pub underflow: Option<f64>,
    /// `@overflow`; none for automatic and for none.
    pub overflow: Option<f64>,
    /// `cx:binSize`.
    pub size: Option<f64>,
    /// `cx:binCount`.
    pub count: Option<u32>,
}
