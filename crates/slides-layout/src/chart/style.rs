//! What a chart looks like where its part says nothing: by `c:style` (ECMA-376 part 1, 21.2.2.227).

use slides_ooxml::model::chart::MarkerSymbol;
use slides_ooxml::model::{Color, ColorBase, ColorMod, Fill, Line, LineCap, SchemeColor};

/// The `c:style` of a chart, 1 to 48.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChartStyle(pub u8);

fn scheme(color: SchemeColor, modifier: Option<ColorMod>) -> Color {
    Color {
        base: ColorBase::Scheme(color),
        mods: modifier.into_iter().collect(),
    }
}

impl ChartStyle {
    /// Dark styles draw text and lines light.
    fn is_dark(self) -> bool {
        self.0 > 40
    }

    /// Column of the gallery: 0 is grey, 1 all accents, 2 to 7 one accent each.
    fn column(self) -> u8 {
        self.0.saturating_sub(1) % 8
    }

    /// Colour of a series (or of a point of a varied one), of `count` of them.
    pub(super) fn color(self, index: usize, count: usize) -> Color {
        let spread = |at: usize, of: usize| {
            // From 70 % darker to 70 % lighter, the middle untouched.
            let step = (at as f64 + 1.0) / (of as f64 + 1.0) * 1.4 - 0.7;
            if step.abs() < 1e-9 {
                None
            } else if step < 0.0 {
                Some(ColorMod::Shade(1.0 + step))
            } else {
                Some(ColorMod::Tint(1.0 - step))
            }
        };
        let count = count.max(index + 1);
        match self.column() {
            0 => {
                const TINTS: [f64; 6] = [0.885, 0.55, 0.78, 0.925, 0.7, 0.3];
                let tint = TINTS.get(index % 6).copied().unwrap_or(0.5);
                scheme(SchemeColor::Dark1, Some(ColorMod::Tint(tint)))
            }
            1 => {
                let accent = SchemeColor::Accent((index % 6) as u8 + 1);
                scheme(accent, spread(index / 6, count.div_ceil(6)))
            }
            column => scheme(SchemeColor::Accent(column - 1), spread(index, count)),
        }
    }

    /// Colour of text.
    pub(super) fn text(self) -> Color {
        Color::scheme(if self.is_dark() {
            SchemeColor::Light1
        } else {
            SchemeColor::Text1
        })
    }

    /// Lines of axes and major gridlines.
    pub(super) fn axis_line(self) -> Line {
        self.hairline(0.75)
    }

    /// Minor gridlines.
    pub(super) fn minor_line(self) -> Line {
        self.hairline(0.5)
    }

    fn hairline(self, tint: f64) -> Line {
        let color = if self.is_dark() {
            scheme(SchemeColor::Dark1, Some(ColorMod::Tint(tint)))
        } else {
            scheme(SchemeColor::Text1, Some(ColorMod::Tint(tint)))
        };
        Line {
            width: Some(9_525),
            fill: Some(Fill::Solid(color)),
            ..Line::default()
        }
    }

    /// Error bars, drop lines, high-low lines, leader lines.
    pub(super) fn other_line(self) -> Line {
        Line {
            width: Some(9_525),
            fill: Some(Fill::Solid(self.text())),
            ..Line::default()
        }
    }

    /// The line of a line or scatter series.
    pub(super) fn series_line(self, color: Color) -> Line {
        let width = match self.0 {
            1..=8 => 28_575,
            25..=32 => 66_675,
            _ => 47_625,
        };
        Line {
            width: Some(width),
            fill: Some(Fill::Solid(color)),
            cap: Some(LineCap::Round),
            ..Line::default()
        }
    }

    /// Fill of the chart area; slides show through the light styles.
    pub(super) fn chart_fill(self) -> Option<Fill> {
        self.is_dark()
            .then(|| Fill::Solid(Color::scheme(SchemeColor::Dark1)))
    }

    /// Fill of the plot area.
    pub(super) fn plot_fill(self) -> Option<Fill> {
        let tinted = |color, tint| Some(Fill::Solid(scheme(color, Some(ColorMod::Tint(tint)))));
        match self.0 {
            33 | 34 => tinted(SchemeColor::Dark1, 0.2),
            35..=40 => tinted(SchemeColor::Accent(self.0 - 34), 0.2),
            41..=48 => tinted(SchemeColor::Dark1, 0.95),
            _ => None,
        }
    }
}

/// Fill of up bars or down bars.
pub(super) fn up_down_fill(up: bool) -> Fill {
    Fill::Solid(if up {
        Color::scheme(SchemeColor::Light1)
    } else {
        scheme(SchemeColor::Dark1, Some(ColorMod::Tint(0.85)))
    })
}

/// The symbol that a series takes by itself.
pub(super) fn automatic_symbol(index: usize) -> MarkerSymbol {
    const ORDER: [MarkerSymbol; 9] = [
        MarkerSymbol::Diamond,
        MarkerSymbol::Square,
        MarkerSymbol::Triangle,
        MarkerSymbol::X,
        MarkerSymbol::Star,
        MarkerSymbol::Circle,
        MarkerSymbol::Plus,
        MarkerSymbol::Dot,
        MarkerSymbol::Dash,
    ];
    ORDER
        .get(index % ORDER.len())
        .copied()
        .unwrap_or(MarkerSymbol::Circle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_series_take_the_accents_as_they_are() {
        assert_eq!(
            ChartStyle(2).color(5, 6),
            Color::scheme(SchemeColor::Accent(6))
        );
        assert_eq!(
            ChartStyle(2).color(0, 6),
            Color::scheme(SchemeColor::Accent(1))
        );
        assert!(!ChartStyle(2).color(0, 12).mods.is_empty());
        assert_eq!(
            ChartStyle(3).color(0, 1),
            Color::scheme(SchemeColor::Accent(1))
        );
        assert_eq!(ChartStyle(0).color(usize::MAX - 1, 1).mods.len(), 1);
    }
}
