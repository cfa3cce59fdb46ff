//! The figures of an outside score program.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow};
use serde_json::Value;

use crate::{packages, process};

/// What the score program is run with.
#[derive(Debug)]
pub(super) struct Scoring<'a> {
    /// The score program, `score.py`; its `requirements.txt` lies beside it.
    pub(super) program: &'a Path,
    /// Folder with `NAME.pptx` beside `NAME.pdf`.
    pub(super) corpus: &'a Path,
    /// Python with the packages of the score program; made under the target folder when absent.
    pub(super) python: Option<&'a Path>,
    /// Score LibreOffice in the same run.
    pub(super) with_libreoffice: bool,
    /// Only decks whose name contains this text.
    pub(super) only: Option<&'a str>,
    /// Seconds a conversion may take.
    pub(super) timeout: u32,
}

/// Runs the score program and gives its figures as a Markdown table.
pub(super) fn run(scoring: &Scoring<'_>, slides: &Path, folder: &Path) -> Result<String> {
    let score = absolute(scoring.program)?;
    let python = match scoring.python {
        Some(python) => python.to_owned(),
        None => packages::python(
            &folder.join("python"),
            &score.with_file_name("requirements.txt"),
        )?,
    };
    let run = |name: &str, convert: &str| -> Result<Value> {
        let report = folder.join(format!("{name}.json"));
        let mut command = process::command(&python);
        command
            .arg(&score)
            .arg("run")
            .arg("--corpus")
            .arg(absolute(scoring.corpus)?);
        command
            .args([
                "--cmd",
                convert,
                "--timeout",
                &scoring.timeout.to_string(),
                "--json",
            ])
            .arg(&report);
        if let Some(only) = scoring.only {
            command.args(["--only", only]);
        }
        process::run(&mut command)?;
        let text = fs::read_to_string(&report)
            .with_context(|| format!("`{}` cannot be read", report.display()))?;
        serde_json::from_str(&text).with_context(|| format!("`{}` is no JSON", report.display()))
    };
    let ours = run(
        "slides",
        &format!("{} convert {{in}} {{out}}", quoted(slides)?),
    )?;
    let theirs = if scoring.with_libreoffice {
        let soffice = process::soffice()?;
        let profile = folder.join("libreoffice");
        let command = format!(
            "{} -env:UserInstallation=file://{} --headless --convert-to pdf --outdir {{outdir}} {{in}}",
            quoted(&soffice)?,
            profile.display()
        );
        Some(run("libreoffice", &command)?)
    } else {
        None
    };
    table(&ours, theirs.as_ref())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("`{}` does not exist", path.display()))
}

/// A path as the score program's command line takes it.
fn quoted(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .ok_or_else(|| anyhow!("`{}` is no UTF-8", path.display()))?;
    Ok(format!("'{}'", text.replace('\'', "'\\''")))
}

/// A Markdown table, a row for each deck and one for the means.
fn table(ours: &Value, theirs: Option<&Value>) -> Result<String> {
    let mut out = String::from("| deck | pages | score | time, s |");
    let mut rule = String::from("|---|---:|---:|---:|");
    if theirs.is_some() {
        out.push_str(" LibreOffice | its time, s |");
        rule.push_str("---:|---:|");
    }
    writeln!(out, "\n{rule}")?;
    let decks = |report: &Value| {
        report
            .get("decks")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let other = theirs.map(decks).unwrap_or_default();
    for deck in decks(ours) {
        let name = deck.get("name").and_then(Value::as_str).unwrap_or("?");
        write!(
            out,
            "| {name} | {}/{} |",
            whole(&deck, "cand_pages"),
            whole(&deck, "truth_pages")
        )?;
        write!(
            out,
            " {:.3} | {:.2} |",
            number(&deck, "score"),
            number(&deck, "wall_s")
        )?;
        if theirs.is_some() {
            match other
                .iter()
                .find(|deck| deck.get("name").and_then(Value::as_str) == Some(name))
            {
                Some(deck) => write!(
                    out,
                    " {:.3} | {:.2} |",
                    number(deck, "score"),
                    number(deck, "wall_s")
                )?,
                None => out.push_str(" | |"),
            }
        }
        out.push('\n');
    }
    let means = |report: &Value| {
        let summary = report.get("summary").cloned().unwrap_or_default();
        format!(
            " **{:.3}** | **{:.2}** |",
            number(&summary, "deck_mean"),
            number(&summary, "wall_total_s")
        )
    };
    write!(out, "| **mean score, total time** | |{}", means(ours))?;
    if let Some(theirs) = theirs {
        out.push_str(&means(theirs));
    }
    out.push('\n');
    Ok(out)
}

fn number(value: &Value, key: &str) -> f64 {
    value.get(key).and_then(Value::as_f64).unwrap_or_default()
}

fn whole(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::table;

    #[test]
    fn a_row_for_each_deck_and_the_means() {
        let report = |score: f64, wall: f64| {
            json!({
                "summary": { "deck_mean": score, "wall_total_s": wall },
                "decks": [{ "name": "a", "score": score, "wall_s": wall, "cand_pages": 3, "truth_pages": 4 }]
            })
        };
        let text = table(&report(0.5, 0.25), Some(&report(0.75, 2.0))).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[2], "| a | 3/4 | 0.500 | 0.25 | 0.750 | 2.00 |");
        assert_eq!(
            lines[3],
            "| **mean score, total time** | | **0.500** | **0.25** | **0.750** | **2.00** |"
        );
        let columns = |line: &str| line.matches('|').count();
        assert!(
            lines.iter().all(|line| columns(line) == columns(lines[0])),
            "{text}"
        );
    }
}
