//! What a chart looks like where its part says nothing: by `c:style` (ECMA-376 part 1, 21.2.2.227) out of the
//! theme's format scheme.

use slides_ooxml::model::chart::MarkerSymbol;
use slides_ooxml::model::{
    Color, ColorBase, ColorMod, EffectList, Fill, FormatScheme, Line, LineCap, SchemeColor,
};

use super::canvas::Look;

/// Width of a theme's first line where the theme has none, EMU.
const LINE_WIDTH: i64 = 9_525;

/// The `c:style` of a chart, 1 to 48, with the theme's formats that it refers to.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChartStyle<'a> {
    /// `c:style/@val`.
    pub number: u8,
    /// `a:fmtScheme` of the theme in force.
    pub formats: &'a FormatScheme,
}

fn scheme(color: SchemeColor, modifier: Option<ColorMod>) -> Color {
    Color {
        base: ColorBase::Scheme(color),
        mods: modifier.into_iter().collect(),
    }
}

/// A theme's colour with `phClr` put in: what was done to it stays done, then the theme's own changes follow.
fn put_in(color: &Color, placeholder: &Color) -> Color {
    if color.base != ColorBase::Scheme(SchemeColor::Placeholder) {
        return color.clone();
    }
    Color {
        base: placeholder.base.clone(),
        mods: placeholder
            .mods
            .iter()
            .chain(&color.mods)
            .copied()
            .collect(),
    }
}

/// A theme's fill in a colour.
fn fill_in(fill: &Fill, color: &Color) -> Fill {
    match fill {
        Fill::Solid(own) => Fill::Solid(put_in(own, color)),
        Fill::Gradient(gradient) => {
            let mut gradient = gradient.clone();
            for stop in &mut gradient.stops {
                stop.color = put_in(&stop.color, color);
            }
            Fill::Gradient(gradient)
        }
        Fill::Pattern(pattern) => {
            let mut pattern = pattern.clone();
            for own in [&mut pattern.foreground, &mut pattern.background] {
                *own = own.as_ref().map(|own| put_in(own, color));
            }
            Fill::Pattern(pattern)
        }
        Fill::None | Fill::Blip(_) | Fill::Group => fill.clone(),
    }
}

impl<'a> ChartStyle<'a> {
    /// Dark styles draw text and lines light.
    fn is_dark(self) -> bool {
        self.number > 40
    }

    /// Column of the gallery: 0 is grey, 1 all accents, 2 to 7 one accent each.
    fn column(self) -> u8 {
        self.number.saturating_sub(1) % 8
    }

