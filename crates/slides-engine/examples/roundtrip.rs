//! Saves decks again, splits them into single slides and merges those: `roundtrip DECK...`.
//!
//! Prints a row a deck and fails where the number of slides changes, a picture of a slide is less similar than it
//! should be, or a part that has no reason to change is not the same byte for byte.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the terminal"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{Cursor, Read};
use std::path::Path;

use slides_engine::{
    Engine, Job, MemorySink, MergeJob, MergeSource, NativeEngine, Report, Unmonitored,
};
use slides_types::ExportFormat;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Pictures of a slide are this similar at least.
const SIMILAR: f64 = 0.995;
/// In a slide whose links have lost their slides.
const NOTE: &[u8] = b"urn:slides:origin";
/// Pixels across of the pictures that are compared.
const WIDTH: u32 = 480;

fn main() -> Outcome<()> {
    let engine = NativeEngine::default();
    let mut failed = 0;
    println!(
        "| deck | slides | saved: same parts | least similar | split: same parts | least similar | merged: least similar |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    for path in std::env::args().skip(1) {
        let name = Path::new(&path)
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match deck(&engine, &std::fs::read(&path)?) {
            Ok((row, faults)) => {
                println!("| {name} | {row}");
                failed += usize::from(!faults.is_empty());
                for fault in faults {
                    eprintln!("{name}: {fault}");
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("{name}: {error}");
            }
        }
    }
    if failed > 0 {
        return Err(format!("{failed} decks did not come back as they went").into());
    }
    Ok(())
}

fn deck(engine: &NativeEngine, source: &[u8]) -> Outcome<(String, Vec<String>)> {
    let mut faults = Vec::new();
    let original = pictures(engine, source)?;
    let parts = parts(source)?;
    let count = original.len();

    let mut sink = MemorySink::default();
    engine.convert(
        &Job::new(source, ExportFormat::Pptx),
        &mut sink,
        &Unmonitored,
    )?;
    let (_, saved) = sink.files.pop().ok_or("nothing was saved")?;
    let (same, changed, lost) = compare(&parts, &self::parts(&saved)?);
    for name in changed.iter().chain(&lost) {
        faults.push(format!("saved again: `{name}` is not what it was"));
    }
    let saved_parts = format!("{same}/{}", parts.len());
    let saved_score = similar(
        &original,
        &pictures(engine, &saved)?,
        "saved again",
        &mut faults,
    );

    let mut job = Job::new(source, ExportFormat::Pptx);
    job.per_slide = true;
    let mut sink = MemorySink::default();
    engine.convert(&job, &mut sink, &Unmonitored)?;
    if sink.files.len() != count {
        faults.push(format!(
            "split: {} files of {count} slides",
            sink.files.len()
        ));
    }
    let (mut same_sum, mut all_sum, mut split_score) = (0, 0, 1.0_f64);
    for (at, (_, file)) in sink.files.iter().enumerate() {
        let own = self::parts(file)?;
        let (same, changed, _) = compare(&own, &parts);
        same_sum += same;
        all_sum += own.len();
        let is_noted = |name: &String| {
            own.get(name)
                .is_some_and(|bytes| bytes.windows(NOTE.len()).any(|window| window == NOTE))
        };
        for name in changed
            .iter()
            .filter(|name| !may_change_in_split(name) && !is_noted(name))
        {
            faults.push(format!(
                "split, slide {}: `{name}` is not what it was",
                at + 1
            ));
        }
        let one = pictures(engine, file)?;
        if one.len() != 1 {
            faults.push(format!("split, slide {}: {} slides", at + 1, one.len()));
        }
        let (Some(before), Some(after)) = (original.get(at), one.first()) else {
            continue;
        };
        let score = similarity(before, after);
        if score < SIMILAR {
            faults.push(format!("split, slide {}: similarity {score:.4}", at + 1));
        }
        split_score = split_score.min(score);
    }

    let sources: Vec<MergeSource<'_>> = sink
        .files
        .iter()
        .map(|(_, bytes)| MergeSource::new("slide", bytes))
        .collect();
    let mut merged = MemorySink::default();
    let Report { slides, .. } =
        engine.merge(&MergeJob::new(&sources), &mut merged, &Unmonitored)?;
    if slides as usize != count {
        faults.push(format!("merged: {slides} slides of {count}"));
    }
    let (_, merged) = merged.files.pop().ok_or("nothing was merged")?;
    let known: BTreeSet<&[u8]> = parts.values().map(Vec::as_slice).collect();
    for (name, bytes) in self::parts(&merged)? {
        if !may_change_in_merge(&name) && !known.contains(&*bytes) {
            faults.push(format!("merged: `{name}` is not what it was"));
        }
    }
    let merged_score = similar(
        &original,
        &pictures(engine, &merged)?,
        "merged",
        &mut faults,
    );
    let row = format!(
        "{count} | {saved_parts} | {saved_score:.4} | {same_sum}/{all_sum} | {split_score:.4} | {merged_score:.4} |"
    );
    Ok((row, faults))
}

fn extension(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// What tells of the slides there are.
fn may_change_in_split(name: &str) -> bool {
    name.starts_with("docProps/")
        || extension(name) == "rels"
        || matches!(
            name,
            "[Content_Types].xml" | "ppt/presentation.xml" | "ppt/viewProps.xml"
        )
}

/// And what a merge numbers anew.
fn may_change_in_merge(name: &str) -> bool {
    may_change_in_split(name) || name.starts_with("ppt/slideMasters/")
}

fn parts(package: &[u8]) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(package))?;
    let mut parts = BTreeMap::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name()?.into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        parts.insert(name, bytes);
    }
    Ok(parts)
}

