use super::{A, Builder, R};
use crate::model::Theme;
use crate::model::chart::{
    AxisKind, ChartText, ExtendedChart, ExtendedKind, LabelPosition, LegendPosition, ParentLabels,
    UserShapeEnd,
};

const CX: &str = "http://schemas.microsoft.com/office/drawing/2014/chartex";

fn read(data: &str, chart: &str) -> ExtendedChart {
    let mut builder = Builder::new("");
    builder.set(
        "ppt/charts/chartEx1.xml",
        &format!(
            "<cx:chartSpace xmlns:cx='{CX}' xmlns:a='{A}' xmlns:r='{R}'><cx:chartData>{data}</cx:chartData>\
             <cx:chart>{chart}</cx:chart></cx:chartSpace>"
        ),
    );
    builder
        .open()
        .unwrap()
        .extended_chart("/ppt/charts/chartEx1.xml", &Theme::default())
        .unwrap()
}

fn series(xml: &str) -> String {
    format!("<cx:plotArea><cx:plotAreaRegion>{xml}</cx:plotAreaRegion></cx:plotArea>")
}

#[test]
fn series_find_their_data_by_id() {
    let data = "<cx:data id='0'><cx:numDim type='val'><cx:lvl ptCount='1'><cx:pt idx='0'>9</cx:pt></cx:lvl></cx:numDim></cx:data>\
        <cx:data id='1'><cx:strDim type='cat'><cx:f>S!A</cx:f><cx:lvl ptCount='2'><cx:pt idx='0'>leaf</cx:pt></cx:lvl><cx:lvl ptCount='2'><cx:pt idx='0'>stem</cx:pt></cx:lvl></cx:strDim>\
        <cx:numDim type='size'><cx:lvl ptCount='4' formatCode='0.0'><cx:pt idx='3'>4</cx:pt><cx:pt idx='0'>-1e400</cx:pt><cx:pt idx='1'>1e308</cx:pt><cx:pt idx='4000000000'>1</cx:pt></cx:lvl></cx:numDim></cx:data>";
    let chart = read(
        data,
        &series(
            "<cx:series layoutId='treemap' hidden='1' formatIdx='3'><cx:tx><cx:txData><cx:f>S!B</cx:f><cx:v>Name</cx:v></cx:txData></cx:tx>\
             <cx:dataPt idx='1'/><cx:dataPt idx='0'/><cx:dataLabels pos='inEnd'><cx:visibility seriesName='0' categoryName='1' value='0'/><cx:dataLabelHidden idx='2'/></cx:dataLabels>\
             <cx:dataId val='1'/><cx:layoutPr><cx:parentLabelLayout val='banner'/></cx:layoutPr></cx:series>",
        ),
    );
    let [series] = &chart.series[..] else {
        panic!("{chart:?}");
    };
    assert_eq!(series.kind, ExtendedKind::Treemap);
    assert!(series.hidden);
    assert_eq!(series.index, 3);
    assert_eq!(series.name.as_deref(), Some("Name"));
    assert_eq!(series.categories.len(), 2);
    assert_eq!(series.categories[1].get(0), Some("stem"));
    assert_eq!(series.values.count, 4);
    assert_eq!(series.values.points, [(1, 1e300), (3, 4.0)]);
    assert_eq!(series.values.format.as_deref(), Some("0.0"));
    assert_eq!(series.layout.parent_labels, ParentLabels::Banner);
    let indices: Vec<u32> = series.points.iter().map(|point| point.index).collect();
    assert_eq!(indices, [0, 1]);
    let labels = series.labels.as_ref().unwrap();
    assert_eq!(labels.settings.position, Some(LabelPosition::InsideEnd));
    assert_eq!(labels.settings.category, Some(true));
    assert!(labels.label(2).unwrap().deleted);
}

