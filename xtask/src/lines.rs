//! Where lines of text stand beside PowerPoint's, and whether they break where its lines do.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::Args;
use serde_json::Value;

use crate::{packages, process, workspace};

/// Reads the letters of a PDF with MuPDF.
const READER: &str = include_str!("lines.py");
/// What [`READER`] needs.
const REQUIREMENTS: &str = "pymupdf==2.0\n";
/// A line counts as well placed within this, points.
const CLOSE: f64 = 0.5;
/// Letters compared at each end of a line to tell whether it is broken where PowerPoint's is.
const END_LETTERS: usize = 4;

/// Compares the lines of text of the release build's PDFs with those of PowerPoint's.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder with `NAME.pptx` beside PowerPoint's `NAME.pdf`.
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,
    /// Folder with finished PDFs, `NAME.pdf`, instead of converting.
    #[arg(long, value_name = "DIR")]
    pdfs: Option<PathBuf>,
    /// Python with `pymupdf`; made under the target folder when absent.
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Only decks whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print this many misplaced or differently broken lines of each deck.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    misses: usize,
}

/// A letter along its line's direction.
#[derive(Debug, Clone)]
struct Letter {
    /// Along the line.
    along: f64,
    /// Across it, growing downwards: the baseline.
    across: f64,
    /// End of the letter along the line.
    end: f64,
    size: f64,
    /// Direction in whole degrees.
    turn: i32,
    text: String,
}

/// Letters on one baseline without a wide gap.
#[derive(Debug, Clone)]
struct Line {
    turn: i32,
    along: f64,
    end: f64,
    across: f64,
    text: String,
}

impl Line {
    /// Where reading starts: the right edge of Hebrew and Arabic text, whose width hangs on the face.
    fn edge(&self) -> f64 {
        let right_to_left =
            |ch: &char| matches!(u32::from(*ch), 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFE);
        let count = self.text.chars().filter(right_to_left).count();
        if 2 * count > self.text.chars().count() {
            self.end
        } else {
            self.along
        }
    }
}

/// What was counted on one deck.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    /// Lines of PowerPoint's.
    lines: usize,
    /// Lines of ours with the same text on the same page.
    same: usize,
    /// Of those, within half a point of PowerPoint's baseline.
    baseline: usize,
    /// Of those, with the edge that reading starts at within half a point.
    left: usize,
    /// Both.
    both: usize,
    /// Lines of PowerPoint's that begin and end with the letters that a line of ours begins and ends with.
    breaks: usize,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.same += other.same;
        self.baseline += other.baseline;
        self.left += other.left;
        self.both += other.both;
        self.breaks += other.breaks;
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = workspace::target()?.join("lines");
    fs::create_dir_all(&folder)
        .with_context(|| format!("`{}` cannot be made", folder.display()))?;
    let python = if let Some(python) = &arguments.python {
        python.clone()
    } else {
        let requirements = folder.join("requirements.txt");
        fs::write(&requirements, REQUIREMENTS)?;
        packages::python(&folder.join("python"), &requirements)?
    };
    let reader = folder.join("lines.py");
    fs::write(&reader, READER)?;
    let program = match arguments.pdfs {
        Some(_) => None,
        None => Some(workspace::released()?),
    };
    let mut total = Count::default();
    println!("| deck | lines | same text | breaks | baseline | first edge | both |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for name in decks(&arguments.corpus, arguments.only.as_deref())? {
        let truth = absolute(&arguments.corpus.join(format!("{name}.pdf")))?;
        let ours = match (&arguments.pdfs, &program) {
            (Some(pdfs), _) => absolute(&pdfs.join(format!("{name}.pdf")))?,
            (None, Some(program)) => {
                let output = folder.join(format!("{name}.pdf"));
                let deck = absolute(&arguments.corpus.join(format!("{name}.pptx")))?;
                process::output(
                    process::command(program)
                        .arg("convert")
                        .arg(deck)
                        .arg(&output),
                )?;
                output
            }
            (None, None) => bail!("there is no program to convert `{name}` with"),
        };
        let letters =
            process::output(process::command(&python).arg(&reader).args([&truth, &ours]))?;
        let mut documents = letters.lines().map(pages);
        let (truth, ours) = documents
            .next()
            .zip(documents.next())
            .ok_or_else(|| anyhow!("the reader did not answer on `{name}`"))?;
        let (count, misses) = compare(&truth?, &ours?);
        println!("{}", row(&name, count));
        for miss in misses.iter().take(arguments.misses) {
            println!("    {miss}");
        }
        total.add(count);
    }
    ensure!(
        total.lines > 0,
        "`{}` holds no deck with text",
        arguments.corpus.display()
    );
    println!("{}", row("**all**", total));
    Ok(())
}

