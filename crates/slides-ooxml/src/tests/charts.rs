use super::{A, Builder, R};
use crate::model::Theme;
use crate::model::chart::{
    Categories, ChartSpace, Crosses, ErrorAmount, Grouping, LegendPosition, PlotKind, TickMark,
    TrendKind,
};

const C: &str = "http://schemas.openxmlformats.org/drawingml/2006/chart";

fn read(rest: &str, chart: &str) -> ChartSpace {
    let mut builder = Builder::new("");
    builder.set(
        "ppt/charts/chart1.xml",
        &format!("<c:chartSpace xmlns:c='{C}' xmlns:a='{A}' xmlns:r='{R}'>{rest}<c:chart>{chart}</c:chart></c:chartSpace>"),
    );
    builder
        .open()
        .unwrap()
        .chart("/ppt/charts/chart1.xml", &Theme::default())
        .unwrap()
}

fn plot(xml: &str) -> ChartSpace {
    read("", &format!("<c:plotArea>{xml}</c:plotArea>"))
}

#[test]
fn series_keep_what_their_caches_hold() {
    let space = plot(
        "<c:barChart><c:barDir val='bar'/><c:grouping val='percentStacked'/><c:varyColors/><c:ser><c:idx val='3'/><c:order val='1'/>\
         <c:tx><c:strRef><c:f>S!$B$1</c:f><c:strCache><c:ptCount val='1'/><c:pt idx='0'><c:v>Name</c:v></c:pt></c:strCache></c:strRef></c:tx>\
         <c:cat><c:multiLvlStrRef><c:multiLvlStrCache><c:ptCount val='3'/><c:lvl><c:pt idx='0'><c:v>a</c:v></c:pt></c:lvl><c:lvl><c:pt idx='0'><c:v>A</c:v></c:pt></c:lvl></c:multiLvlStrCache></c:multiLvlStrRef></c:cat>\
         <c:val><c:numRef><c:numCache><c:formatCode>0.0%</c:formatCode><c:ptCount val='4'/><c:pt idx='2'><c:v>#N/A</c:v></c:pt><c:pt idx='1' formatCode='0'><c:v>1e308</c:v></c:pt><c:pt idx='0'><c:v>-2.5</c:v></c:pt></c:numCache></c:numRef></c:val>\
         <c:trendline><c:trendlineType val='poly'/><c:order val='99'/></c:trendline>\
         <c:errBars><c:errValType val='cust'/><c:plus><c:numLit><c:ptCount val='1'/><c:pt idx='0'><c:v>2</c:v></c:pt></c:numLit></c:plus></c:errBars>\
         </c:ser><c:gapWidth val='9999'/><c:overlap val='-300%'/><c:axId val='-2068027336'/></c:barChart>",
    );
    let plot = &space.plot_area.plots[0];
    assert_eq!(
        plot.kind,
        PlotKind::Bar {
            horizontal: true,
            grouping: Grouping::PercentStacked,
            gap_width: 500.0,
            overlap: Some(-100.0)
        }
    );
    assert_eq!(plot.vary_colors, Some(true));
    assert_eq!(plot.axes, [2_226_939_960]);
    let series = &plot.series[0];
    assert_eq!((series.index, series.order), (3, 1));
    assert_eq!(series.name.as_ref().unwrap().text(), "Name");
    assert!(matches!(&series.categories, Categories::Levels(levels) if levels.len() == 2));
    assert_eq!(series.categories.count(), 3);
    assert_eq!(series.values.count, 4);
    assert_eq!(series.values.get(0), Some(-2.5));
    assert_eq!(series.values.get(1), Some(1e300));
    assert_eq!(series.values.get(2), None);
    assert_eq!(series.values.format_of(1), Some("0"));
    assert_eq!(series.values.format_of(3), Some("0.0%"));
    assert_eq!(series.trendlines[0].kind, TrendKind::Polynomial(6));
    assert!(
        matches!(&series.error_bars[0].amount, ErrorAmount::Custom { plus, .. } if plus.get(0) == Some(2.0))
    );
}

#[test]
fn counts_and_indices_of_caches_are_bounded() {
    let space = plot(
        "<c:lineChart><c:ser><c:val><c:numLit><c:ptCount val='4000000000'/><c:pt idx='4294967295'><c:v>1</c:v></c:pt><c:pt idx='3'><c:v>1</c:v></c:pt></c:numLit></c:val></c:ser></c:lineChart>",
    );
    let values = &space.plot_area.plots[0].series[0].values;
    assert_eq!(values.count, 65_536);
    assert_eq!(values.points, [(3, 1.0)]);
    assert_eq!(space.warnings.len(), 1);
}

#[test]
fn chart_wide_settings_and_their_defaults() {
    let space = read(
        "<c:date1904/><c:lang val='de-DE'/><c:clrMapOvr bg1='dk1'/><c:style val='34'/><c:userShapes r:id='rId9'/>",
        "<c:legend/><c:plotArea><c:valAx><c:axId val='5'/><c:scaling><c:logBase val='10'/><c:orientation val='maxMin'/><c:min val='NaN'/></c:scaling><c:crossesAt val='2'/></c:valAx></c:plotArea>",
    );
    assert!(space.date_1904);
    assert_eq!(space.style, 34);
    assert_eq!(space.language.as_deref(), Some("de-DE"));
    assert!(space.color_map_override.is_some());
    assert_eq!(space.user_shapes, None);
    assert_eq!(space.legend.unwrap().position, LegendPosition::Right);
    let axis = &space.plot_area.axes[0];
    assert_eq!((axis.log_base, axis.min), (Some(10.0), None));
    assert!(axis.reversed);
    assert_eq!(axis.crosses, Crosses::At(2.0));
    assert_eq!(
        (axis.major_tick, axis.minor_tick),
        (TickMark::Out, TickMark::None)
    );
    assert_eq!(read("", "").style, 2);
}

#[test]
fn switches_left_out_are_on_but_in_decks_of_2007() {
    let chart = |version: &str| {
        let mut builder = Builder::new("");
        builder
            .set(
                "_rels/.rels",
                &super::relationships(&[
                    ("rId1", "officeDocument", "ppt/presentation.xml"),
                    ("rId2", "extended-properties", "docProps/app.xml"),
                ]),
            )
            .set(
                "docProps/app.xml",
                &format!("<Properties><AppVersion>{version}</AppVersion></Properties>"),
            )
            .set(
                "ppt/charts/chart1.xml",
                &format!(
                    "<c:chartSpace xmlns:c='{C}'><c:chart><c:title/><c:plotArea><c:lineChart><c:ser/></c:lineChart>\
                     <c:catAx/><c:valAx><c:delete val='0'/></c:valAx></c:plotArea><c:legend/></c:chart></c:chartSpace>"
                ),
            );
        let deck = builder.open().unwrap();
        let space = deck.chart("/ppt/charts/chart1.xml", &Theme::default());
        let space = space.unwrap();
        let series = &space.plot_area.plots[0].series[0];
        let axes = &space.plot_area.axes;
        assert!(!axes[1].deleted);
        [
            axes[0].deleted,
            series.smooth == Some(true),
            series.invert_if_negative,
            space.rounded_corners,
            space.title.unwrap().overlay,
            space.legend.unwrap().overlay,
        ]
    };
    assert_eq!(chart("16.0000"), [true; 6]);
    assert_eq!(chart("12.0000"), [false; 6]);
}
