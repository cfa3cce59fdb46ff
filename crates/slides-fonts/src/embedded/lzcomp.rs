//! LZCOMP of MicroType Express (W3C submission, section 6): copies and literals under adaptive Huffman codes.

/// Bytes that every stream may copy from before its first own one.
fn preloaded() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * 32 * 96 + 4 * 256);
    for high in 0..32 {
        for low in 0..96 {
            bytes.extend([high, low]);
        }
    }
    for byte in 0..=255_u8 {
        bytes.extend([byte; 4]);
    }
    bytes
}

/// Copies from further away than this are one byte longer than coded.
const FAR: usize = 512;

/// Unpacks a stream; `None` when it is damaged or longer than `most`.
pub(super) fn unpack(data: &[u8], runs_flag: bool, most: usize) -> Option<Vec<u8>> {
    let mut bits = Bits { data, at: 0 };
    let runs = runs_flag && bits.next()?;
    let mut length = 0_usize;
    for _ in 0..24 {
        length = (length << 1) | usize::from(bits.next()?);
    }
    if length > most {
        return None;
    }
    let mut ranges = 1;
    while 1_usize << (3 * ranges) < length {
        ranges += 1;
    }
    let copies = 256 + 8 * ranges;
    let mut distances = Tree::new(8, false);
    let mut lengths = Tree::new(8, false);
    let mut symbols = Tree::new(copies + 3, true);
    let mut out = preloaded();
    let preload = out.len();
    while out.len() < preload + length {
        let symbol = symbols.read(&mut bits)?;
        if symbol < 256 {
            out.push(symbol as u8);
        } else if symbol >= copies {
            // One byte from two, four or six bytes back.
            let back = 2 * (symbol - copies + 1);
            out.push(*out.get(out.len().checked_sub(back)?)?);
        } else {
            let (mut count, mut part) = (0_usize, (symbol - 256) % 8);
            loop {
                count = (count << 2) | (part & 3);
                if part & 4 == 0 {
                    break;
                }
                if count > most {
                    return None;
                }
                part = lengths.read(&mut bits)?;
            }
            count += 2;
            let mut distance = 0;
            for _ in 0..=(symbol - 256) / 8 {
                distance = (distance << 3) | distances.read(&mut bits)?;
            }
            distance += 1;
            if distance >= FAR {
                count += 1;
            }
            // The distance counts from the end of what is copied.
            let start = (out.len() + 1).checked_sub(distance + count)?;
            if out.len() + count > preload + length {
                return None;
            }
            for from in start..start + count {
                out.push(*out.get(from)?);
            }
        }
    }
    out.drain(..preload);
    if runs { unroll(&out, most) } else { Some(out) }
}

/// Undoes the run-length coding: the first byte is the escape, `escape count byte` a run, `escape 0` the escape.
fn unroll(data: &[u8], most: usize) -> Option<Vec<u8>> {
    let (&escape, rest) = data.split_first()?;
    let mut out = Vec::new();
    let mut bytes = rest.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte == escape {
            match bytes.next()? {
                0 => out.push(escape),
                count => {
                    let byte = bytes.next()?;
                    out.extend(std::iter::repeat_n(byte, count.into()));
                }
            }
        } else {
            out.push(byte);
        }
        if out.len() > most {
            return None;
        }
    }
    Some(out)
}

/// Bits, the highest of each byte first.
struct Bits<'d> {
    data: &'d [u8],
    at: usize,
}

impl Bits<'_> {
    fn next(&mut self) -> Option<bool> {
        let byte = *self.data.get(self.at / 8)?;
        let bit = (byte >> (7 - self.at % 8)) & 1;
        self.at += 1;
        Some(bit == 1)
    }
}

#[derive(Clone, Copy, Default)]
struct Node {
    up: usize,
    /// The left child; the right one follows at `right`. Zero in leaves.
    left: usize,
    right: usize,
    weight: u32,
    symbol: Option<usize>,
}

/// An adaptive Huffman tree whose nodes lie by falling weight; node 1 is the root.
struct Tree {
    nodes: Vec<Node>,
    leaves: Vec<usize>,
}

const ROOT: usize = 1;

