//! `slides diff`: which slides of two decks look different.

mod align;
mod page;

use std::process::ExitCode;

use serde_json::json;

use crate::arguments::DiffArguments;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::inspect::OpenDeck;
use crate::pictures::{self, Picture};
use crate::save;

use align::{Look, Step};
use page::Entry;

/// As `diff` does: 0 when nothing differs, 1 when something does, 2 when it cannot be told.
pub(crate) fn run(arguments: &DiffArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    compare(arguments, console).map_err(|mut failure| {
        if failure.exit == Exit::Failed {
            failure.exit = Exit::Usage;
        }
        failure
    })
}

fn compare(arguments: &DiffArguments, console: &mut Console) -> Result<ExitCode, Failure> {
    let draw = |path| {
        let deck = OpenDeck::read(path, &arguments.password, !console.is_json())?;
        pictures::draw(&deck, u32::from(arguments.width), &[], true)
    };
    let old = draw(&arguments.old)?;
    let new = draw(&arguments.new)?;
    let steps = align::align(&looks(&old)?, &looks(&new)?);
    let (old_name, new_name) = (
        arguments.old.display().to_string(),
        arguments.new.display().to_string(),
    );
    let mut entries = Vec::new();
    for step in steps {
        let (word, old, new) = match step {
            Step::Same(..) => continue,
            Step::Changed(old_at, new_at) => ("changed", old.get(old_at), new.get(new_at)),
            Step::Removed(at) => ("removed", old.get(at), None),
            Step::Added(at) => ("added", None, new.get(at)),
        };
        let (old_slide, new_slide) = (old.map(|one| one.slide), new.map(|one| one.slide));
        let title = match (old_slide, new_slide) {
            (Some(old), Some(new)) if old == new => format!("slide {old} changed"),
            (Some(old), Some(new)) => format!("slide {old} changed, now slide {new}"),
            (Some(old), None) => format!("slide {old} removed"),
            (None, Some(new)) => format!("slide {new} added"),
            (None, None) => continue,
        };
        console.data(
            &title,
            &json!({ "event": word, "old": old_slide, "new": new_slide }),
        );
        entries.push(Entry { title, old, new });
    }
    console.note(&summary(&old, &new, entries.len()));
    if let Some(path) = &arguments.html {
        save::bytes(path, page::page(&old_name, &new_name, &entries).as_bytes())?;
        console.note(&format!("side by side in `{}`", path.display()));
    }
    console.event(&json!({
        "event": "compared",
        "old": old.len(),
        "new": new.len(),
        "differences": entries.len(),
    }));
    Ok(ExitCode::from(u8::from(!entries.is_empty())))
}

fn looks(pictures: &[Picture]) -> Result<Vec<Look>, Failure> {
    pictures
        .iter()
        .map(|picture| {
            let pixels = picture.pixels()?;
            Ok(Look::new(pixels.width, pixels.height, pixels.rgb))
        })
        .collect()
}

fn summary(old: &[Picture], new: &[Picture], differences: usize) -> String {
    let counted = |count: usize| {
        if count == 1 {
            "1 slide".to_owned()
        } else {
            format!("{count} slides")
        }
    };
    let decks = format!("{} before, {} now", counted(old.len()), counted(new.len()));
    match differences {
        0 => format!("no slide looks different ({decks})"),
        1 => format!("1 difference ({decks})"),
        _ => format!("{differences} differences ({decks})"),
    }
}
