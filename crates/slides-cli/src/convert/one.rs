//! One deck and its result.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::console::Console;
use crate::deck::Wishes;
use crate::failure::{Exit, Failure};
use crate::{engine, save};

use super::plan::{One, Source, Target};
use super::{block_on, interrupted, service, streams, unchanged};

/// What standard input is called.
const STDIN: &str = "standard input";

pub(super) fn run(
    one: &One,
    mut wishes: Wishes,
    timeout: Duration,
    console: &mut Console,
) -> Result<(), Failure> {
    let name = match &one.source {
        Source::File(path) => path.display().to_string(),
        Source::Stdin => STDIN.to_owned(),
    };
    console.about(&name);
    if let (true, Target::File(output)) = (one.is_unchanged, &one.target) {
        console.note(&format!(
            "`{}` is newer than `{name}`: left as it is",
            output.display()
        ));
        console.event(&json!({ "event": "skipped" }));
        return Ok(());
    }
    if one.target == Target::Stdout {
        streams::check_output()?;
    }
    let spooled = match &one.source {
        Source::File(_) => None,
        Source::Stdin => Some(streams::spool()?),
    };
    let input = match (&one.source, &spooled) {
        (_, Some(file)) => file.path(),
        (Source::File(path), None) => path,
        (Source::Stdin, None) => Path::new(STDIN),
    };
    if spooled.is_some() {
        wishes.ask_for([input], !console.is_json())?;
    }
    block_on(async {
        tokio::select! {
            result = convert(one, (input, &name), wishes, timeout, console) => result,
            () = interrupted() => Err(Failure::new(Exit::Failed, "interrupted, nothing was written")),
        }
    })
}

async fn convert(
    one: &One,
    (input, name): (&Path, &str),
    wishes: Wishes,
    timeout: Duration,
    console: &mut Console,
) -> Result<(), Failure> {
    console.without_ids();
    let before = unchanged::modified(input);
    let converted = service::convert(
        engine::native(),
        (input, name),
        one.format,
        wishes,
        timeout,
        |operation| console.operation(operation),
    )
    .await?;
    let download = converted.download;
    let warnings = download.warnings.clone();
    let written = match &one.target {
        Target::File(output) => {
            make_folder(output)?;
            let written = save::save(download, Some(one.format), output).await?;
            unchanged::keep_old(&written, input, before);
            written
        }
        Target::Stdout => {
            streams::write(download).await?;
            Vec::new()
        }
    };
    console.done();
    if let (Target::File(output), Some(first)) = (&one.target, written.first()) {
        tell_files(one, output, first, &written, console);
    }
    console.warnings(&warnings);
    let files: Vec<_> = written
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    console.event(&json!({ "event": "done", "files": files, "warnings": warnings.len() }));
    Ok(())
}

/// Where the result is, when that is not plain from the command line.
fn tell_files(one: &One, output: &Path, first: &Path, written: &[PathBuf], console: &Console) {
    let was_named = deck_is_elsewhere(one, output);
    let count = written.len();
    if count > 1 {
        console.note(&if written.iter().any(|path| path == output) {
            let (output, beside) = (output.display(), count - 1);
            format!("written as `{output}` with {beside} files in a folder beside it")
        } else if save::has_files(one.format) {
            format!("{count} files, written as `{}` and so on", first.display())
        } else {
            format!("{count} slides, written as `{}` and so on", first.display())
        });
    } else if !was_named {
        console.note(&format!("written as `{}`", first.display()));
    }
}

/// Whether the output has a name of its own, and not that of the deck.
fn deck_is_elsewhere(one: &One, output: &Path) -> bool {
    match &one.source {
        Source::File(input) => input.file_stem() != output.file_stem(),
        Source::Stdin => true,
    }
}

/// The folder of `--out-dir`; that of an OUT was looked for before.
pub(super) fn make_folder(output: &Path) -> Result<(), Failure> {
    let Some(folder) = output
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| {
        let folder: PathBuf = folder.to_owned();
        Failure::new(
            Exit::Failed,
            format!("cannot make the folder `{}`", folder.display()),
        )
        .caused_by(&error)
        .hint("name another one with `--out-dir DIR`")
    })
}
