//! Gradients as steps of one colour, each over the one before: a page of them takes some kilobytes, as a picture it
//! takes megabytes, and readers draw both alike. Opaque ones only: steps lie over each other.

use kurbo::{Affine, BezPath, Circle, Point, Rect, Shape as _, Vec2};
use slides_scene::{FillRule, GradientStop, Rgba};

use super::records::Records;
use crate::geometry::rect_path;
use crate::paints::{Kind, Special};

/// Steps of a gradient at most.
const MAX_STEPS: usize = 512;
/// A step is at least this wide, in points.
const STEP: f64 = 0.5;
/// About what a step takes in the file, in bytes; one along curves takes more.
const STEP_BYTES: f64 = 180.0;

/// A gradient that can be drawn in steps.
pub(super) enum Steps {
    /// Across an axis.
    Linear {
        start: Point,
        end: Point,
        colors: Colors,
    },
    /// Around a focus.
    Nested { ring: Ring, colors: Colors },
}

pub(super) enum Ring {
    Ellipse {
        bounds: Rect,
        focus: Point,
        radius: f64,
    },
    Rect {
        bounds: Rect,
        focus: Rect,
    },
}

/// The first colour, and where each further one begins.
pub(super) struct Colors {
    first: Rgba,
    rest: Vec<(f64, Rgba)>,
}

impl Colors {
    /// `None` where some colour has opacity.
    fn new(stops: &[GradientStop], most: usize) -> Option<Self> {
        if stops.iter().any(|stop| stop.color.a != 255) {
            return None;
        }
        let first = stops.first()?.color;
        let pairs = || stops.iter().zip(stops.iter().skip(1));
        let all: usize = pairs().map(|(a, b)| distance(a.color, b.color)).sum();
        let share = all.div_ceil(most.max(1)).max(1);
        let mut rest = Vec::new();
        for (a, b) in pairs() {
            let count = distance(a.color, b.color).div_ceil(share);
            for step in 0..count {
                let at = (step as f64 + 0.5) / count as f64;
                let color = (step + 1) as f64 / count as f64;
                let offset = f64::from(a.offset) + f64::from(b.offset - a.offset) * at;
                rest.push((offset, mixed(a.color, b.color, color)));
            }
        }
        Some(Self { first, rest })
    }
}

/// Steps of one level between two colours.
fn distance(a: Rgba, b: Rgba) -> usize {
    let channels = [(a.r, b.r), (a.g, b.g), (a.b, b.b)];
    let most = channels.into_iter().map(|(a, b)| a.abs_diff(b)).max();
    usize::from(most.unwrap_or(0))
}

fn mixed(a: Rgba, b: Rgba, share: f64) -> Rgba {
    let channel =
        |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
    Rgba::rgb(channel(a.r, b.r), channel(a.g, b.g), channel(a.b, b.b))
}

impl Steps {
    /// The steps of a paint that is seen in this box of the page; `None` where a picture of so many bytes is smaller,
    /// or where the paint is none that has steps.
    pub(super) fn of(kind: &Kind<'_>, seen: Rect, picture: f64) -> Option<Self> {
        let length = seen.width().hypot(seen.height());
        let most = ((length / STEP) as usize).clamp(1, MAX_STEPS);
        let steps = match kind {
            Kind::Linear { start, end, stops } => Self::Linear {
                start: *start,
                end: *end,
                colors: Colors::new(stops, most)?,
            },
            Kind::Ellipse {
                bounds,
                focus,
                focus_radius,
                stops,
            } => Self::Nested {
                ring: Ring::Ellipse {
                    bounds: *bounds,
                    focus: *focus,
                    radius: *focus_radius,
                },
                colors: Colors::new(stops, most)?,
            },
            Kind::Special(Special::NestedRects {
                bounds,
                focus,
                stops,
            }) => Self::Nested {
                ring: Ring::Rect {
                    bounds: *bounds,
                    focus: *focus,
                },
                colors: Colors::new(stops, most)?,
            },
            _ => return None,
        };
        let (Self::Linear { colors, .. } | Self::Nested { colors, .. }) = &steps;
        ((colors.rest.len() as f64) * STEP_BYTES < picture).then_some(steps)
    }

    /// Draws the steps over a box of the page; the coordinates in force lead there by `current`.
    pub(super) fn draw(&self, records: &mut Records, seen: Rect, current: Affine) {
        // A little more than the box, so that there is no edge but that of the clip.
        let page = seen.inflate(1.0, 1.0);
        let fill = |records: &mut Records, path: &BezPath, to_page: Affine, color: Rgba| {
            records.fill(path, to_page, FillRule::NonZero, color);
        };
        let all = rect_path(page);
        match self {
            Self::Linear { start, end, colors } => {
                let axis = *end - *start;
                let length = axis.hypot();
                if length <= 0.0 || !length.is_finite() {
                    return fill(records, &all, Affine::IDENTITY, colors.first);
                }
                let local = current.inverse() * &all;
                let along = axis / length;
                let across = Vec2::new(-along.y, along.x);
                let span = |direction: Vec2| {
                    let points = local.elements().iter().filter_map(kurbo::PathEl::end_point);
                    points.fold((f64::MAX, f64::MIN), |(low, high), point| {
                        let at = (point - *start).dot(direction);
                        (low.min(at), high.max(at))
                    })
                };
                let ((from, to), (left, right)) = (span(along), span(across));
                let before = colors.rest.iter().take_while(|(at, _)| at * length <= from);
                let first = before.last().map_or(colors.first, |(_, color)| *color);
                fill(records, &all, Affine::IDENTITY, first);
                for (at, color) in &colors.rest {
                    let at = at * length;
                    if at <= from || at >= to {
                        continue;
                    }
                    let corner = |along_by: f64, across_by: f64| {
                        current * (*start + along * along_by + across * across_by)
                    };
                    let corners = [
                        corner(at, left),
                        corner(to, left),
                        corner(to, right),
                        corner(at, right),
                    ];
                    records.polygon(&corners, *color);
                }
            }
            Self::Nested { ring, colors } => {
                let last = colors.rest.last().map_or(colors.first, |(_, color)| *color);
                fill(records, &all, Affine::IDENTITY, last);
                for (index, (at, _)) in colors.rest.iter().enumerate().rev() {
                    let inner = index
                        .checked_sub(1)
                        .and_then(|before| colors.rest.get(before));
                    let color = inner.map_or(colors.first, |(_, color)| *color);
                    fill(records, &ring.at(*at), current, color);
                }
            }
        }
    }
}

impl Ring {
    /// The ring at a position: 0 is the focus, 1 the bounds.
    fn at(&self, at: f64) -> BezPath {
        match self {
            Self::Ellipse {
                bounds,
                focus,
                radius,
            } => {
                let center = (focus.to_vec2() * (1.0 - at)).to_point();
                let circle = Circle::new(center, (radius * (1.0 - at) + at).max(0.0));
                let half = bounds.size() / 2.0;
                Affine::translate(bounds.center().to_vec2())
                    * Affine::scale_non_uniform(half.width, half.height)
                    * circle.to_path(1e-4)
            }
            Self::Rect { bounds, focus } => {
                let between = |a: f64, b: f64| a + (b - a) * at;
                rect_path(Rect::new(
                    between(focus.x0, bounds.x0),
                    between(focus.y0, bounds.y0),
                    between(focus.x1, bounds.x1),
                    between(focus.y1, bounds.y1),
                ))
            }
        }
    }
}