    /// Row of the gallery, 0 to 5.
    fn row(self) -> u8 {
        self.number.saturating_sub(1) / 8
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
                const DARK_TINTS: [f64; 6] = [0.05, 0.55, 0.78, 0.15, 0.7, 0.3];
                let tints = if self.is_dark() { DARK_TINTS } else { TINTS };
                let tint = tints.get(index % 6).copied().unwrap_or(0.5);
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

    /// The theme's first line in a colour, so many times as wide.
    fn line(self, color: &Color, times: i64) -> Line {
        let theme = self.formats.lines.first();
        let width = theme.and_then(|line| line.width).unwrap_or(LINE_WIDTH);
        let fill = theme.and_then(|line| line.fill.as_ref());
        Line {
            width: Some(width.saturating_mul(times)),
            fill: Some(
                fill.map_or_else(|| Fill::Solid(color.clone()), |fill| fill_in(fill, color)),
            ),
            ..Line::default()
        }
    }

    /// The theme's fill by its 1-based index in a colour.
    fn fill(self, index: usize, color: &Color) -> Fill {
        let theme = index.checked_sub(1).and_then(|i| self.formats.fills.get(i));
        theme.map_or_else(|| Fill::Solid(color.clone()), |fill| fill_in(fill, color))
    }

    /// Lines of axes, data tables and major gridlines.
    pub(super) fn axis_line(self) -> Line {
        let base = if self.row() < 4 {
            SchemeColor::Text1
        } else {
            SchemeColor::Dark1
        };
        self.line(&scheme(base, Some(ColorMod::Tint(0.75))), 1)
    }

    /// Minor gridlines.
    pub(super) fn minor_line(self) -> Line {
        let tint = if self.is_dark() { 0.9 } else { 0.5 };
        self.line(&scheme(SchemeColor::Text1, Some(ColorMod::Tint(tint))), 1)
    }

    /// Error bars, drop lines, high-low lines, leader lines.
    pub(super) fn other_line(self) -> Line {
        let color = match self.number {
            33 | 34 => scheme(SchemeColor::Dark1, None),
            35..=40 => scheme(SchemeColor::Dark1, Some(ColorMod::Shade(0.25))),
            _ => self.text(),
        };
        self.line(&color, 1)
    }

    /// The line of a line or scatter series.
    pub(super) fn series_line(self, color: &Color) -> Line {
        let times = match self.row() {
            0 => 3,
            3 => 7,
            _ => 5,
        };
        Line {
            cap: Some(LineCap::Round),
            ..self.line(color, times)
        }
    }

    /// The theme's fill that series and bars of this style have: the subtle or the intense one.
    fn series_fill(self, color: &Color) -> Fill {
        let intense = matches!(self.row(), 2 | 3 | 5);
        self.fill(if intense { 3 } else { 1 }, color)
    }

    /// The theme's effects that filled series of this style have.
    fn effects(self) -> Option<&'a EffectList> {
        let index = match self.row() {
            1 => 0,
            2 => 1,
            3 | 5 => 2,
            _ => return None,
        };
        let style = self.formats.effects.get(index)?;
        Some(&style.effects).filter(|effects| **effects != EffectList::default())
    }