/// Parts that are the same, that changed, and that are in the first alone.
fn compare(
    from: &BTreeMap<String, Vec<u8>>,
    to: &BTreeMap<String, Vec<u8>>,
) -> (usize, Vec<String>, Vec<String>) {
    let (mut same, mut changed, mut lost) = (0, Vec::new(), Vec::new());
    for (name, bytes) in from {
        match to.get(name) {
            Some(other) if other == bytes => same += 1,
            Some(_) => changed.push(name.clone()),
            None => lost.push(name.clone()),
        }
    }
    (same, changed, lost)
}

/// A slide's pixels.
struct Picture {
    width: usize,
    grey: Vec<u8>,
}

/// The slides as pictures, hidden ones too.
fn pictures(engine: &NativeEngine, source: &[u8]) -> Outcome<Vec<Picture>> {
    let options = slides_types::ExportOptions::from_json(
        ExportFormat::Bmp,
        &serde_json::json!({"showHiddenSlides": true}),
    )?;
    let mut job = Job::new(source, ExportFormat::Bmp);
    job.options = Some(&options);
    job.size = (Some(WIDTH), None);
    let mut sink = MemorySink::default();
    engine.convert(&job, &mut sink, &Unmonitored)?;
    sink.files
        .iter()
        .map(|(_, bytes)| picture(bytes).ok_or_else(|| "no bitmap that is known".into()))
        .collect()
}

/// Uncompressed rows of a bitmap; their order does not matter here.
fn picture(bitmap: &[u8]) -> Option<Picture> {
    let word = |at: usize| {
        let bytes = bitmap.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes) as usize)
    };
    let (start, width) = (word(10)?, word(18)?);
    let depth = usize::from(*bitmap.get(28)?) / 8;
    let stride = (width * depth).next_multiple_of(4);
    let rows = bitmap.get(start..)?.chunks_exact(stride);
    let grey = rows
        .flat_map(|row| row.chunks_exact(depth).take(width))
        .map(|pixel| {
            let parts = [114, 587, 299].iter().zip(pixel);
            let sum: u32 = parts.map(|(part, value)| part * u32::from(*value)).sum();
            (sum / 1000) as u8
        })
        .collect();
    Some(Picture { width, grey })
}

/// The least similar pair; those that are not similar enough are faults.
fn similar(before: &[Picture], after: &[Picture], what: &str, faults: &mut Vec<String>) -> f64 {
    if before.len() != after.len() {
        faults.push(format!(
            "{what}: {} slides of {}",
            after.len(),
            before.len()
        ));
    }
    let mut least = 1.0_f64;
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        let score = similarity(before, after);
        if score < SIMILAR {
            faults.push(format!("{what}, slide {}: similarity {score:.4}", at + 1));
        }
        least = least.min(score);
    }
    least
}

/// Mean structural similarity of blocks of 8 x 8 pixels; flat blocks that are equal do not count.
fn similarity(a: &Picture, b: &Picture) -> f64 {
    const SIDE: usize = 8;
    if a.width != b.width || a.grey.len() != b.grey.len() || a.width == 0 {
        return 0.0;
    }
    let height = a.grey.len() / a.width;
    let (mut sum, mut count) = (0.0, 0.0);
    for top in (0..height).step_by(SIDE) {
        for left in (0..a.width).step_by(SIDE) {
            let [mut n, mut p1, mut q1, mut pp, mut qq, mut pq] = [0.0; 6];
            for y in top..(top + SIDE).min(height) {
                for x in left..(left + SIDE).min(a.width) {
                    let at = y * a.width + x;
                    let (Some(p), Some(q)) = (a.grey.get(at), b.grey.get(at)) else {
                        continue;
                    };
                    let (p, q) = (f64::from(*p), f64::from(*q));
                    n += 1.0;
                    p1 += p;
                    q1 += q;
                    pp += p * p;
                    qq += q * q;
                    pq += p * q;
                }
            }
            let (p1, q1) = (p1 / n, q1 / n);
            let (pp, qq, pq) = (pp / n - p1 * p1, qq / n - q1 * q1, pq / n - p1 * q1);
            if pp < 9.0 && qq < 9.0 && (p1 - q1).abs() < 4.0 {
                continue;
            }
            let (c1, c2) = (6.5025, 58.5225);
            sum += (2.0 * p1 * q1 + c1) * (2.0 * pq + c2)
                / ((p1 * p1 + q1 * q1 + c1) * (pp + qq + c2));
            count += 1.0;
        }
    }
    if count == 0.0 { 1.0 } else { sum / count }
}
