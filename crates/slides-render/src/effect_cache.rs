//! Effects that pages of one document share, such as the shadow of what stands on the master.
use std::collections::VecDeque;
use std::sync::Arc;

use kurbo::Rect;
use slides_scene::EffectOp;

use crate::picture::Pixels;
use crate::walk::Budget;

/// Effects kept.
const MAX_KEPT: usize = 64;
/// Pixels of those, all together (8 MiB).
const MAX_KEPT_PIXELS: u64 = 2 << 20;

/// What an effect looks like: its pixels and the box they fill, or that nothing is seen.
pub(crate) type Drawn = Option<(Arc<Pixels>, Rect)>;

/// What is asked for: the effect, pixels to a point, what is seen of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) op: &'a EffectOp,
    pub(crate) scale: f64,
    pub(crate) visible: Rect,
}

/// An effect as it was drawn.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    op: EffectOp,
    scale: f64,
    visible: Rect,
    drawn: Drawn,
    /// Of the page's allowance.
    spent: Budget,
}

impl Kept {
    pub(crate) fn new(asked: Asked<'_>, drawn: Drawn, spent: Budget) -> Self {
        Self {
            op: asked.op.clone(),
            scale: asked.scale,
            visible: asked.visible,
            drawn,
            spent,
        }
    }

    /// Bytes of its pixels.
    pub(crate) fn bytes(&self) -> usize {
        self.pixels() as usize * 4
    }

    fn pixels(&self) -> u64 {
        self.drawn.as_ref().map_or(0, |(pixels, _)| {
            u64::from(pixels.width) * u64::from(pixels.height)
        })
    }

    fn is(&self, asked: Asked<'_>) -> bool {
        self.scale == asked.scale && self.visible == asked.visible && self.op == *asked.op
    }
}

/// The last effects drawn.
#[derive(Debug, Default)]
pub(crate) struct EffectCache {
    kept: VecDeque<Kept>,
    pixels: u64,
    /// Of the page at hand, drawn by another thread.
    ahead: Vec<Kept>,
}

impl EffectCache {
    /// An effect drawn before. It takes of the allowance what drawing it would, so that a page looks the same whatever
    /// was drawn before it.
    pub(crate) fn find(&mut self, asked: Asked<'_>, budget: &mut Budget) -> Option<Drawn> {
        if let Some(known) = self.kept.iter().find(|known| known.is(asked)) {
            *budget = budget.less(&known.spent)?;
            return Some(known.drawn.clone());
        }
        let at = self.ahead.iter().position(|known| known.is(asked))?;
        *budget = budget.less(&self.ahead.get(at)?.spent)?;
        let known = self.ahead.swap_remove(at);
        let drawn = known.drawn.clone();
        self.keep(known);
        Some(drawn)
    }

    /// The effects of the page at hand that were drawn ahead; those of the page before it go.
    pub(crate) fn bring(&mut self, ahead: Vec<Kept>) {
        self.ahead = ahead;
    }

    pub(crate) fn keep(&mut self, drawn: Kept) {
        let size = drawn.pixels();
        if size > MAX_KEPT_PIXELS / 2 {
            return;
        }
        while self.kept.len() >= MAX_KEPT || self.pixels + size > MAX_KEPT_PIXELS {
            let Some(gone) = self.kept.pop_front() else {
                break;
            };
            self.pixels -= gone.pixels();
        }
        self.pixels += size;
        self.kept.push_back(drawn);
    }
}