/// Names with a deck and a PDF, ascending.
fn decks(folder: &Path, only: Option<&str>) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("`{}` cannot be read", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let deck = path
            .extension()
            .is_some_and(|extension| extension == "pptx");
        if let (true, Some(name)) = (deck, path.file_stem().and_then(|name| name.to_str()))
            && path.with_extension("pdf").is_file()
            && only.is_none_or(|only| name.contains(only))
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("`{}` does not exist", path.display()))
}

fn row(name: &str, count: Count) -> String {
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    format!(
        "| {name} | {} | {:.2} % | {:.2} % | {:.2} % | {:.2} % | {:.2} % |",
        count.lines,
        share(count.same, count.lines),
        share(count.breaks, count.lines),
        share(count.baseline, count.same),
        share(count.left, count.same),
        share(count.both, count.same),
    )
}

/// The lines of each page from the reader's answer on one document.
fn pages(text: &str) -> Result<Vec<Vec<Line>>> {
    let document: Value = serde_json::from_str(text).context("the reader's answer is no JSON")?;
    let pages = document
        .as_array()
        .ok_or_else(|| anyhow!("the reader's answer is no list"))?;
    pages
        .iter()
        .map(|page| {
            let letters = page
                .as_array()
                .ok_or_else(|| anyhow!("a page is no list"))?;
            Ok(lines(letters.iter().filter_map(letter).collect()))
        })
        .collect()
}

fn letter(value: &Value) -> Option<Letter> {
    let number = |at: usize| value.get(at).and_then(Value::as_f64);
    let (x, y, cos, sin) = (number(0)?, number(1)?, number(2)?, number(3)?);
    let along = x * cos + y * sin;
    Some(Letter {
        along,
        across: y * cos - x * sin,
        end: number(5)?.max(along),
        size: number(4)?.max(0.1),
        turn: sin.atan2(cos).to_degrees().round() as i32,
        text: value.get(6)?.as_str()?.to_owned(),
    })
}

/// Puts letters together into lines: one baseline, from the leading edge on, without a gap wider than a letter.
fn lines(mut letters: Vec<Letter>) -> Vec<Line> {
    letters.sort_by(|a, b| {
        (a.turn, a.across)
            .partial_cmp(&(b.turn, b.across))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut lines = Vec::new();
    let mut rest = &letters[..];
    while let Some(first) = rest.first() {
        let reach = (0.15 * first.size).min(0.9);
        let count = rest
            .iter()
            .take_while(|letter| letter.turn == first.turn && letter.across - first.across <= reach)
            .count();
        let (row, others) = rest.split_at(count);
        rest = others;
        let mut row = row.to_vec();
        row.sort_by(|a, b| a.along.total_cmp(&b.along));
        let mut end = f64::NEG_INFINITY;
        for letter in row {
            let gap = letter.along - end;
            end = end.max(letter.end);
            match lines.last_mut() {
                Some(line) if gap < 1.2 * letter.size => {
                    let line: &mut Line = line;
                    line.text.push_str(&letter.text);
                    line.end = letter.end;
                }
                _ => lines.push(Line {
                    turn: letter.turn,
                    along: letter.along,
                    end: letter.end,
                    across: letter.across,
                    text: letter.text,
                }),
            }
        }
    }
    lines
}

/// Letters at both ends of a line, enough to tell where its paragraph was broken whatever stands between.
fn ends(line: &Line) -> (i32, String, String) {
    let first = line.text.chars().take(END_LETTERS).collect();
    let mut last: Vec<char> = line.text.chars().rev().take(END_LETTERS).collect();
    last.reverse();
    (line.turn, first, last.into_iter().collect())
}

/// How many lines of a page are broken off at both ends where a line of ours is; each of ours answers for one.
fn equal_breaks(truth: &[Line], ours: &[Line]) -> usize {
    let mut left: BTreeMap<(i32, String, String), usize> = BTreeMap::new();
    for line in ours {
        *left.entry(ends(line)).or_default() += 1;
    }
    truth
        .iter()
        .filter(|line| {
            left.get_mut(&ends(line)).is_some_and(|count| {
                let found = *count > 0;
                *count = count.saturating_sub(1);
                found
            })
        })
        .count()
}

/// Pairs lines of the same text on the same page, the nearest first, and counts.
fn compare(truth: &[Vec<Line>], ours: &[Vec<Line>]) -> (Count, Vec<String>) {
    let mut count = Count::default();
    let mut misses = Vec::new();
    for (index, page) in truth.iter().enumerate() {
        let number = index + 1;
        count.breaks += equal_breaks(page, ours.get(index).map_or(&[], Vec::as_slice));
        let mut left: BTreeMap<(i32, &str), Vec<&Line>> = BTreeMap::new();
        for line in ours.get(index).into_iter().flatten() {
            left.entry((line.turn, &line.text)).or_default().push(line);
        }
        for line in page {
            count.lines += 1;
            let shown = || line.text.chars().take(60).collect::<String>();
            let found = left
                .get_mut(&(line.turn, line.text.as_str()))
                .and_then(|same| {
                    let distance = |other: &&Line| {
                        (other.along - line.along).abs() + (other.across - line.across).abs()
                    };
                    let nearest = same
                        .iter()
                        .enumerate()
                        .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))
                        .map(|(at, _)| at)?;
                    Some(same.swap_remove(nearest))
                });
            let Some(other) = found else {
                misses.push(format!(
                    "page {number}: no line `{}` at {:.2} {:.2}",
                    shown(),
                    line.along,
                    line.across
                ));
                continue;
            };
            let (dx, dy) = (other.edge() - line.edge(), other.across - line.across);
            let (baseline, left) = (dy.abs() <= CLOSE, dx.abs() <= CLOSE);
            count.same += 1;
            count.baseline += usize::from(baseline);
            count.left += usize::from(left);
            count.both += usize::from(baseline && left);
            if !(baseline && left) {
                let mut miss = format!("page {number}: `{}` is off by", shown());
                let _ = write!(
                    miss,
                    " {dx:+.2} {dy:+.2} at {:.2} {:.2}",
                    line.along, line.across
                );
                misses.push(miss);
            }
        }
    }
    (count, misses)
}

