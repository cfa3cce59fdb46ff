//! Warnings of a conversion, one line for what happened on several slides.

use std::fmt;

use serde_json::{Value, json};

/// What happened on some slides, or to the deck when there are none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group<'a> {
    /// Sorted, each once.
    pub(crate) slides: Vec<u32>,
    /// `chart: left out`.
    what: &'a str,
}

impl Group<'_> {
    /// What JSON readers are told.
    pub(crate) fn event(&self) -> Value {
        json!({
            "event": "warning",
            "warning": self.to_string(),
            "slides": self.slides,
            "feature": self.feature(),
            "message": self.message(),
        })
    }

    /// `chart` of `chart: left out`; nothing when the text names no feature.
    pub(crate) fn feature(&self) -> Option<&str> {
        self.what.split_once(": ").map(|(feature, _)| feature)
    }

    /// `left out` of `chart: left out`.
    pub(crate) fn message(&self) -> &str {
        self.what
            .split_once(": ")
            .map_or(self.what, |(_, message)| message)
    }
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.slides.as_slice() {
            [] => f.write_str(self.what),
            [slide] => write!(f, "slide {slide}: {}", self.what),
            slides => write!(f, "slides {}: {}", ranges(slides), self.what),
        }
    }
}

/// Groups `slide 3: chart: ...` by what follows the slide, in the order of first mention.
pub(crate) fn grouped(warnings: &[String]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for warning in warnings {
        let (slide, what) = split(warning);
        match groups
            .iter_mut()
            .find(|group| group.what == what && group.slides.is_empty() == slide.is_none())
        {
            Some(group) => group.slides.extend(slide),
            None => groups.push(Group {
                slides: slide.into_iter().collect(),
                what,
            }),
        }
    }
    for group in &mut groups {
        group.slides.sort_unstable();
        group.slides.dedup();
    }
    groups
}

fn split(warning: &str) -> (Option<u32>, &str) {
    let parsed = warning.strip_prefix("slide ").and_then(|rest| {
        let (number, what) = rest.split_once(": ")?;
        Some((number.parse().ok()?, what))
    });
    match parsed {
        Some((slide, what)) => (Some(slide), what),
        None => (None, warning),
    }
}

/// Runs of slides that a line names; beyond them it counts.
const MAX_RUNS: usize = 12;

/// `1, 3-5` for sorted numbers.
pub(crate) fn ranges(slides: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &slide in slides {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == slide => *last = slide,
            _ => runs.push((slide, slide)),
        }
    }
    let left: u32 = runs
        .iter()
        .skip(MAX_RUNS)
        .map(|(first, last)| last - first + 1)
        .sum();
    let texts: Vec<_> = runs
        .iter()
        .take(MAX_RUNS)
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    let texts = texts.join(", ");
    if left > 0 {
        format!("{texts} and {left} more")
    } else {
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_warning_on_several_slides_is_one_line() {
        let warnings = [
            "slide 3: chart: left out",
            "font: Foo is not here",
            "slide 1: chart: left out",
            "slide 2: 3-D: drawn flat",
            "slide 4: chart: left out",
            "font: Foo is not here",
        ];
        let warnings = warnings.map(str::to_owned);
        let groups = grouped(&warnings);
        let lines: Vec<String> = groups.iter().map(ToString::to_string).collect();
        assert_eq!(
            (groups[0].feature(), groups[0].message()),
            (Some("chart"), "left out")
        );
        assert_eq!(
            lines,
            [
                "slides 1, 3-4: chart: left out",
                "font: Foo is not here",
                "slide 2: 3-D: drawn flat"
            ]
        );
    }

    #[test]
    fn a_line_names_no_more_slides_than_can_be_read() {
        let odd: Vec<u32> = (0..500).map(|number| number * 2 + 1).collect();
        assert_eq!(
            ranges(&odd),
            "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23 and 488 more"
        );
        assert_eq!(ranges(&[1, 2, 3]), "1-3");
    }
}
