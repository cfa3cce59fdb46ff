//! Texts of the nodes: which paragraphs, how they stand, and the size at which they fit.

use kurbo::Rect;
use slides_ooxml::model::{
    Anchor, Autofit, BodyProperties, BulletKind, Geometry, ListStyle, Operator, Paragraph, RunKind,
    RunProperties, Spacing, TextAlign, TextBody,
};

use super::constraints::{
    self, H, Kind, L_MARGIN, LARGEST_TYPE, PRIMARY, SECONDARY, Solver, Values,
};
use super::emit::{geometry_of, lies_on_side};
use super::graph::Graph;
use super::style::Styles;
use super::tree::Tree;
use crate::context::SlideContext;
use crate::text::{self, TextCascade, TextFrame};

/// Points in a millimetre.
pub(super) const POINTS: f64 = 72.0 / 25.4;
/// Paragraphs of one shape.
const MAX_PARAGRAPHS: usize = 500;
/// Secondary text beside primary text where the definition does not say.
const SECONDARY_SHARE: f64 = 0.78;
/// Inset of a text beside its size where the definition does not say: of primary text, and of a list.
const MARGIN_SHARES: (f64, f64) = (0.3, 0.56);

/// All texts.
pub(super) struct Texts<'c> {
    cx: &'c SlideContext<'c>,
    items: Vec<Option<Item>>,
    grows: Vec<bool>,
}

/// A margin in points.
#[derive(Clone, Copy)]
enum Margin {
    /// A share of a size of type.
    Share(Kind, f64),
    /// What the constraints say.
    Solved,
}

struct Item {
    paragraphs: Vec<(Paragraph, Level)>,
    /// The size that its rules change.
    governed: Kind,
    /// Secondary text as a share of primary.
    secondary: f64,
    margins: [Margin; 4],
    geometry: Option<Geometry>,
    /// The shape lies on its side, its text does not.
    sideways: bool,
    /// The smallest size that the rules allow; none where they say nothing.
    smallest: Option<f64>,
    run: Option<RunProperties>,
    anchor: Anchor,
    /// The largest size where every run has one of its own, which no rule changes.
    fixed: Option<f64>,
    /// Insets of the file, EMU.
    insets: [Option<i64>; 4],
    /// Width of the longest word at one point, primary or secondary.
    word: f64,
}

#[derive(Clone, Copy)]
struct Level {
    /// 0 is text without a bullet.
    bullet: u32,
    secondary: bool,
}

/// Sizes of type.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub primary: f64,
    pub secondary: f64,
}

impl<'c> Texts<'c> {
    pub(super) fn new(
        cx: &'c SlideContext<'c>,
        tree: &Tree<'_>,
        graph: &Graph<'_>,
        solver: &Solver,
        styles: &Styles,
    ) -> Self {
        let count = tree.nodes.len();
        let (mut smallest, mut grows) = (vec![[None; 2]; count], vec![false; count]);
        for (owner, node) in tree.nodes.iter().enumerate() {
            for rule in &node.rules {
                let Some(kind) = constraints::kind(&rule.kind) else {
                    continue;
                };
                if !constraints::is_type(kind) && kind != H {
                    continue;
                }
                for target in
                    constraints::ends(tree, graph, owner, &tree.below(owner), &rule.target)
                {
                    if kind == H {
                        // A text box that may become as high as its text needs.
                        let open = rule.value == Some(f64::INFINITY);
                        if let Some(slot) = grows.get_mut(target).filter(|_| open) {
                            *slot = true;
                        }
                    } else if let Some(slot) = smallest
                        .get_mut(target)
                        .and_then(|s| s.get_mut(kind - PRIMARY))
                    {
                        *slot = Some(rule.value.filter(|v| v.is_finite()).unwrap_or(5.0));
                    }
                }
            }
        }
        let mut texts = Self {
            cx,
            items: Vec::new(),
            grows,
        };
        for node in 0..count {
            let item = texts.item(tree, graph, solver, styles, node, &smallest);
            texts.items.push(item);
        }
        for (grows, item) in texts.grows.iter_mut().zip(&texts.items) {
            *grows &= item.is_some();
        }
        texts
    }