#[cfg(test)]
mod tests {
    use super::{compare, pages};

    fn document(letters: &[(f64, f64, &str)]) -> String {
        let letters: Vec<String> = letters
            .iter()
            .map(|(x, y, text)| format!("[{x},{y},1,0,10,{},\"{text}\"]", x + 6.0))
            .collect();
        format!("[[{}]]", letters.join(","))
    }

    #[test]
    fn letters_become_lines_by_baseline_and_gap() {
        let text = document(&[
            (16.0, 50.1, "b"),
            (10.0, 50.0, "a"),
            (60.0, 50.0, "c"),
            (10.0, 62.0, "d"),
        ]);
        let lines = pages(&text).unwrap();
        let texts: Vec<_> = lines[0].iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["ab", "c", "d"]);
    }

    #[test]
    fn lines_are_paired_by_text_and_measured() {
        let truth = pages(&document(&[
            (10.0, 50.0, "a"),
            (10.0, 70.0, "a"),
            (10.0, 90.0, "b"),
            (10.0, 110.0, "c"),
        ]))
        .unwrap();
        let ours = pages(&document(&[
            (10.2, 70.3, "a"),
            (10.7, 50.0, "a"),
            (10.0, 91.0, "b"),
        ]))
        .unwrap();
        let (count, misses) = compare(&truth, &ours);
        assert_eq!(
            (
                count.lines,
                count.same,
                count.baseline,
                count.left,
                count.both
            ),
            (4, 3, 2, 2, 1)
        );
        assert_eq!(misses.len(), 3, "{misses:?}");
    }

    #[test]
    fn breaks_are_equal_where_both_ends_of_a_line_are() {
        let line = |y: f64, text: &str| -> Vec<(f64, f64, String)> {
            let place = |(at, letter): (usize, char)| (10.0 + 6.0 * at as f64, y, letter.into());
            text.chars().enumerate().map(place).collect()
        };
        let page = |texts: [&str; 3]| {
            let letters: Vec<_> = [50.0, 70.0, 90.0]
                .into_iter()
                .zip(texts)
                .flat_map(|(y, text)| line(y, text))
                .collect();
            let letters: Vec<_> = letters
                .iter()
                .map(|(x, y, text)| (*x, *y, text.as_str()))
                .collect();
            pages(&document(&letters)).unwrap()
        };
        let truth = page(["onetwothree", "fourfive", "onetwothree"]);
        let ours = page(["onetWOthree", "fourfivesix", "other"]);
        let (count, _) = compare(&truth, &ours);
        assert_eq!((count.breaks, count.same), (1, 0));
    }
}
