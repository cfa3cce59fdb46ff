//! Lines: where they may break, and where they do.

use slides_ooxml::model::TabAlign;
use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::shape::{Cluster, ClusterKind, LINE_BREAK, Shaped, is_east_asian};

/// Lines of a body beyond this are run together, so that a hostile narrow box cannot ask for millions.
pub(super) const MAX_LINES: usize = 100_000;
/// Two widths that differ by less are equal: sums of eighths are exact, box widths are not.
const EPSILON: f64 = 1e-4;

/// One line; clusters by index, in logical order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub first: usize,
    /// After the last cluster, trailing spaces and the break included.
    pub last: usize,
    /// After the last cluster that is no trailing space.
    pub visible: usize,
    /// Where the line's text starts, from the leading edge.
    pub start: f64,
    /// Width without trailing spaces.
    pub width: f64,
    /// Width with them.
    pub full: f64,
    /// Ended by `a:br` or the paragraph's end.
    pub hard: bool,
}

/// The room of a paragraph, from the leading edge of the inset frame.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    /// Where the first line starts.
    pub first: f64,
    /// Where the others start.
    pub rest: f64,
    /// Where lines end; infinite without wrapping.
    pub end: f64,
    /// Tab stops, ascending.
    pub tabs: Vec<(f64, TabAlign)>,
    pub default_tab: f64,
    /// Whether 、 and 。 may hang over the end.
    pub hang: bool,
}

/// Marks the clusters that a line may begin with.
pub(super) fn mark_breaks(text: &str, clusters: &mut [Cluster]) {
    let unicode = text.chars().any(|ch| ch >= '\u{E00}');
    let mut allowed = unicode.then(|| {
        linebreaks(text)
            .filter(|(_, kind)| *kind == BreakOpportunity::Allowed)
            .map(|(at, _)| at)
            .peekable()
    });
    let mut before: [Option<char>; 2] = [None, None];
    let mut chars = text.char_indices().peekable();
    for cluster in clusters.iter_mut() {
        let at = cluster.start as usize;
        while let Some(&(index, ch)) = chars.peek()
            && index < at
        {
            before = [before[1], Some(ch)];
            chars.next();
        }
        let by_unicode = allowed.as_mut().is_some_and(|allowed| {
            while allowed.next_if(|&next| next < at).is_some() {}
            allowed.peek() == Some(&at)
        });
        let Some(next) = chars.peek().map(|&(_, ch)| ch) else {
            continue;
        };
        cluster.break_before =
            before[1].is_some_and(|last| may_break(before[0], last, next, by_unicode));
    }
}

fn is_blank(ch: char) -> bool {
    matches!(ch, ' ' | '\t' | LINE_BREAK | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200B}' | '\u{3000}' | '\u{205F}')
}

/// PowerPoint's breaks: after spaces and hyphens, between East Asian characters by the usual prohibitions, and
/// nowhere else; `/`, `.`, `:` and `(` hold a word together.
fn may_break(before_last: Option<char>, last: char, next: char, by_unicode: bool) -> bool {
    if is_blank(next) {
        return false;
    }
    if is_blank(last) {
        return true;
    }
    match last {
        '-' | '\u{2010}' => {
            let inside = before_last.is_some_and(|ch| !is_blank(ch));
            inside && (by_unicode || next.is_alphanumeric())
        }
        '\u{2013}' | '\u{2014}' => by_unicode,
        '\u{AD}' => true,
        _ if is_east_asian(last) || is_east_asian(next) => by_unicode,
        // Without a dictionary, Thai and Lao break where a syllable surely begins.
        '\u{0E01}'..='\u{0EFF}' => {
            matches!(next, '\u{0E40}'..='\u{0E44}' | '\u{0EC0}'..='\u{0EC4}')
        }
        _ => false,
    }
}

/// A tab whose text decides how wide it is.
#[derive(Debug, Clone, Copy)]
struct OpenTab {
    cluster: usize,
    from: f64,
    stop: f64,
    align: TabAlign,
    /// Width of the text after it.
    after: f64,
    /// Width up to the decimal sign.
    integer: Option<f64>,
}

impl OpenTab {
    fn width(&self) -> f64 {
        let taken = match self.align {
            TabAlign::Left => 0.0,
            TabAlign::Center => self.after / 2.0,
            TabAlign::Right => self.after,
            TabAlign::Decimal => self.integer.unwrap_or(self.after),
        };
        (self.stop - taken - self.from).max(0.0)
    }
}

impl Measure {
    /// The next stop beyond `x`. The text margin is a stop of its own when the first line hangs before it.
    fn stop(&self, x: f64) -> (f64, TabAlign) {
        let own = self
            .tabs
            .iter()
            .find(|(stop, _)| *stop > x + EPSILON)
            .copied();
        let margin = (self.rest > x + EPSILON && self.first < self.rest)
            .then_some((self.rest, TabAlign::Left));
        match (own, margin) {
            (Some(own), Some(margin)) if margin.0 < own.0 => margin,
            (Some(own), _) => own,
            (None, Some(margin)) => margin,
            (None, None) => (
                ((x + EPSILON) / self.default_tab)
                    .floor()
                    .mul_add(self.default_tab, self.default_tab),
                TabAlign::Left,
            ),
        }
    }
}

