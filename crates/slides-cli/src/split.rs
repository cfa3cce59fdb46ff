//! `slides split`: a file for each slide.

use std::path::PathBuf;

use serde_json::json;
use slides_service::engine::{Job, OutputFile, Unmonitored};

use crate::arguments::SplitArguments;
use crate::console::Console;
use crate::deck::{self, Wishes};
use crate::failure::Failure;
use crate::inspect::OpenDeck;
use crate::sdk::ExportFormat;
use crate::{engine, save};

pub(crate) fn run(arguments: &SplitArguments, console: &mut Console) -> Result<(), Failure> {
    let format = match &arguments.to {
        Some(name) => deck::format_by_name(name)?,
        // A deck may be called anything.
        None => deck::format_by_extension(&arguments.deck)
            .ok()
            .filter(|format| is_presentation(*format))
            .unwrap_or(ExportFormat::Pptx),
    };
    let wishes = Wishes::new(format, &arguments.export)?;
    let folder = arguments
        .out_dir
        .clone()
        .unwrap_or_else(|| save::folder_beside(&arguments.deck, "-slides"));
    if folder.is_file() {
        return Err(Failure::usage(format!("`{}` is a file", folder.display()))
            .hint("name a folder for the slides with `--out-dir`"));
    }
    let deck = OpenDeck::read(
        &arguments.deck,
        &arguments.export.password,
        !console.is_json(),
    )?;
    let mut job = Job::new(&deck.bytes, format);
    job.password = deck.password();
    job.slides = wishes.slides();
    job.options = wishes.options();
    job.per_slide = true;
    let is_new = !folder.exists();
    save::make_folder(&folder)?;
    let stem = arguments.deck.file_stem().unwrap_or_default().to_owned();
    let name = |file: &OutputFile, written: usize| {
        let number = file.slide.map_or(written + 1, |slide| slide as usize);
        let mut name = stem.clone();
        name.push(format!("_{number}.{}", file.extension));
        PathBuf::from(name)
    };
    let mut files = save::Files::new(&folder, name);
    let report = match engine::native().convert(&job, &mut files, &Unmonitored) {
        Ok(report) => report,
        Err(error) => {
            drop(files);
            if is_new {
                // It is empty, as no file had its name yet; that it stays would be no harm.
                let _ = std::fs::remove_dir(&folder);
            }
            return Err(deck.failure(&error));
        }
    };
    let warnings: Vec<String> = report.warnings.iter().map(ToString::to_string).collect();
    console.warnings(&warnings);
    for path in files.keep()? {
        let name = path.display().to_string();
        console.data(&name, &json!({ "event": "file", "file": name }));
    }
    Ok(())
}

/// Formats of the PPTX family.
pub(crate) fn is_presentation(format: ExportFormat) -> bool {
    use ExportFormat::{Potm, Potx, Ppsm, Ppsx, Pptm, Pptx};
    matches!(format, Pptx | Ppsx | Potx | Pptm | Ppsm | Potm)
}
