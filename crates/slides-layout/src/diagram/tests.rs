//! Layouts of small definitions, made up for these tests.

use slides_ooxml::model::{
    Algorithm, Axes, AxisStep, Constraint, ConstraintEnd, DiagramConnection, DiagramParts,
    DiagramPoint, ForEach, Geometry, LayoutItem, LayoutNode, LayoutShape, Operator, Paragraph,
    PointKind, Relation, Rule, Run, RunKind, RunProperties, Shape, ShapeKind, TextBody, Transform,
};

use crate::testing::with_context;

fn axes(axis: &str, kind: &str, count: u32) -> Axes {
    Axes(vec![AxisStep {
        axis: axis.to_owned(),
        kind: kind.to_owned(),
        start: 1,
        count,
        step: 1,
        hide_last: true,
    }])
}

fn text(words: &str) -> TextBody {
    TextBody {
        paragraphs: vec![Paragraph {
            runs: vec![Run {
                kind: RunKind::Text(words.to_owned()),
                properties: RunProperties::default(),
            }],
            ..Paragraph::default()
        }],
        ..TextBody::default()
    }
}

/// Nodes below the document by their texts, each with its transitions; a level deeper those of the second list.
fn parts(top: &[&str], below_first: &[&str], layout: LayoutNode) -> DiagramParts {
    let mut parts = DiagramParts {
        points: vec![DiagramPoint {
            kind: PointKind::Document,
            ..DiagramPoint::default()
        }],
        layout,
        ..DiagramParts::default()
    };
    let mut add = |parent: usize, order: usize, words: &str| {
        let at = parts.points.len();
        for (kind, body) in [
            (PointKind::Node, text(words)),
            (PointKind::ParentTransition, TextBody::default()),
            (PointKind::SiblingTransition, TextBody::default()),
        ] {
            parts.points.push(DiagramPoint {
                kind,
                text: body,
                ..DiagramPoint::default()
            });
        }
        parts.connections.push(DiagramConnection {
            parent_of: true,
            from: parent,
            to: at,
            order: u32::try_from(order).unwrap(),
            parent_transition: Some(at + 1),
            sibling_transition: Some(at + 2),
        });
    };
    for (order, words) in top.iter().enumerate() {
        add(0, order, words);
    }
    for (order, words) in below_first.iter().enumerate() {
        add(1, order, words);
    }
    parts
}

fn algorithm(kind: &str, parameters: &[(&str, &str)]) -> LayoutItem {
    LayoutItem::Algorithm(Algorithm {
        kind: kind.to_owned(),
        parameters: parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    })
}

fn shape(kind: &str) -> LayoutItem {
    LayoutItem::Shape(LayoutShape {
        kind: kind.to_owned(),
        ..LayoutShape::default()
    })
}

fn end(relation: Relation, name: &str) -> ConstraintEnd {
    ConstraintEnd {
        relation,
        name: (!name.is_empty()).then(|| name.to_owned()),
        kind: None,
    }
}

/// `kind` of the named descendants is so much of a value of the node itself or of other descendants.
fn constraint(kind: &str, name: &str, of: (&str, &str), factor: f64) -> Constraint {
    let relation = |name: &str| {
        if name.is_empty() {
            Relation::Itself
        } else {
            Relation::Descendants
        }
    };
    Constraint {
        kind: kind.to_owned(),
        target: end(relation(name), name),
        reference: Some(of.0.to_owned()),
        source: end(relation(of.1), of.1),
        operator: Operator::None,
        value: None,
        factor,
    }
}

fn node(name: &str, items: Vec<LayoutItem>) -> LayoutItem {
    LayoutItem::Node(Box::new(LayoutNode {
        name: name.to_owned(),
        style_label: None,
        items,
    }))
}

fn each(axes: Axes, items: Vec<LayoutItem>) -> LayoutItem {
    LayoutItem::ForEach(ForEach {
        axes,
        items,
        ..ForEach::default()
    })
}

fn label(name: &str, kind: &str) -> LayoutItem {
    let shrinks = Rule {
        kind: "primFontSz".to_owned(),
        target: end(Relation::Itself, ""),
        value: Some(5.0),
    };
    node(
        name,
        vec![
            algorithm("tx", &[]),
            shape(kind),
            LayoutItem::PresentationOf(axes("self", "node", 0)),
            LayoutItem::Rules(vec![shrinks]),
        ],
    )
}

fn gap() -> LayoutItem {
    let space = node("gap", vec![algorithm("sp", &[])]);
    each(axes("followSib", "sibTrans", 1), vec![space])
}

