//! Reads decks and prints what is in them: `read FILE...`.
#![expect(clippy::print_stdout, reason = "a tool for the terminal")]

use std::error::Error;

use slides_ooxml::{Deck, PackageLimits};

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let start = std::time::Instant::now();
        let deck = match Deck::open(std::fs::read(&path)?, None, &PackageLimits::default()) {
            Ok(deck) => deck,
            Err(error) => {
                println!("{path}: {error}");
                continue;
            }
        };
        let count = deck.presentation().slides.len();
        let (mut shapes, mut hidden) = (0, 0);
        for index in 0..count {
            match deck.slide(index) {
                Ok(slide) => {
                    shapes += slide.shapes.len();
                    hidden += usize::from(slide.hidden);
                    if slide.hidden != deck.is_hidden(index) {
                        println!(
                            "  slide {}: hidden is told differently by its head",
                            index + 1
                        );
                    }
                    for (feature, message) in &slide.warnings {
                        if count < 1000 {
                            println!("  slide {}: {feature}: {message}", index + 1);
                        }
                    }
                }
                Err(error) => println!("  slide {}: {error}", index + 1),
            }
        }
        println!(
            "{path}: {count} slides, {hidden} hidden, {shapes} shapes, {:?}",
            start.elapsed()
        );
    }
    Ok(())
}