impl Tree {
    fn new(symbols: usize, literals: bool) -> Self {
        let mut nodes = vec![Node::default(); 2 * symbols];
        for (at, node) in nodes.iter_mut().enumerate().skip(ROOT) {
            node.up = at / 2;
            if at < symbols {
                (node.left, node.right) = (2 * at, 2 * at + 1);
            } else {
                node.weight = 1;
                node.symbol = Some(at - symbols);
            }
        }
        for at in (ROOT..symbols).rev() {
            let weight = |child: usize| nodes.get(child).map_or(0, |node| node.weight);
            let sum = weight(2 * at) + weight(2 * at + 1);
            if let Some(node) = nodes.get_mut(at) {
                node.weight = sum;
            }
        }
        let mut tree = Self {
            nodes,
            leaves: (symbols..2 * symbols).collect(),
        };
        // Both sides start from the same counts.
        if literals && symbols > 256 && symbols < 512 {
            tree.count(256);
            tree.count(257);
            (0..12).for_each(|_| tree.count(symbols - 3));
            (0..6).for_each(|_| tree.count(symbols - 2));
        } else {
            for _ in 0..2 {
                (0..symbols).for_each(|symbol| tree.count(symbol));
            }
        }
        tree
    }

    fn node(&self, at: usize) -> Node {
        self.nodes.get(at).copied().unwrap_or_default()
    }

    fn read(&mut self, bits: &mut Bits<'_>) -> Option<usize> {
        let mut at = ROOT;
        loop {
            let node = self.node(at);
            if let Some(symbol) = node.symbol {
                self.count(symbol);
                return Some(symbol);
            }
            at = if bits.next()? { node.right } else { node.left };
        }
    }

    /// Counts a symbol and keeps the nodes in order.
    fn count(&mut self, symbol: usize) {
        let Some(&leaf) = self.leaves.get(symbol) else {
            return;
        };
        let mut at = leaf;
        while at > ROOT {
            let weight = self.node(at).weight;
            // The first node of the same weight takes its place.
            let mut first = at;
            while first > ROOT && self.node(first - 1).weight == weight {
                first -= 1;
            }
            if first > ROOT && first != at {
                self.swap(at, first);
                at = first;
            }
            let Some(node) = self.nodes.get_mut(at) else {
                return;
            };
            node.weight += 1;
            at = node.up;
        }
        if let Some(root) = self.nodes.get_mut(ROOT) {
            root.weight += 1;
        }
    }

    /// Two nodes change places with all below them; their parents stay where they are.
    fn swap(&mut self, a: usize, b: usize) {
        let (up_a, up_b) = (self.node(a).up, self.node(b).up);
        self.nodes.swap(a, b);
        for (at, up) in [(a, up_a), (b, up_b)] {
            let Some(node) = self.nodes.get_mut(at) else {
                continue;
            };
            node.up = up;
            let node = *node;
            if let Some(symbol) = node.symbol {
                if let Some(leaf) = self.leaves.get_mut(symbol) {
                    *leaf = at;
                }
            } else {
                for child in [node.left, node.right] {
                    if let Some(child) = self.nodes.get_mut(child) {
                        child.up = at;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_keep_their_order_and_sums() {
        for symbols in [8, 299] {
            let mut tree = Tree::new(symbols, symbols > 256);
            for step in 0..2000 {
                tree.count(step * step % symbols);
            }
            for at in ROOT..2 * symbols - 1 {
                assert!(tree.node(at).weight >= tree.node(at + 1).weight);
                let node = tree.node(at);
                if node.symbol.is_none() {
                    let (left, right) = (tree.node(node.left), tree.node(node.right));
                    assert_eq!(node.weight, left.weight + right.weight);
                    assert!(left.up == at && right.up == at);
                }
            }
        }
    }

    #[test]
    fn runs_are_unrolled() {
        assert_eq!(
            unroll(&[9, 1, 9, 3, 7, 9, 0, 2], 100).unwrap(),
            [1, 7, 7, 7, 9, 2]
        );
        assert!(unroll(&[9, 9, 200, 1], 100).is_none());
        assert!(unroll(&[9, 9], 100).is_none() && unroll(&[], 100).is_none());
    }

    #[test]
    fn streams_that_end_early_are_refused() {
        assert!(unpack(&[0, 0, 1], true, 1000).is_none());
        assert!(unpack(&[0x7F, 0xFF, 0xFF, 0xFF], true, 1000).is_none());
        assert_eq!(unpack(&[0, 0, 0, 0], true, 1000).unwrap(), b"");
    }
}