    fn item(
        &self,
        tree: &Tree<'_>,
        graph: &Graph<'_>,
        solver: &Solver,
        styles: &Styles,
        node: usize,
        smallest: &[[Option<f64>; 2]],
    ) -> Option<Item> {
        let own = tree.nodes.get(node)?;
        if own.kind() != "tx" {
            return None;
        }
        let first = own.shows.iter().map(|point| graph.depth(*point)).min()?;
        let bullets = own
            .parameter("stBulletLvl")
            .and_then(|level| level.parse::<usize>().ok())
            .unwrap_or(2);
        let mut paragraphs = Vec::new();
        for &point in &own.shows {
            let deep = graph.depth(point) - first + 1;
            let level = Level {
                bullet: if bullets > 0 && deep >= bullets {
                    u32::try_from(deep - bullets + 1).unwrap_or(9).min(9)
                } else {
                    0
                },
                secondary: deep > 1 || bullets == 1,
            };
            let body = graph.parts.points.get(point)?;
            for paragraph in &body.text.paragraphs {
                paragraphs.push((paragraph.clone(), level));
            }
        }
        paragraphs.truncate(MAX_PARAGRAPHS);
        if paragraphs
            .iter()
            .all(|(paragraph, _)| paragraph.runs.is_empty())
        {
            return None;
        }
        let listed = paragraphs.iter().any(|(_, level)| level.bullet > 0);
        let all_secondary = paragraphs.iter().all(|(_, level)| level.secondary);
        let rules = smallest.get(node).copied().unwrap_or_default();
        let governed = if all_secondary && rules[1].is_some() {
            SECONDARY
        } else {
            PRIMARY
        };
        let links: Vec<_> = solver
            .links
            .iter()
            .filter(|link| link.targets.contains(&node))
            .collect();
        let secondary = links
            .iter()
            .filter(|link| link.kind == SECONDARY && link.operator != Operator::AtLeast)
            .find_map(|link| {
                let (_, kind) = link.source?;
                (kind == PRIMARY && link.operator != Operator::AtMost).then_some(link.factor)
            })
            .unwrap_or(SECONDARY_SHARE);
        let from_top = own.parameter("txAnchorVert") == Some("t");
        let default = if listed || from_top {
            MARGIN_SHARES.1
        } else {
            MARGIN_SHARES.0
        };
        let margins = std::array::from_fn(|side| {
            let mut margin = Margin::Share(governed, default);
            for link in links.iter().filter(|link| link.kind == L_MARGIN + side) {
                margin = match link.source {
                    Some((_, kind)) if constraints::is_type(kind) => {
                        Margin::Share(kind, link.factor)
                    }
                    _ => Margin::Solved,
                };
            }
            margin
        });
        let anchor = match own.parameter(if listed {
            "txAnchorVertCh"
        } else {
            "txAnchorVert"
        }) {
            Some("t") => Anchor::Top,
            Some("b") => Anchor::Bottom,
            Some("mid") => Anchor::Center,
            _ if listed => Anchor::Top,
            _ => Anchor::Center,
        };
        let run = styles
            .of(node)
            .and_then(|style| crate::inherit::style_run(style.font.as_ref()?));
        let (geometry, turn) = own
            .shape
            .and_then(|shape| Some((geometry_of(shape, None)?, shape.rotation)))
            .unzip();
        for (paragraph, level) in &mut paragraphs {
            stand(paragraph, *level, listed, |name| own.parameter(name));
        }
        let mut item = Item {
            paragraphs,
            governed,
            secondary,
            margins,
            geometry,
            sideways: turn.is_some_and(lies_on_side),
            smallest: rules[governed - PRIMARY].or(rules[0]),
            run,
            anchor,
            fixed: None,
            insets: [None; 4],
            word: 0.0,
        };
        let sizes = item
            .paragraphs
            .iter()
            .flat_map(|(paragraph, _)| &paragraph.runs);
        item.fixed = sizes
            .map(|run| run.properties.size)
            .try_fold(0.0_f64, |most, size| Some(most.max(size?)));
        for point in &own.shows {
            let set = &graph.parts.points.get(*point)?.text.properties;
            let sides = [
                set.left_inset,
                set.top_inset,
                set.right_inset,
                set.bottom_inset,
            ];
            for (slot, side) in item.insets.iter_mut().zip(sides) {
                *slot = slot.or(side);
            }
        }
        item.word = self.longest_word(&item);
        Some(item)
    }

    fn get(&self, node: usize) -> Option<&Item> {
        self.items.get(node)?.as_ref()
    }

    /// Whether a node's height follows its text.
    pub(super) fn grows(&self, node: usize) -> bool {
        self.grows.get(node) == Some(&true)
    }

    /// Whether a node has a text whose size a rule may change.
    pub(super) fn shrinks(&self, node: usize) -> Option<(Kind, f64)> {
        let item = self.get(node)?;
        Some((item.governed, item.smallest?))
    }

