//! Part names and ids that clash with no other.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};

/// Names of the parts of the package to write, compared without regard to ASCII case.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    next: HashMap<String, u32>,
}

impl Names {
    /// Takes a name; false when it is taken already.
    pub(super) fn take(&mut self, name: &str) -> bool {
        self.taken.insert(name.to_ascii_lowercase())
    }

    /// A free name like this one: the same folder, stem and extension with another number.
    pub(super) fn fresh(&mut self, like: &str) -> String {
        let (folder, file) = like.rsplit_once('/').unwrap_or(("", like));
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, "bin"));
        let plain = |text: &str| -> String {
            text.chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/'))
                .take(80)
                .collect()
        };
        let stem = plain(stem.trim_end_matches(|c: char| c.is_ascii_digit()));
        let stem = if stem.is_empty() { "part" } else { &stem };
        let (folder, extension) = (plain(folder), plain(extension));
        let key = format!("{folder}/{stem}.{extension}").to_ascii_lowercase();
        let mut number = self.next.get(&key).copied().unwrap_or(1);
        loop {
            let name = format!("{folder}/{stem}{number}.{extension}");
            number = number.saturating_add(1);
            // Ends: there are fewer parts than numbers.
            if self.take(&name) {
                self.next.insert(key, number);
                return name;
            }
        }
    }
}

/// Ids of one space.
#[derive(Debug)]
pub(super) struct Ids {
    taken: HashSet<u32>,
    first: u32,
    last: u32,
    next: u32,
    what: &'static str,
}

impl Ids {
    /// Ids of slides (ECMA-376 part 1, 19.7.13).
    pub(super) fn slides() -> Self {
        Self::new(256, 2_147_483_647, "slides")
    }

    /// Ids of masters and layouts, which share one space (19.7.16, 19.7.14).
    pub(super) fn masters() -> Self {
        Self::new(2_147_483_648, u32::MAX, "masters and layouts")
    }

    fn new(first: u32, last: u32, what: &'static str) -> Self {
        Self {
            taken: HashSet::new(),
            first,
            last,
            next: first,
            what,
        }
    }

    /// Keeps an id; false when it is taken or not allowed.
    pub(super) fn take(&mut self, id: u32) -> bool {
        let is_free = (self.first..=self.last).contains(&id) && self.taken.insert(id);
        if is_free && id >= self.next {
            self.next = id.saturating_add(1);
        }
        is_free
    }

    /// An id above all others while there are some, else the lowest free one.
    pub(super) fn fresh(&mut self) -> Result<u32> {
        let next = self.next;
        if next > self.first && self.take(next) {
            return Ok(next);
        }
        let free = (self.first..=self.last).find(|id| !self.taken.contains(id));
        let id = free.ok_or_else(|| {
            Error::limit(format!(
                "the presentation has no id left for its {}",
                self.what
            ))
        })?;
        self.taken.insert(id);
        if id == self.next {
            self.next = id.saturating_add(1);
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_like_their_model_and_free() {
        let mut names = Names::default();
        assert!(names.take("/ppt/slides/slide1.xml"));
        assert!(!names.take("/ppt/Slides/SLIDE1.xml"));
        assert_eq!(
            names.fresh("/ppt/slides/slide1.xml"),
            "/ppt/slides/slide2.xml"
        );
        assert_eq!(
            names.fresh("/ppt/slides/slide9.xml"),
            "/ppt/slides/slide3.xml"
        );
        assert_eq!(names.fresh("/ppt/media/ä b.png"), "/ppt/media/b1.png");
        assert_eq!(names.fresh("/x/7"), "/x/part1.bin");
    }

    #[test]
    fn ids_stay_in_their_space() {
        let mut ids = Ids::slides();
        assert_eq!(ids.fresh().unwrap(), 256);
        assert!(!ids.take(255));
        assert!(ids.take(2_147_483_647));
        assert_eq!(ids.fresh().unwrap(), 257);
        assert_eq!(ids.fresh().unwrap(), 258);
        let mut ids = Ids::masters();
        assert!(ids.take(u32::MAX));
        assert_eq!(ids.fresh().unwrap(), 2_147_483_648);
    }
}
