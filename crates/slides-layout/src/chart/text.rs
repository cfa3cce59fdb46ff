//! Text in charts: the line advance is the face's own, boxes have insets of 3 and 1.5 points.

use kurbo::{Affine, Rect};
use slides_ooxml::model::{
    Fill, FontRef, ListStyle, Paragraph, ParagraphProperties, Run, RunKind, RunProperties,
    TextAlign, TextBody,
};
use slides_scene::Op;

use super::Chart;
use crate::text::{self, FaceMetrics, TextCascade, TextFrame};

/// Room between a text and the sides of its box.
pub(super) const INSET_ALONG: f64 = 3.0;
/// Room between a text and the top and bottom of its box.
pub(super) const INSET_ACROSS: f64 = 1.5;
/// `a:bodyPr/@rot` of text whose turn the chart chooses (-1000 degrees), within one turn.
const AUTOMATIC_ROTATION: f64 = -280.0;
/// Characters of one label that are drawn.
const MAX_CHARS: usize = 2_000;

/// What a text is, for the looks it has by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Labels, legend entries.
    Plain,
    /// The chart's title: a fifth larger, bold.
    Title,
    /// Titles of axes: bold.
    AxisTitle,
}

/// A resolved text style.
#[derive(Debug, Clone)]
pub(super) struct TextStyle {
    /// Complete run properties.
    pub run: RunProperties,
    /// Turn in degrees clockwise that the file asks for; none where the chart may choose.
    pub rotation: Option<f64>,
    /// The face's metrics in em.
    pub metrics: FaceMetrics,
}

impl TextStyle {
    /// Size in points.
    pub(super) fn size(&self) -> f64 {
        self.run.size.unwrap_or(18.0)
    }

    /// Height of the face's box: ascent and descent.
    pub(super) fn text_height(&self) -> f64 {
        (self.metrics.ascent + self.metrics.descent) * self.size()
    }

    /// From one line to the next.
    pub(super) fn line_height(&self) -> f64 {
        self.text_height() + self.metrics.leading * self.size()
    }
}

/// A text composed, ready to be put somewhere.
#[derive(Debug, Clone)]
pub(super) struct Label {
    ops: Vec<Op>,
    /// Left end of the widest line in the coordinates of `ops`.
    left: f64,
    /// Width of the widest line.
    pub width: f64,
    /// Height with all lines, each as high as the face's own line.
    pub height: f64,
    /// Number of lines.
    pub lines: usize,
    /// From the composed text's top to where the box's text begins.
    lift: f64,
    /// The leading of one line, which lies above the first or below the last line.
    leading: f64,
}

impl Label {
    /// Height of the text itself: lines without the leading of the last.
    pub(super) fn text_height(&self) -> f64 {
        (self.height - self.leading).max(0.0)
    }
}

/// `over` with what it leaves unsaid taken from `base`.
pub(super) fn merge_runs(over: &RunProperties, base: &RunProperties) -> RunProperties {
    RunProperties {
        size: over.size.or(base.size),
        bold: over.bold.or(base.bold),
        italic: over.italic.or(base.italic),
        underline: over.underline.or(base.underline),
        underline_fill: over.underline_fill.clone().or(base.underline_fill.clone()),
        strike: over.strike.or(base.strike),
        caps: over.caps.or(base.caps),
        baseline: over.baseline.or(base.baseline),
        spacing: over.spacing.or(base.spacing),
        kerning: over.kerning.or(base.kerning),
        language: over.language.clone().or(base.language.clone()),
        alt_language: over.alt_language.clone().or(base.alt_language.clone()),
        fill: over.fill.clone().or(base.fill.clone()),
        line: over.line.clone().or(base.line.clone()),
        effects: over.effects.clone().or(base.effects.clone()),
        highlight: over.highlight.clone().or(base.highlight.clone()),
        latin: over.latin.clone().or(base.latin.clone()),
        east_asian: over.east_asian.clone().or(base.east_asian.clone()),
        complex_script: over.complex_script.clone().or(base.complex_script.clone()),
        symbol: over.symbol.clone().or(base.symbol.clone()),
        link: None,
        rtl: over.rtl.or(base.rtl),
    }
}

/// The `a:defRPr` of a `c:txPr` or of the first paragraph of a `c:rich`.
fn default_run(body: &TextBody) -> Option<&RunProperties> {
    let own = body
        .paragraphs
        .first()
        .and_then(|paragraph| paragraph.properties.default_run.as_deref());
    let list = || {
        let level = body.list_style.levels.first()?.as_deref()?;
        level.default_run.as_deref()
    };
    own.or_else(list)
}

/// The text style of the whole chart: 18 points in the theme's body face unless `c:txPr` says otherwise.
pub(super) fn base_run(
    style: super::style::ChartStyle<'_>,
    chart: Option<&TextBody>,
) -> RunProperties {
    let built_in = RunProperties {
        size: Some(18.0),
        fill: Some(Fill::Solid(style.text())),
        latin: Some(FontRef {
            typeface: "+mn-lt".to_owned(),
            ..FontRef::default()
        }),
        ..RunProperties::default()
    };
    chart
        .and_then(default_run)
        .map_or_else(|| built_in.clone(), |own| merge_runs(own, &built_in))
}