#[test]
fn frame_axes_and_layouts() {
    let chart = read(
        "",
        "<cx:title><cx:tx><cx:txData><cx:v>Title</cx:v></cx:txData></cx:tx></cx:title><cx:plotArea><cx:plotAreaRegion>\
         <cx:series layoutId='clusteredColumn'><cx:layoutPr><cx:binning intervalClosed='l' underflow='1' overflow='auto'><cx:binCount val='5'/></cx:binning></cx:layoutPr></cx:series>\
         <cx:series layoutId='paretoLine' ownerIdx='0'/><cx:series layoutId='waterfall'><cx:layoutPr><cx:visibility connectorLines='0'/><cx:subtotals><cx:idx val='5'/><cx:idx val='0'/></cx:subtotals></cx:layoutPr></cx:series>\
         <cx:series layoutId='boxWhisker'><cx:layoutPr><cx:visibility meanLine='1' meanMarker='0' nonoutliers='1' outliers='0'/><cx:statistics quartileMethod='inclusive'/></cx:layoutPr></cx:series>\
         <cx:series/></cx:plotAreaRegion><cx:axis id='7'><cx:catScaling gapWidth='0.5'/><cx:tickLabels/></cx:axis>\
         <cx:axis id='8' hidden='1'><cx:valScaling min='-1' max='auto' majorUnit='0'/><cx:majorGridlines/></cx:axis></cx:plotArea><cx:legend pos='t'/>",
    );
    let title = chart.title.as_ref().unwrap();
    assert!(matches!(&title.text, Some(ChartText::Cells(cells)) if cells.joined() == "Title"));
    let kinds: Vec<&ExtendedKind> = chart.series.iter().map(|series| &series.kind).collect();
    assert_eq!(
        kinds,
        [
            &ExtendedKind::Histogram,
            &ExtendedKind::ParetoLine,
            &ExtendedKind::Waterfall,
            &ExtendedKind::BoxWhisker,
            &ExtendedKind::Unknown
        ]
    );
    let binning = chart.series[0].layout.binning.unwrap();
    assert!(binning.left_closed && binning.count == Some(5));
    assert_eq!((binning.underflow, binning.overflow), (Some(1.0), None));
    assert_eq!(chart.series[2].layout.connector_lines, Some(false));
    assert_eq!(chart.series[2].layout.subtotals, [0, 5]);
    let boxes = &chart.series[3].layout;
    assert!(boxes.mean_line && boxes.inner_points && boxes.inclusive_quartiles);
    assert_eq!(
        (boxes.mean_marker, boxes.outliers),
        (Some(false), Some(false))
    );
    let [categories, values] = &chart.axes[..] else {
        panic!("{:?}", chart.axes);
    };
    assert_eq!(
        (categories.axis.kind, categories.gap_width),
        (AxisKind::Category, Some(0.5))
    );
    assert_eq!(values.axis.kind, AxisKind::Value);
    assert!(values.axis.deleted && values.axis.major_gridlines.is_some());
    assert_eq!(
        (values.axis.min, values.axis.max, values.axis.major_unit),
        (Some(-1.0), None, None)
    );
    assert_eq!(chart.legend.unwrap().position, LegendPosition::Top);
}

#[test]
fn shapes_over_a_chart_keep_their_anchors() {
    let mut builder = Builder::new("");
    builder.set(
        "ppt/drawings/drawing1.xml",
        &format!(
            "<c:userShapes xmlns:c='urn:c' xmlns:cdr='urn:cdr' xmlns:a='{A}'><cdr:relSizeAnchor><cdr:from><cdr:x>0.25</cdr:x><cdr:y>0.5</cdr:y></cdr:from>\
             <cdr:to><cdr:x>0.75</cdr:x><cdr:y>1e9</cdr:y></cdr:to><cdr:sp><cdr:nvSpPr><cdr:cNvPr id='2' name='Note'/></cdr:nvSpPr><cdr:spPr/></cdr:sp></cdr:relSizeAnchor>\
             <cdr:absSizeAnchor><cdr:from><cdr:x>0</cdr:x><cdr:y>0</cdr:y></cdr:from><cdr:ext cx='12700' cy='25400'/><cdr:cxnSp/></cdr:absSizeAnchor>\
             <cdr:relSizeAnchor><cdr:from/><cdr:sp/></cdr:relSizeAnchor></c:userShapes>"
        ),
    );
    let shapes = builder
        .open()
        .unwrap()
        .chart_shapes("/ppt/drawings/drawing1.xml")
        .unwrap();
    let [note, line] = &shapes[..] else {
        panic!("{shapes:?}");
    };
    assert_eq!(
        (note.from, note.to),
        ((0.25, 0.5), UserShapeEnd::Part(0.75, 100.0))
    );
    assert_eq!(note.shape.nv.name, "Note");
    assert_eq!(line.to, UserShapeEnd::Size(12_700, 25_400));
}
