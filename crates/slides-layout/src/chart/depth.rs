//! Depth of bars and columns: boxes over right-angled axes, the back of the plot moved up and aside.

use kurbo::{BezPath, Point, Rect, Vec2};
use slides_ooxml::model::chart::{AxisKind, Plot, PlotKind, View3d};
use slides_ooxml::model::{Color, ColorMod, Fill};

use super::Chart;
use super::canvas::Look;
use super::groups::Group;

/// Turns of a view that says nothing, in degrees.
const ROTATION_X: f64 = 15.0;
const ROTATION_Y: f64 = 20.0;
/// Most of the plot's width and height that the depth takes.
const MOST: f64 = 0.5;
/// How dark the sides and the tops of boxes are.
const SIDE: f64 = 0.35;
const TOP: f64 = 0.15;

/// How the plot of a chart with depth is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Depth {
    /// The plot's front.
    pub front: Rect,
    /// From the front of the plot to its back.
    pub back: Vec2,
    /// Where bars begin and end in the depth, 0 to 1.
    pub bar: (f64, f64),
}

/// Whether a plot's bars are drawn as boxes: those side by side or stacked, not one behind the other.
pub(super) fn has_boxes(chart: &Chart<'_>, plot: &Plot) -> bool {
    let axes = &chart.space.plot_area.axes;
    let rows = plot.axes.iter().any(|id| {
        let axis = axes.iter().find(|axis| axis.id == *id);
        axis.is_some_and(|axis| axis.kind == AxisKind::Series)
    });
    plot.gap_depth.is_some() && matches!(plot.kind, PlotKind::Bar { .. }) && !rows
}

impl Depth {
    /// Takes the depth off the room of a plot; none for a flat chart.
    pub(super) fn of(chart: &Chart<'_>, groups: &[Group<'_>], room: Rect) -> Option<Self> {
        let [group] = groups else { return None };
        let plots = group.plots.iter().map(|(plot, _)| *plot);
        let plot = plots.into_iter().find(|plot| has_boxes(chart, plot))?;
        let view = chart.space.view_3d.as_ref();
        let turn = |read: fn(&View3d) -> Option<f64>, default: f64| {
            view.and_then(read).unwrap_or(default).to_radians().sin()
        };
        let (x, y) = (
            turn(|view| view.rotation_y, ROTATION_Y),
            turn(|view| view.rotation_x, ROTATION_X),
        );
        let gap = plot.gap_depth.unwrap_or(0.0) / 100.0;
        let depth = view.and_then(|view| view.depth_percent).unwrap_or(100.0) / 100.0;
        // Boxes are as deep as they are wide; their slots are parts of the front, which the depth makes smaller.
        let bar = super::bar::share(plot) / group.count.max(1) as f64;
        let whole = bar * depth.clamp(0.2, 20.0) * (1.0 + gap);
        let (width, height) = (room.width(), room.height());
        let deep = if group.horizontal {
            height * whole / (1.0 + whole * y.abs())
        } else {
            width * whole / (1.0 + whole * x.abs())
        };
        let back = Vec2::new(
            (deep * x).clamp(-MOST * width, MOST * width),
            (-deep * y).clamp(-MOST * height, MOST * height),
        );
        Some(Self {
            front: Rect::new(
                room.x0 - back.x.min(0.0),
                room.y0 - back.y.min(0.0),
                room.x1 - back.x.max(0.0),
                room.y1 - back.y.max(0.0),
            ),
            back,
            bar: (gap / 2.0 / (1.0 + gap), (1.0 + gap / 2.0) / (1.0 + gap)),
        })
    }

    /// From the plot's front to the front of its bars.
    pub(super) fn to_bars(self) -> Vec2 {
        self.back * self.bar.0
    }

    /// The sides of a box that are seen, behind its front.
    pub(super) fn sides(self, front: Rect, look: &Look) -> Vec<(BezPath, Look, Rect)> {
        let deep = self.back * (self.bar.1 - self.bar.0);
        let x = if deep.x < 0.0 { front.x0 } else { front.x1 };
        let y = if deep.y < 0.0 { front.y0 } else { front.y1 };
        let side = [Point::new(x, front.y0), Point::new(x, front.y1)];
        let top = [Point::new(front.x0, y), Point::new(front.x1, y)];
        [(side, SIDE), (top, TOP)]
            .into_iter()
            .map(|([a, b], dark)| {
                let mut path = BezPath::new();
                path.move_to(a);
                for corner in [a + deep, b + deep, b] {
                    path.line_to(corner);
                }
                path.close_path();
                let bounds = Rect::from_points(a, b).union(Rect::from_points(a + deep, b + deep));
                let shaded = Look {
                    fill: look.fill.as_ref().map(|fill| darker(fill, dark)),
                    line: look.line.clone(),
                    effects: None,
                };
                (path, shaded, bounds)
            })
            .collect()
    }
}

/// A fill in the shade.
pub(super) fn darker(fill: &Fill, dark: f64) -> Fill {
    let shaded = |color: &Color| {
        let mut color = color.clone();
        color.mods.push(ColorMod::LumMod(1.0 - dark));
        color
    };
    match fill {
        Fill::Solid(color) => Fill::Solid(shaded(color)),
        Fill::Gradient(gradient) => {
            let mut gradient = gradient.clone();
            for stop in &mut gradient.stops {
                stop.color = shaded(&stop.color);
            }
            Fill::Gradient(gradient)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_show_a_side_and_a_top() {
        let depth = Depth {
            front: Rect::new(0.0, 20.0, 100.0, 100.0),
            back: Vec2::new(30.0, -20.0),
            bar: (0.25, 0.75),
        };
        assert_eq!(depth.to_bars(), Vec2::new(7.5, -5.0));
        let front = Rect::new(10.0, 40.0, 20.0, 100.0);
        let sides = depth.sides(front, &Look::default());
        assert_eq!(sides[0].2, Rect::new(20.0, 30.0, 35.0, 100.0));
        assert_eq!(sides[1].2, Rect::new(10.0, 30.0, 35.0, 40.0));
    }
}