    fn cascade<'b>(&'b self, item: &Item) -> TextCascade<'b> {
        TextCascade {
            list_styles: vec![&self.cx.presentation.default_text_style],
            style_run: item.run.clone(),
            ..TextCascade::default()
        }
    }

    /// Sizes that the constraints came to.
    pub(super) fn sizes(&self, values: &Values, node: usize) -> Sizes {
        let primary = values.said(node, PRIMARY).unwrap_or(LARGEST_TYPE);
        let share = self
            .get(node)
            .map_or(SECONDARY_SHARE, |item| item.secondary);
        if let Some(fixed) = self.get(node).and_then(|item| item.fixed) {
            // Insets follow sizes that were set by hand; those of lists, which PowerPoint measures by the size that
            // the definition starts from, do not.
            return Sizes {
                primary: fixed.ceil(),
                secondary: values.said(node, SECONDARY).unwrap_or(fixed.ceil()),
            };
        }
        let tied = (primary * share).round();
        Sizes {
            primary,
            secondary: values.said(node, SECONDARY).unwrap_or(tied),
        }
    }

    fn margins(&self, values: &Values, node: usize, sizes: Sizes) -> [f64; 4] {
        let Some(item) = self.get(node) else {
            return [0.0; 4];
        };
        std::array::from_fn(|side| {
            if let Some(set) = item.insets.get(side).copied().flatten() {
                return crate::points(set).clamp(0.0, 1e4);
            }
            let margin = match item.margins.get(side) {
                Some(Margin::Share(SECONDARY, share)) => sizes.secondary * share,
                Some(Margin::Share(_, share)) => sizes.primary * share,
                _ => values.said(node, L_MARGIN + side).unwrap_or(0.0),
            };
            margin.clamp(0.0, 1e4)
        })
    }

    /// The text rectangle of a shape of this size in points, upright.
    fn room(item: &Item, width: f64, height: f64) -> Rect {
        let Some(geometry) = &item.geometry else {
            return Rect::new(0.0, 0.0, width, height);
        };
        let (w, h) = if item.sideways {
            (height, width)
        } else {
            (width, height)
        };
        let rect = crate::geometry::outline(geometry, w, h)
            .map_or(Rect::new(0.0, 0.0, w, h), |outline| outline.text_rect);
        if item.sideways {
            Rect::new(rect.y0, rect.x0, rect.y1, rect.x1)
        } else {
            rect
        }
    }

    /// Millimetres that a shape must be high for its text.
    pub(super) fn height(&self, values: &Values, node: usize, width: f64, height: f64) -> f64 {
        let Some(item) = self.get(node) else {
            return 0.0;
        };
        let sizes = self.sizes(values, node);
        let [left, top, right, bottom] = self.margins(values, node, sizes);
        let room = Self::room(item, width * POINTS, height.max(1.0) * POINTS);
        let lost = (height.max(1.0) * POINTS - room.height()).max(0.0);
        let body = body_of(item, sizes, BodyProperties::default());
        let inner = room.width() - left - right;
        let text = text::measure_text(self.cx, &body, &self.cascade(item), inner);
        (text + top + bottom + lost) / POINTS
    }

    /// Whether a text fits a shape of so many millimetres at a size of the kind that its rules change.
    pub(super) fn fits(
        &self,
        values: &Values,
        node: usize,
        size: f64,
        width: f64,
        height: f64,
    ) -> bool {
        let Some(item) = self.get(node) else {
            return true;
        };
        // Nothing that a rule can change.
        if item.fixed.is_some() {
            return true;
        }
        let now = self.sizes(values, node);
        let sizes = if item.governed == SECONDARY {
            Sizes {
                secondary: size,
                ..now
            }
        } else {
            Sizes {
                primary: size,
                secondary: (size * item.secondary).round().max(1.0),
            }
        };
        let [left, top, right, bottom] = self.margins(values, node, sizes);
        let room = Self::room(item, width * POINTS, height * POINTS);
        let (wide, high) = (room.width() - left - right, room.height() - top - bottom);
        if wide <= 0.0 || high <= 0.0 || item.word * size > wide {
            return false;
        }
        if self.grows(node) {
            return true;
        }

        let body = body_of(item, sizes, BodyProperties::default());
        text::measure_text(self.cx, &body, &self.cascade(item), wide) <= high
    }

    /// Width of the longest word at a size of one point: no line should tear it apart.
    fn longest_word(&self, item: &Item) -> f64 {
        const MEASURED: f64 = 20.0;
        let mut longest: Option<(usize, String, RunProperties)> = None;
        for (paragraph, _) in &item.paragraphs {
            for run in &paragraph.runs {
                let RunKind::Text(text) = &run.kind else {
                    continue;
                };
                for word in text.split([' ', '\t', '\n', '-']) {
                    // Scripts without spaces break nearly everywhere.
                    let letters = word.chars().filter(|ch| *ch < '\u{2E80}').count();
                    if longest.as_ref().is_none_or(|(most, ..)| letters > *most) {
                        longest = Some((letters, word.to_owned(), run.properties.clone()));
                    }
                }
            }
        }
        let Some((letters, word, mut properties)) = longest else {
            return 0.0;
        };
        if letters == 0 || letters < word.chars().count() || properties.size.is_some() {
            return 0.0;
        }
        properties.size = Some(MEASURED);
        let body = TextBody {
            properties: BodyProperties {
                wrap: Some(false),
                ..BodyProperties::default()
            },
            paragraphs: vec![Paragraph {
                runs: vec![slides_ooxml::model::Run {
                    kind: RunKind::Text(word),
                    properties,
                }],
                ..Paragraph::default()
            }],
            ..TextBody::default()
        };
        let frame = TextFrame {
            rect: Rect::new(0.0, 0.0, 1e4, 1e3),
            ..TextFrame::default()
        };
        let block = text::layout_text(self.cx, &body, &self.cascade(item), &frame);
        block.width / MEASURED
    }

    /// A node's text as a drawing would hold it.
    pub(super) fn body(&self, values: &Values, node: usize) -> Option<TextBody> {
        let item = self.get(node)?;
        let sizes = self.sizes(values, node);
        let margins = self.margins(values, node, sizes);
        let [left, top, right, bottom] = margins.map(|points| (points * 12_700.0).round() as i64);
        let properties = BodyProperties {
            left_inset: Some(left),
            top_inset: Some(top),
            right_inset: Some(right),
            bottom_inset: Some(bottom),
            anchor: Some(item.anchor),
            autofit: Some(Autofit::None),
            ..BodyProperties::default()
        };
        Some(body_of(item, sizes, properties))
    }
}