/// `a:bodyPr/@rot`, or a direction that turns the text by a quarter.
fn rotation(body: &TextBody) -> Option<f64> {
    use slides_ooxml::model::VerticalText;
    match body.properties.vertical {
        Some(VerticalText::Vertical270) => return Some(-90.0),
        Some(VerticalText::Horizontal) | None => {}
        Some(_) => return Some(90.0),
    }
    body.properties
        .rotation
        .filter(|turn| turn.is_finite() && (*turn - AUTOMATIC_ROTATION).abs() > 1e-6)
        .map(|turn| if turn > 180.0 { turn - 360.0 } else { turn })
}

impl Chart<'_> {
    /// The style of an element's text: nearest first its own bodies, then the chart's.
    pub(super) fn text_style(&self, own: &[Option<&TextBody>], role: Role) -> TextStyle {
        let mut base = self.base.clone();
        if role != Role::Plain {
            base.bold = base.bold.or(Some(true));
        }
        let mut run = base;
        let mut sized = false;
        for body in own.iter().rev().copied().flatten() {
            if let Some(properties) = default_run(body) {
                sized |= properties.size.is_some();
                run = merge_runs(properties, &run);
            }
        }
        if role == Role::Title && !sized {
            run.size = run.size.map(|size| (size * 1.2).round());
        }
        let metrics = text::face_metrics(self.cx, &run);
        TextStyle {
            run,
            rotation: own.iter().copied().flatten().find_map(rotation),
            metrics,
        }
    }

    /// Composes a text; `width` is where lines wrap, centred in it.
    pub(super) fn label(&self, text: &str, style: &TextStyle, width: Option<f64>) -> Label {
        let paragraphs = text
            .split('\n')
            .take(200)
            .map(|line| Paragraph {
                runs: vec![Run {
                    kind: RunKind::Text(line.chars().take(MAX_CHARS).collect()),
                    properties: RunProperties::default(),
                }],
                ..Paragraph::default()
            })
            .collect();
        let body = TextBody {
            paragraphs,
            ..TextBody::default()
        };
        self.compose(&body, style, width, TextAlign::Center)
    }

    /// Composes a rich text; `width` is where lines wrap.
    pub(super) fn rich(&self, body: &TextBody, style: &TextStyle, width: Option<f64>) -> Label {
        self.compose(body, style, width, TextAlign::Center)
    }

    /// Composes a text with its lines at the left.
    pub(super) fn label_left(&self, text: &str, style: &TextStyle, width: f64) -> Label {
        let body = TextBody {
            paragraphs: vec![Paragraph {
                runs: vec![Run {
                    kind: RunKind::Text(text.chars().take(MAX_CHARS).collect()),
                    properties: RunProperties::default(),
                }],
                ..Paragraph::default()
            }],
            ..TextBody::default()
        };
        self.compose(&body, style, Some(width), TextAlign::Left)
    }

    fn compose(
        &self,
        body: &TextBody,
        style: &TextStyle,
        width: Option<f64>,
        align: TextAlign,
    ) -> Label {
        let list = ListStyle {
            default: Some(Box::new(ParagraphProperties {
                align: Some(align),
                default_run: Some(Box::new(style.run.clone())),
                ..ParagraphProperties::default()
            })),
            ..ListStyle::default()
        };
        let cascade = TextCascade {
            list_styles: vec![&list],
            ..TextCascade::default()
        };
        let compose = |width: f64, wrap: bool| {
            let mut body = body.clone();
            body.properties = slides_ooxml::model::BodyProperties {
                wrap: Some(wrap),
                compatible_line_spacing: Some(false),
                ..slides_ooxml::model::BodyProperties::default()
            };
            let frame = TextFrame {
                rect: Rect::new(0.0, 0.0, width.max(0.0), 0.0),
                insets_override: Some([0.0; 4]),
                ..TextFrame::default()
            };
            text::layout_text(self.cx, &body, &cascade, &frame)
        };
        let several = body.paragraphs.len() > 1;
        let mut room = width.unwrap_or(0.0);
        let mut block = compose(room, width.is_some());
        if width.is_none() && several {
            // Lines are centred on the widest one, which is known only now.
            room = block.width;
            block = compose(room, false);
        }
        let centred = align == TextAlign::Center;
        let line = style.line_height().max(0.1);
        let share = style.metrics.ascent / (style.metrics.ascent + style.metrics.descent).max(1e-6);
        Label {
            left: if centred {
                (room - block.width) / 2.0
            } else {
                0.0
            },
            width: block.width,
            height: block.height,
            lines: (block.height / line).round().max(1.0) as usize,
            lift: share * line - style.metrics.ascent * style.size(),
            leading: style.metrics.leading * style.size(),
            ops: block.ops,
        }
    }

    /// Draws a label with its widest line from `x` and its first line's ascent from `y` (tick labels, legend
    /// entries, data labels: the leading lies below).
    pub(super) fn put(&mut self, label: &Label, x: f64, y: f64) {
        self.put_turned(label, Affine::translate((x, y)));
    }

    /// Draws a label at the origin of `place`.
    pub(super) fn put_turned(&mut self, label: &Label, place: Affine) {
        if label.ops.is_empty() {
            return;
        }
        let place = place * Affine::translate((-label.left, -label.lift));
        if self.push(Op::Push(place)) {
            self.ops.extend(label.ops.iter().cloned());
            self.ops.push(Op::Pop);
        }
    }

    /// Draws a title turned by `degrees` clockwise about the middle of its box.
    pub(super) fn put_title_turned(&mut self, label: &Label, center: kurbo::Point, degrees: f64) {
        let place = Affine::translate(center.to_vec2())
            * Affine::rotate(degrees.to_radians())
            * Affine::translate((-label.width / 2.0, -label.height / 2.0 + label.leading));
        self.put_turned(label, place);
    }
}