/// Position while a line fills.
struct Pen {
    x: f64,
    tab: Option<OpenTab>,
}

impl Pen {
    fn add(&mut self, text: &str, index: usize, cluster: &Cluster, measure: &Measure) {
        match cluster.kind {
            ClusterKind::Tab => {
                self.tab = None;
                let (stop, align) = measure.stop(self.x);
                self.tab = (align != TabAlign::Left).then_some(OpenTab {
                    cluster: index,
                    from: self.x,
                    stop,
                    align,
                    after: 0.0,
                    integer: None,
                });
                if align == TabAlign::Left {
                    self.x = stop;
                }
            }
            ClusterKind::Break => {}
            ClusterKind::Text | ClusterKind::Space => match &mut self.tab {
                Some(tab) => {
                    let sign = tab.align == TabAlign::Decimal
                        && tab.integer.is_none()
                        && text
                            .get(cluster.start as usize..)
                            .is_some_and(|rest| rest.starts_with(['.', ',']));
                    if sign {
                        tab.integer = Some(tab.after);
                    }
                    tab.after += cluster.width;
                    self.x = tab.from + tab.width() + tab.after;
                }
                None => self.x += cluster.width,
            },
        }
    }
}

/// Breaks a paragraph into lines and sets the widths of its tabs. At most `most` lines.
pub(super) fn wrap(text: &str, shaped: &mut Shaped, measure: &Measure, most: usize) -> Vec<Line> {
    let clusters = &mut shaped.clusters;
    let mut lines = Vec::new();
    let mut at = 0;
    while at < clusters.len() {
        let start = if lines.is_empty() {
            measure.first
        } else {
            measure.rest
        };
        let unlimited = lines.len() + 1 >= most;
        let (last, hard) = fill(text, clusters, at, start, measure, unlimited);
        lines.push(settle(text, clusters, at, last, start, hard, measure));
        at = last;
    }
    // A break at the very end leaves an empty line behind it.
    if clusters
        .last()
        .is_none_or(|cluster| cluster.kind == ClusterKind::Break)
        && lines.len() < most.max(1)
    {
        let start = if lines.is_empty() {
            measure.first
        } else {
            measure.rest
        };
        let end = clusters.len();
        lines.push(Line {
            first: end,
            last: end,
            visible: end,
            start,
            width: 0.0,
            full: 0.0,
            hard: true,
        });
    }
    if let Some(last) = lines.last_mut() {
        last.hard = true;
    }
    lines
}

/// The end of the line that begins at `first`, and whether a break ends it.
fn fill(
    text: &str,
    clusters: &[Cluster],
    first: usize,
    start: f64,
    measure: &Measure,
    unlimited: bool,
) -> (usize, bool) {
    let mut pen = Pen {
        x: start,
        tab: None,
    };
    let mut opportunity = None;
    for (index, cluster) in clusters.iter().enumerate().skip(first) {
        if cluster.kind == ClusterKind::Break {
            return (index + 1, true);
        }
        if cluster.break_before && index > first {
            opportunity = Some(index);
        }
        let before = pen.x;
        pen.add(text, index, cluster, measure);
        let over = cluster.kind == ClusterKind::Text
            && cluster.width > 0.0
            && pen.x > measure.end + EPSILON;
        if over && index > first && !unlimited {
            let hangs = measure.hang
                && before <= measure.end + EPSILON
                && text
                    .get(cluster.start as usize..)
                    .is_some_and(|rest| rest.starts_with(['、', '。']));
            if !hangs {
                return (opportunity.unwrap_or(index), false);
            }
        }
    }
    (clusters.len(), true)
}

fn settle(
    text: &str,
    clusters: &mut [Cluster],
    first: usize,
    last: usize,
    start: f64,
    hard: bool,
    measure: &Measure,
) -> Line {
    let is_trailing =
        |cluster: &Cluster| matches!(cluster.kind, ClusterKind::Space | ClusterKind::Break);
    let visible = clusters
        .get(first..last)
        .and_then(|line| line.iter().rposition(|cluster| !is_trailing(cluster)))
        .map_or(first, |at| first + at + 1);
    let mut pen = Pen {
        x: start,
        tab: None,
    };
    let mut width = 0.0;
    let mut full = 0.0;
    for index in first..last {
        let Some(cluster) = clusters.get(index).copied() else {
            break;
        };
        let (before, open) = (pen.x, pen.tab);
        if index < visible || pen.tab.is_none() {
            pen.add(text, index, &cluster, measure);
        } else {
            pen.x += cluster.width;
        }
        if cluster.kind == ClusterKind::Tab {
            if let Some(open) = open
                && let Some(tab) = clusters.get_mut(open.cluster)
            {
                tab.width = open.width();
            }
            if pen.tab.is_none()
                && let Some(tab) = clusters.get_mut(index)
            {
                tab.width = pen.x - before;
            }
        }
        if index < visible {
            width = pen.x - start;
        }
        full = pen.x - start;
    }
    if let Some(open) = pen.tab
        && let Some(tab) = clusters.get_mut(open.cluster)
    {
        tab.width = open.width();
    }
    Line {
        first,
        last,
        visible,
        start,
        width,
        full,
        hard,
    }
}
