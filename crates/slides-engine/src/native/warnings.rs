//! Warnings of all stages, in slide order and each once.

use std::collections::HashSet;

use crate::api::Warning;

/// Warnings of one job that are kept.
const MAX_WARNINGS: usize = 2000;

#[derive(Debug, Default)]
pub(super) struct Warnings {
    seen: HashSet<Warning>,
    list: Vec<Warning>,
    left_out: usize,
}

impl Warnings {
    pub(super) fn add(&mut self, slide: Option<u32>, feature: &str, message: impl Into<String>) {
        // A missing face concerns the deck: naming it on each slide would drown the rest.
        let slide = slide.filter(|_| feature != "font");
        let warning = Warning::new(slide, feature, message);
        if self.seen.contains(&warning) {
            return;
        }
        if self.list.len() >= MAX_WARNINGS {
            self.left_out += 1;
            return;
        }
        self.seen.insert(warning.clone());
        self.list.push(warning);
    }

    pub(super) fn add_all(
        &mut self,
        slide: u32,
        pairs: impl IntoIterator<Item = (String, String)>,
    ) {
        for (feature, message) in pairs {
            self.add(Some(slide), &feature, message);
        }
    }

    /// Those about the deck first, then by slide in the order they came.
    pub(super) fn finish(mut self) -> Vec<Warning> {
        self.list.sort_by_key(|warning| warning.slide);
        if self.left_out > 0 {
            let text = format!("{} further warnings were left out", self.left_out);
            self.list.push(Warning::new(None, "warnings", text));
        }
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_comes_once_in_slide_order() {
        let mut warnings = Warnings::default();
        warnings.add(Some(2), "chart", "b");
        warnings.add(Some(1), "chart", "a");
        warnings.add(Some(2), "chart", "b");
        warnings.add(Some(2), "font", "x for y");
        warnings.add(Some(3), "font", "x for y");
        let texts: Vec<String> = warnings.finish().iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["font: x for y", "slide 1: chart: a", "slide 2: chart: b"]
        );
    }

    #[test]
    fn a_flood_of_warnings_is_counted() {
        let mut warnings = Warnings::default();
        for slide in 0..MAX_WARNINGS as u32 + 5 {
            warnings.add(Some(slide), "x", "y");
        }
        let list = warnings.finish();
        assert_eq!(list.len(), MAX_WARNINGS + 1);
        assert_eq!(
            list.last().unwrap().message,
            "5 further warnings were left out"
        );
    }
}