    /// What of the theme's effects a front view cannot show.
    pub(super) fn three_d(self) -> Option<&'a str> {
        let index = match self.row() {
            2 => 1,
            3 | 5 => 2,
            _ => return None,
        };
        let what = self.formats.effects.get(index)?.three_d.as_deref()?;
        Some(what).filter(|what| !what.is_empty())
    }

    /// Fill, outline and effects of a filled series (or of a point of a varied one).
    pub(super) fn filled(self, color: &Color, index: usize) -> Look {
        let dark = |color| Some(scheme(color, Some(ColorMod::Shade(0.5))));
        let outline = match self.number {
            9..=16 => Some(scheme(SchemeColor::Light1, None)),
            33 => dark(SchemeColor::Dark1),
            34 => dark(SchemeColor::Accent((index % 6) as u8 + 1)),
            35..=40 => dark(SchemeColor::Accent(self.number - 34)),
            _ => None,
        };
        Look {
            fill: Some(self.series_fill(color)),
            line: outline.map(|color| self.line(&color, 1)),
            effects: self.effects().cloned(),
        }
    }

    /// Fill of the chart area; slides show through the light styles.
    pub(super) fn chart_fill(self) -> Option<Fill> {
        self.is_dark()
            .then(|| self.fill(1, &Color::scheme(SchemeColor::Dark1)))
    }

    /// Fill of the plot area.
    pub(super) fn plot_fill(self) -> Option<Fill> {
        let tinted = |color, tint| Some(self.fill(1, &scheme(color, Some(ColorMod::Tint(tint)))));
        match self.number {
            33 | 34 => tinted(SchemeColor::Dark1, 0.2),
            35..=40 => tinted(SchemeColor::Accent(self.number - 34), 0.2),
            41..=48 => tinted(SchemeColor::Dark1, 0.95),
            _ => None,
        }
    }

    /// Fill, outline and effects of up bars or down bars.
    pub(super) fn up_down_bar(self, up: bool) -> Look {
        let tint = |tint| scheme(SchemeColor::Dark1, Some(ColorMod::Tint(tint)));
        let color = match (self.row(), self.column(), up) {
            (4, _, true) | (5, 1, true) => Color::scheme(SchemeColor::Light1),
            (5, 1, false) => Color::scheme(SchemeColor::Dark1),
            (_, 0, true) => tint(0.25),
            (_, 0, false) => tint(0.85),
            (_, 1, true) => tint(0.05),
            (_, 1, false) => tint(0.95),
            (_, column, true) => {
                scheme(SchemeColor::Accent(column - 1), Some(ColorMod::Tint(0.25)))
            }
            (_, column, false) => {
                scheme(SchemeColor::Accent(column - 1), Some(ColorMod::Shade(0.25)))
            }
        };
        let outline = match self.number {
            1..=16 => Some(Color::scheme(SchemeColor::Text1)),
            33 | 34 => Some(Color::scheme(SchemeColor::Dark1)),
            35..=40 => Some(scheme(
                SchemeColor::Accent(self.number - 34),
                Some(ColorMod::Shade(0.25)),
            )),
            _ => None,
        };
        Look {
            fill: Some(self.series_fill(&color)),
            line: outline.map(|color| self.line(&color, 1)),
            effects: self.effects().cloned(),
        }
    }
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
    use slides_ooxml::model::{EffectStyle, OuterShadow};

    fn style(number: u8, formats: &FormatScheme) -> ChartStyle<'_> {
        ChartStyle { number, formats }
    }

    #[test]
    fn six_series_take_the_accents_as_they_are() {
        let none = FormatScheme::default();
        let style = |number| style(number, &none);
        assert_eq!(style(2).color(5, 6), Color::scheme(SchemeColor::Accent(6)));
        assert_eq!(style(2).color(0, 6), Color::scheme(SchemeColor::Accent(1)));
        assert!(!style(2).color(0, 12).mods.is_empty());
        assert_eq!(style(3).color(0, 1), Color::scheme(SchemeColor::Accent(1)));
        assert_eq!(style(0).color(usize::MAX - 1, 1).mods.len(), 1);
    }

    #[test]
    fn rows_of_the_gallery_take_the_themes_formats() {
        let phclr = |mods: Vec<ColorMod>| Color {
            base: ColorBase::Scheme(SchemeColor::Placeholder),
            mods,
        };
        let shadow = |blur| EffectStyle {
            effects: EffectList {
                outer_shadow: Some(OuterShadow {
                    blur,
                    distance: 0,
                    direction: 0.0,
                    sx: 1.0,
                    sy: 1.0,
                    kx: 0.0,
                    ky: 0.0,
                    align: slides_ooxml::model::RectAlign::Bottom,
                    rotate_with_shape: false,
                    color: Color::rgb(0, 0, 0),
                }),
                ..EffectList::default()
            },
            three_d: (blur == 3).then(|| "bevel".to_owned()),
        };
        let formats = FormatScheme {
            fills: (0..3)
                .map(|index| Fill::Solid(phclr(vec![ColorMod::Shade(f64::from(index))])))
                .collect(),
            lines: vec![Line {
                width: Some(9_525),
                fill: Some(Fill::Solid(phclr(vec![ColorMod::Shade(0.95)]))),
                ..Line::default()
            }],
            effects: (1..=3).map(shadow).collect(),
            ..FormatScheme::default()
        };
        let accent = Color::scheme(SchemeColor::Accent(1));
        let look = |number| style(number, &formats).filled(&accent, 0);
        let blur = |number| look(number).effects?.outer_shadow.map(|shadow| shadow.blur);
        let blurs = [2, 10, 18, 26, 34, 42].map(blur);
        assert_eq!(blurs, [None, Some(1), Some(2), Some(3), None, Some(3)]);
        let shade = |number| match look(number).fill {
            Some(Fill::Solid(color)) => color.mods,
            other => panic!("{other:?}"),
        };
        assert_eq!(shade(2), [ColorMod::Shade(0.0)]);
        assert_eq!(shade(26), [ColorMod::Shade(2.0)]);
        assert!(look(10).line.is_some() && look(26).line.is_none() && look(34).line.is_some());
        assert_eq!(style(26, &formats).three_d(), Some("bevel"));
        // A line series is three times as wide as the theme's line and takes its change of colour.
        let line = style(2, &formats).series_line(&accent);
        assert_eq!(line.width, Some(28_575));
        let darker = Color {
            mods: vec![ColorMod::Shade(0.95)],
            ..accent
        };
        assert_eq!(line.fill, Some(Fill::Solid(darker)));
    }
}
