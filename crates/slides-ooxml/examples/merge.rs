//! Merges decks: `merge OUT IN...`; with one IN and `{}` in OUT, splits it into a deck for each slide.
#![expect(clippy::print_stderr, reason = "a tool for the terminal")]

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::time::Instant;

use slides_ooxml::{Composer, Deck, PackageFormat, PackageLimits, WriteOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [output, inputs @ ..] = &arguments[..] else {
        return Err("usage: merge OUT IN...".into());
    };
    let start = Instant::now();
    let limits = PackageLimits::default();
    let decks = inputs
        .iter()
        .map(|path| Ok(Deck::open(std::fs::read(path)?, None, &limits)?))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let [first, others @ ..] = &decks[..] else {
        return Err("usage: merge OUT IN...".into());
    };
    let write = |composer: Composer<'_>, path: &str| -> Result<(), Box<dyn Error>> {
        let deck = composer.finish(PackageFormat::Pptx)?;
        for (feature, message) in deck.warnings() {
            eprintln!("  {feature}: {message}");
        }
        let mut out = BufWriter::new(File::create(path)?);
        deck.write(&mut out, &WriteOptions::default())?;
        Ok(())
    };
    if output.contains("{}") {
        for number in 1..=first.presentation().slides.len() as u32 {
            let composer = Composer::new(first, Some(&[number]))?;
            write(composer, &output.replace("{}", &number.to_string()))?;
        }
    } else {
        let mut composer = Composer::new(first, None)?;
        for deck in others {
            composer.append(deck, None)?;
        }
        write(composer, output)?;
    }
    eprintln!("{} decks in {:?}", decks.len(), start.elapsed());
    Ok(())
}
