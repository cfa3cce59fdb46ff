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

#[derive(Debug)]
struct Kept {
    op: EffectOp,
    scale: f64,
    visible: Rect,
    drawn: Drawn,
    /// Of the page's allowance.
    spent: Budget,
}

/// The last effects drawn.
#[derive(Debug, Default)]
pub(crate) struct EffectCache {
    kept: VecDeque<Kept>,
    pixels: u64,
}

impl EffectCache {
    /// An effect drawn before. It takes of the allowance what drawing it would, so that a page looks the same whatever
    /// was drawn before it.
    pub(crate) fn find(&self, asked: Asked<'_>, budget: &mut Budget) -> Option<Drawn> {
        let known = self.kept.iter().find(|known| {
            known.scale == asked.scale && known.visible == asked.visible && known.op == *asked.op
        })?;
        *budget = budget.less(&known.spent)?;
        Some(known.drawn.clone())
    }

    pub(crate) fn keep(&mut self, asked: Asked<'_>, drawn: &Drawn, spent: Budget) {
        let size = size(drawn);
        if size > MAX_KEPT_PIXELS / 2 {
            return;
        }
        while self.kept.len() >= MAX_KEPT || self.pixels + size > MAX_KEPT_PIXELS {
            let Some(gone) = self.kept.pop_front() else {
                break;
            };
            self.pixels -= self::size(&gone.drawn);
        }
        self.pixels += size;
        self.kept.push_back(Kept {
            op: asked.op.clone(),
            scale: asked.scale,
            visible: asked.visible,
            drawn: drawn.clone(),
            spent,
        });
    }
}

fn size(drawn: &Drawn) -> u64 {
    drawn.as_ref().map_or(0, |(pixels, _)| {
        u64::from(pixels.width) * u64::from(pixels.height)
    })
}
