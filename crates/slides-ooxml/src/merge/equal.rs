//! Whether two parts are the same with all that hangs on them.

use std::collections::HashSet;

use crate::Deck;
use crate::package::Target;

/// Pairs of parts looked at for one answer; a master with all its layouts has a few dozen.
const MAX_PAIRS: usize = 4096;

/// Whether the parts have the same bytes, type and relationships, and so has whatever they lead to. Parts that lead
/// to slides are never the same.
pub(super) fn same_tree(a: (&Deck, &str), b: (&Deck, &str)) -> bool {
    let (deck_a, deck_b) = (a.0.package(), b.0.package());
    let mut seen = HashSet::new();
    let mut open = vec![(a.1.to_owned(), b.1.to_owned())];
    while let Some((a, b)) = open.pop() {
        if !seen.insert((a.to_ascii_lowercase(), b.to_ascii_lowercase())) {
            continue;
        }
        let content_type = |kind: Option<&str>| kind.map(str::to_ascii_lowercase);
        if seen.len() > MAX_PAIRS
            || content_type(deck_a.content_type(&a)) != content_type(deck_b.content_type(&b))
            || !same_bytes((deck_a, &a), (deck_b, &b))
        {
            return false;
        }
        let (Ok(one), Ok(two)) = (deck_a.relationships(&a), deck_b.relationships(&b)) else {
            return false;
        };
        if one.iter().count() != two.iter().count() {
            return false;
        }
        for relationship in one.iter() {
            let Some(other) = two.get(&relationship.id) else {
                return false;
            };
            if relationship.kind != other.kind || relationship.is("slide") {
                return false;
            }
            match (&relationship.target, &other.target) {
                (Target::Part(a), Target::Part(b)) => open.push((a.clone(), b.clone())),
                (a, b) if a == b => {}
                _ => return false,
            }
        }
    }
    true
}

/// Whether two parts have the same bytes; two that are missing are the same.
pub(super) fn same_bytes(a: (&crate::Package, &str), b: (&crate::Package, &str)) -> bool {
    match (a.0.fingerprint(a.1), b.0.fingerprint(b.1)) {
        (None, None) => true,
        (Some(one), Some(two)) if one == two => {
            same_entries(a, b)
                || match (a.0.part(a.1), b.0.part(b.1)) {
                    (Ok(one), Ok(two)) => one == two,
                    _ => false,
                }
        }
        _ => false,
    }
}

/// Whether the parts are packed to the same bytes, as those of decks that were split are: nothing is unpacked for that.
fn same_entries(a: (&crate::Package, &str), b: (&crate::Package, &str)) -> bool {
    match (a.0.raw_entry(a.1), b.0.raw_entry(b.1)) {
        (Ok(one), Ok(two)) => (one.method, one.bytes) == (two.method, two.bytes),
        _ => false,
    }
}
