//! Ink strokes (InkML) as freehand lines.

use std::collections::HashMap;

use crate::error::Result;
use crate::model::{
    Color, ColorMod, CustomGeometry, Fill, Geometry, Group, GuidePath, Join, Line, LineCap,
    NonVisual, PathCommand, PathFill, Shape, ShapeKind, ShapeProperties, Transform,
};
use crate::read::Context;
use crate::read::geometry::transform;
use crate::xml::{self, Node, attr, child, elements, is_named, rel_attr};

/// Points taken from one ink part.
const MAX_POINTS: usize = 400_000;
/// Strokes taken from one ink part.
const MAX_TRACES: usize = 20_000;
/// Channels of a point that are followed; only the first two are drawn.
const MAX_CHANNELS: usize = 16;
/// EMU to the centimetre.
const EMU_PER_CM: f64 = 360_000.0;
/// Width of strokes whose brush says nothing: PowerPoint's thin pen.
const PLAIN_WIDTH: i64 = 12_700;
/// How much of what lies below a highlighter covers.
const HIGHLIGHTER: f64 = 0.5;

/// `p:contentPart`: the strokes of its part as a group of lines, stretched into the frame.
pub(super) fn content_part(cx: &Context<'_>, node: Node<'_>) -> Option<ShapeKind> {
    let part = cx.relationships.part(rel_attr(node, "id")?)?;
    let frame = child(node, "xfrm").map(transform)?;
    let read = || -> Result<Vec<Stroke>> {
        let bytes = cx.package.part(part)?;
        xml::read(part, &bytes, cx.package.limits(), |root| Ok(strokes(root)))
    };
    match read() {
        Ok(strokes) => group(&strokes, frame).map(|group| ShapeKind::Group(Box::new(group))),
        Err(error) => {
            cx.warn("ink", error.to_string());
            None
        }
    }
}

/// One trace with the looks of its brush.
struct Stroke {
    points: Vec<(f64, f64)>,
    brush: Brush,
}

#[derive(Clone)]
struct Brush {
    /// EMU.
    width: i64,
    color: [u8; 3],
    /// 0 is clear, 1 covers.
    opacity: f64,
}

impl Default for Brush {
    fn default() -> Self {
        Self {
            width: PLAIN_WIDTH,
            color: [0, 0, 0],
            opacity: 1.0,
        }
    }
}

fn strokes(root: Node<'_>) -> Vec<Stroke> {
    let brushes: HashMap<&str, Brush> = root
        .descendants()
        .filter(|node| is_named(*node, "brush"))
        .filter_map(|node| {
            let id = node.attribute(("http://www.w3.org/XML/1998/namespace", "id"))?;
            Some((id, brush(node)))
        })
        .collect();
    let mut room = MAX_POINTS;
    let mut strokes = Vec::new();
    for trace in root
        .descendants()
        .filter(|node| is_named(*node, "trace"))
        .take(MAX_TRACES)
    {
        // The brush of a trace, else of the groups around it.
        let brush = trace
            .ancestors()
            .find_map(|node| attr(node, "brushRef"))
            .and_then(|id| brushes.get(id.trim_start_matches('#')))
            .cloned()
            .unwrap_or_default();
        let points = points(trace.text().unwrap_or_default(), room);
        room -= points.len();
        if !points.is_empty() {
            strokes.push(Stroke { points, brush });
        }
    }
    strokes
}

fn brush(node: Node<'_>) -> Brush {
    let mut brush = Brush::default();
    let mut highlighter = false;
    for property in elements(node).filter(|node| is_named(*node, "brushProperty")) {
        let value = attr(property, "value").unwrap_or_default();
        match attr(property, "name").unwrap_or_default() {
            "width" => {
                let unit = match attr(property, "units") {
                    Some("mm") => EMU_PER_CM / 10.0,
                    Some("in") => 914_400.0,
                    Some("pt") => 12_700.0,
                    _ => EMU_PER_CM,
                };
                if let Ok(width) = value.parse::<f64>()
                    && width > 0.0
                {
                    brush.width = (width * unit).min(100.0 * EMU_PER_CM) as i64;
                }
            }
            "color" => {
                let digits = value.trim_start_matches('#');
                if let Ok(rgb) = u32::from_str_radix(digits, 16)
                    && digits.len() == 6
                {
                    let [_, r, g, b] = rgb.to_be_bytes();
                    brush.color = [r, g, b];
                }
            }
            "transparency" => {
                if let Ok(part) = value.parse::<f64>() {
                    brush.opacity = 1.0 - (part / 255.0).clamp(0.0, 1.0);
                }
            }
            "rasterOp" => highlighter = value == "maskPen",
            _ => {}
        }
    }
    if highlighter {
        brush.opacity = brush.opacity.min(HIGHLIGHTER);
    }
    brush
}

/// How the numbers of a channel are to be taken (`!`, `'`, `"` before one of them).
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Value,
    Difference,
    SecondDifference,
}

