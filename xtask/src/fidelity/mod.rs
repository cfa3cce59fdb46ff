//! How close the pages are to PowerPoint's: pictures side by side, and the figures of a score program.

mod compare;
mod page;
mod score;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{process, workspace};

/// Compares the release build with the reference PDFs of a folder.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder with `NAME.pptx` beside `NAME.pdf`.
    #[arg(value_name = "DIR")]
    corpus: PathBuf,
    /// Where the page with both pictures and the difference goes; under the target folder when absent.
    #[arg(long, value_name = "DIR")]
    html: Option<PathBuf>,
    /// Run this score program too (`score.py`, with its `requirements.txt` beside it).
    #[arg(long, value_name = "FILE")]
    score: Option<PathBuf>,
    /// Python with the packages of the score program; made under the target folder when absent.
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Score LibreOffice in the same run.
    #[arg(long, requires = "score")]
    with_libreoffice: bool,
    /// Only decks whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Seconds a conversion may take.
    #[arg(long, default_value_t = 120)]
    timeout: u32,
    /// Where the table goes, beside standard output.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = workspace::target()?.join("fidelity");
    let html = arguments
        .html
        .clone()
        .unwrap_or_else(|| folder.join("html"));
    fs::create_dir_all(&html).with_context(|| format!("`{}` cannot be made", html.display()))?;
    let slides = workspace::released()?;
    let table = if let Some(program) = &arguments.score {
        score::run(
            &score::Scoring {
                program,
                corpus: &arguments.corpus,
                python: arguments.python.as_deref(),
                with_libreoffice: arguments.with_libreoffice,
                only: arguments.only.as_deref(),
                timeout: arguments.timeout,
            },
            &slides,
            &folder,
        )?
    } else {
        let decks = decks(&arguments.corpus, arguments.only.as_deref())?;
        let mut pages = Vec::new();
        for deck in &decks {
            pages.extend(compare::deck(&slides, deck, &html)?);
        }
        let index = html.join("index.html");
        fs::write(&index, page::html(&pages))
            .with_context(|| format!("`{}` cannot be written", index.display()))?;
        eprintln!("pictures: {}", index.display());
        page::table(&pages)
    };
    print!("{table}");
    if let Some(path) = &arguments.table {
        fs::write(path, &table)
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(())
}

/// The decks of a folder that have a reference PDF, by name.
pub(crate) fn decks(folder: &Path, only: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut decks = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("`{}` cannot be read", folder.display()))?
    {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if path
            .extension()
            .is_some_and(|extension| extension == "pptx")
            && path.with_extension("pdf").is_file()
            && only.is_none_or(|text| name.contains(text))
        {
            decks.push(path);
        }
    }
    ensure!(
        !decks.is_empty(),
        "`{}` holds no `NAME.pptx` with a `NAME.pdf` beside it",
        folder.display()
    );
    decks.sort();
    Ok(decks)
}

/// Pages of a PDF as PNG files in a folder, 720 pixels wide, in page order.
fn draw(pdf: &Path, folder: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    process::run(
        process::command("pdftoppm")
            .args(["-png", "-scale-to-x", "720", "-scale-to-y", "-1"])
            .arg(pdf)
            .arg(folder.join(prefix)),
    )
    .context("on Debian `pdftoppm` is in `poppler-utils`")?;
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&format!("{prefix}-")) {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}
