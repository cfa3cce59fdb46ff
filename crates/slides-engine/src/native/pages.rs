//! Which slides of a deck a job takes.

use slides_ooxml::Deck;

use crate::api::{EngineError, ErrorKind};

/// Slide numbers in the deck's order. Hidden slides are left out unless asked for, all or by number.
pub(super) fn select(
    deck: &Deck,
    asked: &[u32],
    from: Option<u32>,
    show_hidden: bool,
) -> Result<Vec<u32>, EngineError> {
    let count = deck.presentation().slides.len() as u32;
    choose(count, asked, from, |number| {
        show_hidden || !deck.is_hidden(number as usize - 1)
    })
}

fn choose(
    count: u32,
    asked: &[u32],
    from: Option<u32>,
    is_shown: impl Fn(u32) -> bool,
) -> Result<Vec<u32>, EngineError> {
    let outside = match from {
        Some(from) if asked.is_empty() => Some(from),
        _ => None,
    };
    if let Some(number) = asked
        .iter()
        .copied()
        .chain(outside)
        .find(|number| !(1..=count).contains(number))
    {
        let text = format!(
            "slide {number} does not exist: the deck has {count} slide{}",
            if count == 1 { "" } else { "s" }
        );
        return Err(EngineError::new(ErrorKind::InvalidOption, text));
    }
    if asked.is_empty() {
        let first = from.unwrap_or(1);
        let pages: Vec<u32> = (first..=count).filter(|number| is_shown(*number)).collect();
        if pages.is_empty() {
            let which = match from {
                Some(from) => format!("all slides of the deck from {from} on"),
                None => format!("all {count} slides of the deck"),
            };
            let text = format!("{which} are hidden: set `showHiddenSlides` or name the slides");
            return Err(EngineError::new(ErrorKind::BadInput, text));
        }
        return Ok(pages);
    }
    let mut pages = asked.to_vec();
    pages.sort_unstable();
    pages.dedup();
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slides_come_in_the_decks_order_once() {
        assert_eq!(choose(5, &[4, 2, 4], None, |_| true).unwrap(), [2, 4]);
        assert_eq!(choose(3, &[], None, |_| true).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn a_range_without_an_end_goes_to_the_last_slide() {
        assert_eq!(choose(4, &[], Some(3), |_| true).unwrap(), [3, 4]);
        assert_eq!(choose(4, &[], Some(2), |n| n != 3).unwrap(), [2, 4]);
        assert_eq!(choose(4, &[1], Some(3), |_| true).unwrap(), [1]);
        for from in [0, 5] {
            let error = choose(4, &[], Some(from), |_| true).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidOption);
        }
    }

    #[test]
    fn hidden_slides_are_taken_by_number_alone() {
        assert_eq!(choose(3, &[], None, |number| number != 2).unwrap(), [1, 3]);
        assert_eq!(choose(3, &[2], None, |number| number != 2).unwrap(), [2]);
        assert_eq!(
            choose(2, &[], None, |_| false).unwrap_err().kind,
            ErrorKind::BadInput
        );
    }

    #[test]
    fn a_number_outside_the_deck_is_named() {
        let error = choose(5, &[1, 12], None, |_| true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "slide 12 does not exist: the deck has 5 slides"
        );
        assert!(choose(5, &[0], None, |_| true).is_err());
    }
}