/// The x and y of a trace's points, at most `most`.
fn points(text: &str, most: usize) -> Vec<(f64, f64)> {
    let mut orders = [Order::Value; MAX_CHANNELS];
    let mut values = [0.0_f64; MAX_CHANNELS];
    let mut steps = [0.0_f64; MAX_CHANNELS];
    let mut points = Vec::new();
    for point in text.split(',').take(most) {
        let mut channel = 0;
        let mut rest = point.trim_start();
        while !rest.is_empty() && channel < MAX_CHANNELS {
            let order = match rest.as_bytes().first() {
                Some(b'!') => Some(Order::Value),
                Some(b'\'') => Some(Order::Difference),
                Some(b'"') => Some(Order::SecondDifference),
                _ => None,
            };
            if order.is_some() {
                rest = rest.get(1..).unwrap_or_default().trim_start();
            }
            // A number ends where a blank, a sign or a mark begins: `1-2'3` are three of them.
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, ch)| !(ch.is_ascii_digit() || matches!(ch, '.' | 'e' | 'E')))
                .map_or(rest.len(), |(at, _)| at);
            let (number, after) = rest.split_at(end);
            rest = after.trim_start();
            let number = number.parse::<f64>().ok().filter(|n| n.is_finite());
            let state = (
                orders.get_mut(channel),
                values.get_mut(channel),
                steps.get_mut(channel),
            );
            if let (Some(known), Some(value), Some(step)) = state {
                *known = order.unwrap_or(*known);
                // `T`, `F`, `*` and what else is no number leave a channel as it was.
                if let Some(number) = number {
                    match *known {
                        Order::Value => *value = number,
                        Order::Difference => {
                            *step = number;
                            *value += number;
                        }
                        Order::SecondDifference => {
                            *step += number;
                            *value += *step;
                        }
                    }
                }
            }
            channel += 1;
        }
        if channel >= 2 {
            points.push((values[0], values[1]));
        }
    }
    points
}

/// The strokes as lines in one box, which the frame with room for half a pen around it is.
fn group(strokes: &[Stroke], frame: Transform) -> Option<Group> {
    let all = || strokes.iter().flat_map(|stroke| &stroke.points);
    let (mut low, mut high) = (*all().next()?, *all().next()?);
    for &(x, y) in all() {
        low = (low.0.min(x), low.1.min(y));
        high = (high.0.max(x), high.1.max(y));
    }
    let pen = strokes.iter().map(|stroke| stroke.brush.width).max()?;
    let inset = |from: i64, length: i64| {
        if length > pen {
            (from.saturating_add(pen / 2), length - pen)
        } else {
            (from.saturating_add(length / 2), 1)
        }
    };
    let (x, width) = inset(frame.x, frame.width);
    let (y, height) = inset(frame.y, frame.height);
    let frame = Transform {
        x,
        y,
        width,
        height,
        ..frame
    };
    let size = ((high.0 - low.0).max(1.0), (high.1 - low.1).max(1.0));
    let children = strokes
        .iter()
        .map(|stroke| line(stroke, low, size, frame))
        .collect();
    Some(Group {
        transform: Some(frame),
        child_box: Some((frame.x, frame.y, frame.width, frame.height)),
        children,
        ..Group::default()
    })
}

fn line(stroke: &Stroke, low: (f64, f64), size: (f64, f64), frame: Transform) -> Shape {
    let at = |(x, y): (f64, f64)| ((x - low.0).to_string(), (y - low.1).to_string());
    let mut commands = Vec::with_capacity(stroke.points.len() + 1);
    for (index, &point) in stroke.points.iter().enumerate() {
        let (x, y) = at(point);
        commands.push(if index == 0 {
            PathCommand::MoveTo(x, y)
        } else {
            PathCommand::LineTo(x, y)
        });
    }
    if let [(x, y)] = stroke.points[..] {
        // A dot is a line too short to see, with round ends.
        let (x, y) = at((x + size.0 * 1e-4, y));
        commands.push(PathCommand::LineTo(x, y));
    }
    let [r, g, b] = stroke.brush.color;
    let mut color = Color::rgb(r, g, b);
    if stroke.brush.opacity < 1.0 {
        color.mods.push(ColorMod::Alpha(stroke.brush.opacity));
    }
    let path = GuidePath {
        width: Some(size.0),
        height: Some(size.1),
        fill: PathFill::None,
        stroke: true,
        commands,
    };
    let properties = ShapeProperties {
        transform: Some(Transform {
            rotation: 0.0,
            flip_h: false,
            flip_v: false,
            ..frame
        }),
        geometry: Some(Geometry::Custom(Box::new(CustomGeometry {
            paths: vec![path],
            ..CustomGeometry::default()
        }))),
        line: Some(Line {
            width: Some(stroke.brush.width),
            fill: Some(Fill::Solid(color)),
            cap: Some(LineCap::Round),
            join: Some(Join::Round),
            ..Line::default()
        }),
        ..ShapeProperties::default()
    };
    Shape {
        nv: NonVisual::default(),
        kind: ShapeKind::Shape {
            properties,
            style: None,
            text: None,
            is_text_box: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_follow_values_and_differences() {
        assert_eq!(points("10 20 5, 11 22 6", 9), [(10.0, 20.0), (11.0, 22.0)]);
        // First differences hold until another mark; signs part numbers.
        assert_eq!(
            points("10 20,'1'-2,3-4,!7!8", 9),
            [(10.0, 20.0), (11.0, 18.0), (14.0, 14.0), (7.0, 8.0)]
        );
        assert_eq!(
            points("0 0,'2'0,\"1\"1,\"1\"1", 9),
            [(0.0, 0.0), (2.0, 0.0), (5.0, 1.0), (9.0, 3.0)]
        );
        assert_eq!(points("1 1,2 2,3 3", 2).len(), 2);
        assert!(points("", 9).is_empty() && points("x", 9).is_empty());
    }
}