/// The paragraphs at their sizes, in such a body.
fn body_of(item: &Item, sizes: Sizes, mut properties: BodyProperties) -> TextBody {
    properties.first_last_spacing = Some(false);
    properties.compatible_line_spacing = Some(false);
    let paragraphs = item.paragraphs.iter().map(|(paragraph, level)| {
        let mut paragraph = paragraph.clone();
        let size = if level.secondary {
            sizes.secondary
        } else {
            sizes.primary
        };
        for run in &mut paragraph.runs {
            run.properties.size.get_or_insert(size);
        }
        if let Some(end) = &mut paragraph.end {
            end.size.get_or_insert(size);
        } else {
            paragraph.end = Some(RunProperties {
                size: Some(size),
                ..RunProperties::default()
            });
        }
        if level.bullet > 0 {
            let step = bullet_step(size);
            let own = &mut paragraph.properties;
            own.margin_left
                .get_or_insert(step * i64::from(level.bullet));
            own.indent.get_or_insert(-step);
        }
        paragraph
    });
    TextBody {
        properties,
        list_style: ListStyle::default(),
        paragraphs: paragraphs.collect(),
    }
}

/// How far a level of a list is set in, EMU: PowerPoint goes in steps of four and a half points.
fn bullet_step(size: f64) -> i64 {
    let steps = if size >= 28.0 {
        5.0
    } else if size >= 20.0 {
        4.0
    } else {
        (size / 4.0).floor() - 1.0
    };
    57_150 * (steps.clamp(1.0, 5.0) as i64)
}

/// Where a paragraph stands in its shape, and the space around it.
fn stand<'a>(
    paragraph: &mut Paragraph,
    level: Level,
    listed: bool,
    parameter: impl Fn(&str) -> Option<&'a str>,
) {
    let own = &mut paragraph.properties;
    let rtl = own.rtl.unwrap_or(false);
    let name = match (listed, rtl) {
        (true, true) => "shpTxRTLAlignCh",
        (true, false) => "shpTxLTRAlignCh",
        (false, true) => "parTxRTLAlign",
        (false, false) => "parTxLTRAlign",
    };
    let align = match parameter(name) {
        Some("l") => TextAlign::Left,
        Some("r") => TextAlign::Right,
        Some("ctr") => TextAlign::Center,
        _ if listed && rtl => TextAlign::Right,
        _ if listed => TextAlign::Left,
        _ => TextAlign::Center,
    };
    own.align.get_or_insert(align);
    own.line_spacing.get_or_insert(Spacing::Percent(0.9));
    own.space_before.get_or_insert(Spacing::Percent(0.0));
    let after = if level.secondary { 0.15 } else { 0.35 };
    own.space_after.get_or_insert(Spacing::Percent(after));
    if level.bullet > 0 {
        own.level = Some(level.bullet.min(8));
        own.bullet
            .kind
            .get_or_insert(BulletKind::Char("•".to_owned()));
    } else {
        own.level = Some(0);
        own.margin_left.get_or_insert(0);
        own.indent.get_or_insert(0);
        own.bullet.kind.get_or_insert(BulletKind::None);
    }
}
