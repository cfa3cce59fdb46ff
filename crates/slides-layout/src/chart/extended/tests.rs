use kurbo::Rect;
use slides_ooxml::model::chart::{
    Binning, ExtendedChart, ExtendedKind, ExtendedLayout, ExtendedSeries, NumberData, StringData,
};

use super::marks::Marks;
use super::statistics::{bins, box_of};
use super::tree::squarify;
use super::*;

fn values(values: &[f64]) -> NumberData {
    NumberData {
        count: values.len(),
        points: (0..).zip(values.iter().copied()).collect(),
        ..NumberData::default()
    }
}

fn texts(texts: &[&str]) -> StringData {
    StringData {
        count: texts.len(),
        points: (0..)
            .zip(texts)
            .filter(|(_, text)| !text.is_empty())
            .map(|(index, text)| (index, (*text).to_owned()))
            .collect(),
        ..StringData::default()
    }
}

fn chart(kind: ExtendedKind, levels: &[&[&str]], figures: &[f64]) -> ExtendedChart {
    ExtendedChart {
        series: vec![ExtendedSeries {
            kind,
            categories: levels.iter().map(|level| texts(level)).collect(),
            values: values(figures),
            layout: ExtendedLayout {
                subtotals: vec![3],
                ..ExtendedLayout::default()
            },
            ..ExtendedSeries::default()
        }],
        ..ExtendedChart::default()
    }
}

#[test]
fn waterfalls_start_where_the_last_bar_ended() {
    let chart = chart(
        ExtendedKind::Waterfall,
        &[&["a", "b", "c", "d"]],
        &[10.0, -4.0, 2.0, 8.0],
    );
    let (_, Marks::Floats { floats, .. }) = lower(&chart).unwrap() else {
        panic!("no floats");
    };
    let ends: Vec<(f64, f64)> = floats.iter().map(|float| (float.from, float.to)).collect();
    assert_eq!(ends, [(0.0, 10.0), (10.0, 6.0), (6.0, 8.0), (0.0, 8.0)]);
}

#[test]
fn bins_close_on_the_side_that_the_file_says() {
    let all = [1.0, 2.0, 2.0, 3.0, 4.0, 5.0];
    let counts = |binning: Binning| -> Vec<usize> {
        bins(&all, &binning).iter().map(|bin| bin.count).collect()
    };
    let two = Binning {
        size: Some(2.0),
        ..Binning::default()
    };
    assert_eq!(counts(two), [4, 2]);
    assert_eq!(
        counts(Binning {
            left_closed: true,
            ..two
        }),
        [3, 3]
    );
    assert_eq!(
        counts(Binning {
            count: Some(4),
            ..Binning::default()
        }),
        [3, 1, 1, 1]
    );
    let open = Binning {
        underflow: Some(2.0),
        overflow: Some(4.0),
        ..two
    };
    assert_eq!(counts(open), [3, 2, 1]);
    assert_eq!(
        counts(Binning {
            size: Some(1e-300),
            ..two
        })
        .iter()
        .sum::<usize>(),
        6
    );
    assert_eq!(bins(&[7.0; 5], &Binning::default()).len(), 1);
    assert!(bins(&[], &two).is_empty());
    assert!(bins(&[-1e300, 1e300], &Binning::default()).len() <= 502);
}

#[test]
fn quartiles_by_both_methods() {
    let all = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 100.0];
    let exclusive = box_of(&all, false).unwrap();
    assert_eq!(exclusive.quartiles, [2.5, 5.0, 7.5]);
    assert_eq!(exclusive.outliers, [100.0]);
    assert_eq!((exclusive.low, exclusive.high), (1.0, 8.0));
    assert_eq!(box_of(&all, true).unwrap().quartiles, [3.0, 5.0, 7.0]);
    assert_eq!(box_of(&[4.0], false).unwrap().quartiles, [4.0; 3]);
    assert!(box_of(&[], false).is_none());
}

#[test]
fn paretos_descend_and_sum_up() {
    let mut chart = chart(
        ExtendedKind::Histogram,
        &[&["a", "b", "a", "c"]],
        &[1.0, 5.0, 1.0, 3.0],
    );
    chart.series.push(ExtendedSeries {
        kind: ExtendedKind::ParetoLine,
        ..ExtendedSeries::default()
    });
    let (space, _) = lower(&chart).unwrap();
    let plots = &space.plot_area.plots;
    let of = |plot: usize| -> Vec<f64> {
        plots[plot].series[0]
            .values
            .points
            .iter()
            .map(|point| point.1)
            .collect()
    };
    assert_eq!(of(0), [5.0, 3.0, 2.0]);
    assert_eq!(of(1), [0.5, 0.8, 1.0]);
}

#[test]
fn trees_repeat_what_is_blank_above_and_stop_where_names_end() {
    let chart = chart(
        ExtendedKind::Treemap,
        &[&["x", "y", "", "z"], &["A", "", "B", "C"]],
        &[1.0, 2.0, 4.0, -3.0],
    );
    let (space, Marks::Tree(tree)) = lower(&chart).unwrap() else {
        panic!("no tree");
    };
    let seen: Vec<(&str, f64, usize)> = tree
        .branches
        .iter()
        .map(|(node, _)| (node.name.as_str(), node.value, node.children.len()))
        .collect();
    assert_eq!(seen, [("B", 4.0, 0), ("A", 3.0, 2)]);
    // The legend keeps the order of the data.
    assert_eq!(space.plot_area.plots[0].series[0].values.get(0), Some(3.0));
}

#[test]
fn tiles_fill_their_room_without_lying_over_each_other() {
    let room = Rect::new(10.0, 20.0, 310.0, 220.0);
    let sizes = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0];
    let tiles = squarify(&sizes, room);
    assert_eq!(tiles.len(), sizes.len());
    for (tile, size) in tiles.iter().zip(sizes) {
        assert!(
            (tile.area() - size / 24.0 * room.area()).abs() < 1e-6,
            "{tile:?}"
        );
        assert!(room.inflate(1e-6, 1e-6).contains_rect(*tile), "{tile:?}");
    }
    for (at, one) in tiles.iter().enumerate() {
        for other in &tiles[at + 1..] {
            let both = one.intersect(*other);
            assert!(both.width() < 1e-6 || both.height() < 1e-6);
        }
    }
    assert!(squarify(&[0.0, 0.0], room).is_empty());
    assert!(squarify(&[], room).is_empty());
}

#[test]
fn hostile_figures_are_lowered_or_left() {
    let odd = [0.0, -1.0, 1e300, -1e300, 1e-300, 5e-324];
    let deep: Vec<&[&str]> = vec![&["a", "", "b", "", "c", "d"]; 40];
    for kind in [
        ExtendedKind::Waterfall,
        ExtendedKind::Treemap,
        ExtendedKind::Sunburst,
        ExtendedKind::Histogram,
        ExtendedKind::ParetoLine,
        ExtendedKind::BoxWhisker,
        ExtendedKind::Funnel,
        ExtendedKind::RegionMap,
        ExtendedKind::Unknown,
    ] {
        for figures in [&odd[..], &[0.0; 6], &[1e300; 6], &[]] {
            for levels in [&deep[..], &deep[..0]] {
                if let Some((space, _)) = lower(&chart(kind.clone(), levels, figures)) {
                    let plots = &space.plot_area.plots;
                    let points = plots
                        .iter()
                        .flat_map(|plot| &plot.series)
                        .flat_map(|s| &s.values.points);
                    assert!(points.map(|point| point.1).all(f64::is_finite), "{kind:?}");
                }
            }
        }
    }
}
