//! Which slide of one deck became which of the other, told by what they look like.

/// Cells of a signature, across and down.
const COLUMNS: usize = 32;
const ROWS: usize = 18;
/// How far two cells are from each other before they differ.
const CELL_STEP: u8 = 10;
/// What leaving a slide without a partner costs, where slides without a like cell cost 1.
const ALONE: f32 = 0.3;
/// Pairs of slides that are compared; beyond them slides are taken by their number.
const MAX_PAIRS: usize = 4_000_000;

/// What became of a slide; positions are 0-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Same(usize, usize),
    Changed(usize, usize),
    Removed(usize),
    Added(usize),
}

/// A slide as far as it is compared.
pub(super) struct Look {
    /// All of it.
    rgb: Vec<u8>,
    /// Mean colours of its parts.
    cells: Vec<u8>,
}

impl Look {
    pub(super) fn new(width: usize, height: usize, rgb: Vec<u8>) -> Self {
        let mut sums = vec![(0_u32, 0_u32); COLUMNS * ROWS * 3];
        for (y, row) in rgb.chunks_exact(width.max(1) * 3).enumerate() {
            for (x, pixel) in row.chunks_exact(3).enumerate() {
                let cell = y * ROWS / height.max(1) * COLUMNS + x * COLUMNS / width.max(1);
                for (channel, value) in pixel.iter().enumerate() {
                    if let Some((sum, count)) = sums.get_mut(cell * 3 + channel) {
                        *sum += u32::from(*value);
                        *count += 1;
                    }
                }
            }
        }
        let cells = sums
            .into_iter()
            .map(|(sum, count)| (sum / count.max(1)) as u8)
            .collect();
        Self { rgb, cells }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.rgb == other.rgb
    }

    /// The part of the slide that differs, from 0 to 1.
    fn distance(&self, other: &Self) -> f32 {
        let differ = |(one, other): (&[u8], &[u8])| {
            one.iter()
                .zip(other)
                .any(|(one, other)| one.abs_diff(*other) > CELL_STEP)
        };
        let cells = self.cells.chunks_exact(3).zip(other.cells.chunks_exact(3));
        cells.filter(|pair| differ(*pair)).count() as f32 / (COLUMNS * ROWS) as f32
    }
}

/// The steps from one deck to the other, in order.
pub(super) fn align(old: &[Look], new: &[Look]) -> Vec<Step> {
    let same = |(old, new): &(&Look, &Look)| old.is_same(new);
    let front = old.iter().zip(new).take_while(same).count();
    let most = old.len().min(new.len()) - front;
    let back = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(same)
        .count();
    let (old_end, new_end) = (old.len() - back, new.len() - back);
    let mut steps: Vec<Step> = (0..front).map(|at| Step::Same(at, at)).collect();
    let between = |looks, end| {
        let part: Option<&[Look]> = <[Look]>::get(looks, front..end);
        part.unwrap_or_default()
    };
    let middle = (between(old, old_end), between(new, new_end));
    steps.extend(match middle.0.len().saturating_mul(middle.1.len()) {
        0..=MAX_PAIRS => cheapest(middle.0, middle.1, front),
        _ => by_number(middle.0, middle.1, front),
    });
    steps.extend((0..back).map(|at| Step::Same(old_end + at, new_end + at)));
    steps
}

fn pair(old: &[Look], new: &[Look], (i, j): (usize, usize), front: usize) -> Step {
    let is_same = old
        .get(i)
        .zip(new.get(j))
        .is_some_and(|(old, new)| old.is_same(new));
    if is_same {
        Step::Same(front + i, front + j)
    } else {
        Step::Changed(front + i, front + j)
    }
}

fn by_number(old: &[Look], new: &[Look], front: usize) -> Vec<Step> {
    let both = old.len().min(new.len());
    let mut steps: Vec<Step> = (0..both)
        .map(|at| pair(old, new, (at, at), front))
        .collect();
    steps.extend((both..old.len()).map(|at| Step::Removed(front + at)));
    steps.extend((both..new.len()).map(|at| Step::Added(front + at)));
    steps
}