/// The root of a definition: its algorithm, constraints, and what is made for each node.
fn flow(algorithm: LayoutItem, constraints: Vec<Constraint>, made: Vec<LayoutItem>) -> LayoutNode {
    LayoutNode {
        name: "root".to_owned(),
        style_label: None,
        items: vec![
            algorithm,
            LayoutItem::Constraints(constraints),
            each(axes("ch", "node", 0), made),
        ],
    }
}

fn laid_out(parts: &DiagramParts) -> Vec<Shape> {
    with_context(|cx| super::shapes(cx, parts, (480.0, 320.0))).unwrap()
}

fn places(shapes: &[Shape]) -> Vec<Transform> {
    let place = |shape: &Shape| match &shape.kind {
        ShapeKind::Shape { properties, .. } => properties.transform.unwrap(),
        _ => panic!("a shape"),
    };
    shapes.iter().map(place).collect()
}

fn points(emu: i64) -> f64 {
    (crate::points(emu) * 10.0).round() / 10.0
}

fn sizes(shapes: &[Shape]) -> Vec<f64> {
    let size = |shape: &Shape| match &shape.kind {
        ShapeKind::Shape { text, .. } => text.as_ref()?.paragraphs[0].runs[0].properties.size,
        _ => None,
    };
    shapes.iter().filter_map(size).collect()
}

fn row(direction: &str) -> LayoutNode {
    let width = ("w", "box");
    let mut equal = constraint("primFontSz", "box", ("w", ""), 1.0);
    (equal.reference, equal.operator, equal.value) = (None, Operator::Equal, Some(65.0));
    flow(
        algorithm("lin", &[("linDir", direction)]),
        vec![
            constraint("w", "box", ("w", ""), 1.0),
            constraint("h", "box", width, 0.5),
            constraint("w", "gap", width, 0.5),
            equal,
        ],
        vec![label("box", "homePlate"), gap()],
    )
}

#[test]
fn a_row_shrinks_to_its_frame_and_keeps_its_proportions() {
    // Three boxes with two gaps of half a box: four widths.
    let shapes = laid_out(&parts(&["One", "Two", "Three"], &[], row("fromL")));
    let got: Vec<_> = places(&shapes)
        .iter()
        .map(|t| (points(t.x), points(t.y), points(t.width), points(t.height)))
        .collect();
    assert_eq!(
        got,
        [
            (0.0, 130.0, 120.0, 60.0),
            (180.0, 130.0, 120.0, 60.0),
            (360.0, 130.0, 120.0, 60.0)
        ]
    );
    let ShapeKind::Shape { properties, .. } = &shapes[0].kind else {
        panic!()
    };
    assert!(
        matches!(&properties.geometry, Some(Geometry::Preset { name, .. }) if name == "homePlate")
    );
    // Backwards the first stands on the right.
    let back = laid_out(&parts(&["One", "Two", "Three"], &[], row("fromR")));
    assert_eq!(points(places(&back)[0].x), 360.0);
}

#[test]
fn texts_that_are_to_be_equal_shrink_together() {
    let long = "Considerably longer words than the others";
    let got = sizes(&laid_out(&parts(&["One", long], &[], row("fromL"))));
    assert!(
        got[0] == got[1] && got[0] < 30.0 && got[0] >= 5.0,
        "{got:?}"
    );
}

#[test]
fn rows_break_where_boxes_become_largest() {
    let width = ("w", "box");
    let layout = flow(
        algorithm("snake", &[]),
        vec![
            constraint("w", "box", ("w", ""), 1.0),
            constraint("h", "box", width, 0.6),
            constraint("w", "gap", width, 0.1),
            constraint("sp", "", width, 0.1),
        ],
        vec![label("box", "rect"), gap()],
    );
    let got = places(&laid_out(&parts(&["a", "b", "c", "d", "e"], &[], layout)));
    // Three rows of two, the odd one in the middle; rows of three would make smaller boxes.
    assert_eq!(points(got[0].width), 160.0);
    assert_eq!(got[0].y, got[1].y);
    assert!(got[2].y > got[1].y + got[1].height);
    assert_eq!(points(got[4].x), 160.0);
}

#[test]
fn a_ring_starts_at_the_top_and_stays_in_its_frame() {
    let width = ("w", "box");
    let layout = flow(
        algorithm("cycle", &[("stAng", "0"), ("spanAng", "360")]),
        vec![
            constraint("w", "box", ("w", ""), 1.0),
            constraint("h", "box", width, 1.0),
            constraint("sibSp", "", width, 0.5),
        ],
        vec![label("box", "ellipse")],
    );
    let got = places(&laid_out(&parts(&["a", "b", "c", "d"], &[], layout)));
    let middle = |t: &Transform| points(t.x + t.width / 2);
    assert_eq!((middle(&got[0]), middle(&got[2])), (240.0, 240.0));
    assert!(got[0].y < got[1].y && got[1].y == got[3].y && got[1].x > got[3].x);
    assert!(
        got.iter()
            .all(|t| t.y >= 0 && points(t.y + t.height) <= 320.1)
    );
}

