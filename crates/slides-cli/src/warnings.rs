//! Warnings of a conversion, one line for what happened on several slides.

/// Groups `slide 3: chart: ...` by what follows the slide, in the order of first mention.
pub(crate) fn grouped(warnings: &[String]) -> Vec<String> {
    let mut groups: Vec<(Vec<u32>, &str)> = Vec::new();
    for warning in warnings {
        let (slide, what) = split(warning);
        match groups
            .iter_mut()
            .find(|(slides, text)| *text == what && slides.is_empty() == slide.is_none())
        {
            Some((slides, _)) => slides.extend(slide),
            None => groups.push((slide.into_iter().collect(), what)),
        }
    }
    groups
        .into_iter()
        .map(|(mut slides, what)| {
            slides.sort_unstable();
            slides.dedup();
            match slides.as_slice() {
                [] => what.to_owned(),
                [slide] => format!("slide {slide}: {what}"),
                slides => format!("slides {}: {what}", ranges(slides)),
            }
        })
        .collect()
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
fn ranges(slides: &[u32]) -> String {
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
        let grouped = grouped(&warnings.map(str::to_owned));
        assert_eq!(
            grouped,
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