/// Edit distance, where changing a slide costs as much as it differs.
fn cheapest(old: &[Look], new: &[Look], front: usize) -> Vec<Step> {
    let width = new.len() + 1;
    let mut costs = vec![0.0_f32; (old.len() + 1) * width];
    let mut ways = vec![Way::Pair; costs.len()];
    for i in (0..=old.len()).rev() {
        for j in (0..=new.len()).rev() {
            let cost = |i: usize, j: usize| costs.get(i * width + j).copied().unwrap_or(0.0);
            let mut options = Vec::with_capacity(3);
            if let (Some(old), Some(new)) = (old.get(i), new.get(j)) {
                // A change that is too small for the cells is one all the same.
                let change = if old.is_same(new) {
                    0.0
                } else {
                    old.distance(new).max(0.01)
                };
                options.push((change + cost(i + 1, j + 1), Way::Pair));
            }
            if i < old.len() {
                options.push((ALONE + cost(i + 1, j), Way::Remove));
            }
            if j < new.len() {
                options.push((ALONE + cost(i, j + 1), Way::Add));
            }
            let best = options
                .into_iter()
                .min_by(|one, other| one.0.total_cmp(&other.0));
            let at = i * width + j;
            if let (Some((cost, way)), Some(cost_here), Some(way_here)) =
                (best, costs.get_mut(at), ways.get_mut(at))
            {
                *cost_here = cost;
                *way_here = way;
            }
        }
    }
    let mut steps = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        match ways.get(i * width + j) {
            Some(Way::Pair) => {
                steps.push(pair(old, new, (i, j), front));
                i += 1;
                j += 1;
            }
            Some(Way::Remove) => {
                steps.push(Step::Removed(front + i));
                i += 1;
            }
            _ => {
                steps.push(Step::Added(front + j));
                j += 1;
            }
        }
    }
    steps
}

#[derive(Clone, Copy)]
enum Way {
    Pair,
    Remove,
    Add,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slide of one gray, with a dark corner in some.
    fn look(gray: u8, has_corner: bool) -> Look {
        let mut rgb = vec![gray; 64 * 36 * 3];
        if has_corner {
            rgb[..12].fill(0);
        }
        Look::new(64, 36, rgb)
    }

    #[test]
    fn slides_find_their_partners() {
        let a = || look(10, false);
        let b = || look(80, false);
        let changed_b = || look(80, true);
        let c = || look(160, false);
        let d = || look(240, false);
        assert_eq!(
            align(&[a(), b()], &[a(), b()]),
            [Step::Same(0, 0), Step::Same(1, 1)]
        );
        assert_eq!(
            align(&[a(), b(), c()], &[a(), changed_b(), c()]),
            [Step::Same(0, 0), Step::Changed(1, 1), Step::Same(2, 2)]
        );
        assert_eq!(
            align(&[a(), b(), c()], &[a(), c(), d()]),
            [
                Step::Same(0, 0),
                Step::Removed(1),
                Step::Same(2, 1),
                Step::Added(2)
            ]
        );
        // Put in before one that changed a little.
        assert_eq!(
            align(&[b(), c()], &[d(), changed_b(), c()]),
            [Step::Added(0), Step::Changed(0, 1), Step::Same(1, 2)]
        );
        assert_eq!(align(&[], &[a()]), [Step::Added(0)]);
        assert_eq!(
            align(&[a(), a()], &[a()]),
            [Step::Same(0, 0), Step::Removed(1)]
        );
    }

    #[test]
    fn too_many_slides_go_by_number() {
        let (old, new) = ([look(1, false), look(2, false)], [look(1, false)]);
        assert_eq!(
            by_number(&old, &new, 5),
            [Step::Same(5, 5), Step::Removed(6)]
        );
    }
}