#[test]
fn a_parent_stands_above_the_middle_of_its_children() {
    let root = |name: &str, children: Vec<LayoutItem>| {
        let mut items = vec![algorithm("hierRoot", &[]), label("box", "rect")];
        items.extend(children);
        node(name, items)
    };
    let below = node(
        "below",
        vec![
            algorithm("hierChild", &[("linDir", "fromL")]),
            each(axes("ch", "node", 0), vec![root("leaf", Vec::new())]),
        ],
    );
    let layout = flow(
        algorithm("hierChild", &[("linDir", "fromL")]),
        vec![
            constraint("w", "box", ("w", ""), 1.0),
            constraint("h", "box", ("w", "box"), 0.5),
            constraint("sibSp", "", ("w", "box"), 0.2),
            constraint("sibSp", "below", ("w", "box"), 0.2),
            constraint("sp", "tree", ("h", "box"), 0.5),
        ],
        vec![root("tree", vec![below])],
    );
    let got = places(&laid_out(&parts(&["Top"], &["Left", "Right"], layout)));
    let middle = |t: &Transform| t.x + t.width / 2;
    assert!((middle(&got[0]) - i64::midpoint(middle(&got[1]), middle(&got[2]))).abs() < 10);
    assert!(got[1].y > got[0].y + got[0].height && got[1].y == got[2].y);
    assert!(points(got[2].x + got[2].width) <= 480.1);
}

#[test]
fn slices_of_a_pyramid_meet() {
    let level = node(
        "level",
        vec![algorithm("composite", &[]), label("slice", "trapezoid")],
    );
    let layout = flow(
        algorithm("pyra", &[("linDir", "fromB")]),
        Vec::new(),
        vec![level],
    );
    let shapes = laid_out(&parts(&["a", "b", "c", "d"], &[], layout));
    let got = places(&shapes);
    assert_eq!((points(got[0].width), points(got[3].width)), (120.0, 480.0));
    assert!((got[0].y + got[0].height - got[1].y).abs() < 10);
    let ShapeKind::Shape { properties, .. } = &shapes[0].kind else {
        panic!()
    };
    // Half of the top slice's width is slant: 60 points of the 80 that it is high.
    let Some(Geometry::Preset { adjust, .. }) = &properties.geometry else {
        panic!()
    };
    assert_eq!(adjust[0].formula, "val 75000");
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let refused = |layout| {
        let parts = parts(&["a"], &[], layout);
        with_context(|cx| super::shapes(cx, &parts, (480.0, 320.0))).unwrap_err()
    };
    let unknown = flow(
        algorithm("spiral", &[]),
        Vec::new(),
        vec![label("box", "rect")],
    );
    assert!(refused(unknown).contains("algorithm"));
    assert!(refused(LayoutNode::default()).contains("no shape"));
    // A loop inside itself that never gets to another point ends.
    let endless = LayoutItem::ForEach(ForEach {
        name: "again".to_owned(),
        axes: axes("self", "all", 0),
        items: vec![LayoutItem::ForEach(ForEach {
            reference: Some("again".to_owned()),
            ..ForEach::default()
        })],
        ..ForEach::default()
    });
    let layout = LayoutNode {
        items: vec![endless],
        ..LayoutNode::default()
    };
    assert!(refused(layout).contains("deep"));
}

#[test]
fn points_in_a_circle_and_wild_numbers_end() {
    let mut circle = parts(&["a", "b"], &["c"], row("fromL"));
    circle.connections.push(DiagramConnection {
        parent_of: true,
        from: 7,
        to: 1,
        order: 0,
        parent_transition: Some(0),
        sibling_transition: None,
    });
    assert!(!laid_out(&circle).is_empty());
    for factor in [0.0, -1.0, 1e300, f64::INFINITY, f64::NAN] {
        let layout = flow(
            algorithm("lin", &[]),
            vec![
                constraint("w", "box", ("w", ""), factor),
                constraint("h", "box", ("w", "box"), factor),
                constraint("w", "gap", ("h", "box"), -factor),
            ],
            vec![label("box", "rect"), gap()],
        );
        let parts = parts(&["a", "b"], &[], layout);
        with_context(|cx| super::shapes(cx, &parts, (480.0, 320.0)).is_ok());
    }
}
