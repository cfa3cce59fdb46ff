//! Few colours for many: exact where there are few, else by halving boxes of colours (median cut).
use std::collections::HashMap;

/// Bits of a channel that colours are told apart by while they are counted.
const BITS: u32 = 5;
const BINS: usize = 1 << (3 * BITS);

/// Colours and, for each pixel, the number of one of them.
#[derive(Debug, PartialEq)]
pub(super) struct Indexed {
    pub(super) colors: Vec<[u8; 3]>,
    pub(super) pixels: Vec<u8>,
}

/// Pixels over white in at most `most` colours (2 to 256).
pub(super) fn indexed(rgba: &[u8], most: usize) -> Indexed {
    let most = most.clamp(2, 256);
    exact(rgba, most).unwrap_or_else(|| reduced(rgba, most))
}

/// The colour of a pixel over white.
pub(super) fn over_white([r, g, b, a]: [u8; 4]) -> [u8; 3] {
    if a == 255 {
        return [r, g, b];
    }
    let mix = |channel: u8| {
        let (channel, alpha) = (u32::from(channel), u32::from(a));
        ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    [mix(r), mix(g), mix(b)]
}

fn pixels(rgba: &[u8]) -> impl Iterator<Item = [u8; 3]> + '_ {
    rgba.as_chunks::<4>()
        .0
        .iter()
        .map(|pixel| over_white(*pixel))
}

fn exact(rgba: &[u8], most: usize) -> Option<Indexed> {
    let mut numbers: HashMap<[u8; 3], u8> = HashMap::new();
    let mut colors = Vec::new();
    let mut last = ([0; 3], None);
    let mut out = Vec::with_capacity(rgba.len() / 4);
    for color in pixels(rgba) {
        // Neighbours are mostly equal.
        let number = match last {
            (known, Some(number)) if known == color => number,
            _ => match numbers.get(&color) {
                Some(number) => *number,
                None if colors.len() == most => return None,
                None => {
                    let number = colors.len() as u8;
                    colors.push(color);
                    numbers.insert(color, number);
                    number
                }
            },
        };
        last = (color, Some(number));
        out.push(number);
    }
    Some(Indexed {
        colors,
        pixels: out,
    })
}

fn bin(color: [u8; 3]) -> usize {
    color.iter().fold(0, |bin, channel| {
        bin << BITS | usize::from(channel >> (8 - BITS))
    })
}

/// A colour bin: how many pixels, and the sum of their colours.
#[derive(Clone, Copy, Default)]
struct Bin {
    at: [u8; 3],
    count: u64,
    sum: [u64; 3],
}

/// Bins that become one colour.
struct Group {
    bins: Vec<Bin>,
    /// The channel they differ most in, and how much that counts.
    axis: usize,
    weight: f64,
}

impl Group {
    fn new(bins: Vec<Bin>) -> Self {
        let count: u64 = bins.iter().map(|bin| bin.count).sum();
        let spread = |axis: usize| {
            let value = |bin: &Bin| bin.sum[axis] as f64 / bin.count.max(1) as f64;
            let mean =
                bins.iter().map(|bin| bin.sum[axis] as f64).sum::<f64>() / count.max(1) as f64;
            bins.iter()
                .map(|bin| (value(bin) - mean).powi(2) * bin.count as f64)
                .sum::<f64>()
        };
        let spreads = [spread(0), spread(1), spread(2)];
        let axis = (0..3).fold(0, |best, axis| {
            if spreads[axis] > spreads[best] {
                axis
            } else {
                best
            }
        });
        Self {
            weight: if bins.len() > 1 { spreads[axis] } else { -1.0 },
            bins,
            axis,
        }
    }

    fn color(&self) -> [u8; 3] {
        let count: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let mean = |axis: usize| {
            let sum: u64 = self.bins.iter().map(|bin| bin.sum[axis]).sum();
            ((sum + count / 2) / count.max(1)) as u8
        };
        [mean(0), mean(1), mean(2)]
    }

    /// Two groups of about as many pixels each.
    fn halves(mut self) -> (Self, Self) {
        let axis = self.axis;
        self.bins
            .sort_by_key(|bin| (bin.at[axis], bin.at[0], bin.at[1], bin.at[2]));
        let count: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let mut before = 0;
        let mut cut = 0;
        for bin in &self.bins {
            if cut > 0 && before + bin.count / 2 > count / 2 {
                break;
            }
            before += bin.count;
            cut += 1;
        }
        let rest = self.bins.split_off(cut.clamp(1, self.bins.len() - 1));
        (Self::new(self.bins), Self::new(rest))
    }
}

fn reduced(rgba: &[u8], most: usize) -> Indexed {
    let mut bins = vec![Bin::default(); BINS];
    for color in pixels(rgba) {
        let entry = &mut bins[bin(color)];
        entry.at = color.map(|channel| channel >> (8 - BITS));
        entry.count += 1;
        for (sum, channel) in entry.sum.iter_mut().zip(color) {
            *sum += u64::from(channel);
        }
    }
    let used: Vec<Bin> = bins.into_iter().filter(|bin| bin.count > 0).collect();
    let mut groups = vec![Group::new(used)];
    while groups.len() < most {
        let widest =
            groups
                .iter()
                .enumerate()
                .fold(None, |best: Option<(usize, f64)>, (at, group)| match best {
                    Some((_, weight)) if weight >= group.weight => best,
                    _ => Some((at, group.weight)),
                });
        match widest {
            Some((at, weight)) if weight > 0.0 => {
                let (one, other) = groups.swap_remove(at).halves();
                groups.extend([one, other]);
            }
            _ => break,
        }
    }
    let mut numbers = vec![0_u8; BINS];
    for (number, group) in groups.iter().enumerate() {
        for member in &group.bins {
            let at = member
                .at
                .iter()
                .fold(0, |bin, channel| bin << BITS | usize::from(*channel));
            numbers[at] = number as u8;
        }
    }
    Indexed {
        colors: groups.iter().map(Group::color).collect(),
        pixels: pixels(rgba).map(|color| numbers[bin(color)]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_stay_as_they_are() {
        let rgba = [
            10, 20, 30, 255, 200, 100, 0, 255, 10, 20, 30, 255, 0, 0, 0, 0,
        ];
        let found = indexed(&rgba, 4);
        assert_eq!(found.colors, [[10, 20, 30], [200, 100, 0], [255; 3]]);
        assert_eq!(found.pixels, [0, 1, 0, 2]);
    }

    #[test]
    fn many_colours_become_near_ones() {
        let rgba: Vec<u8> = (0..64 * 64_u32)
            .flat_map(|at| [(at % 64 * 4) as u8, (at / 64 * 4) as u8, 128, 255])
            .collect();
        for (most, far) in [(256, 20), (16, 80)] {
            let found = indexed(&rgba, most);
            assert_eq!(found.colors.len(), most);
            for (pixel, number) in rgba.as_chunks::<4>().0.iter().zip(&found.pixels) {
                let color = found.colors[usize::from(*number)];
                for (channel, wanted) in color.iter().zip(pixel) {
                    assert!(channel.abs_diff(*wanted) <= far, "{color:?} for {pixel:?}");
                }
            }
            assert_eq!(found, indexed(&rgba, most));
        }
    }
}
