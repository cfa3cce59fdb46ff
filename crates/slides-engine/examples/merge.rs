//! Merges decks: `merge OUT IN...`; with one IN and `OUT` holding `{}`, splits it into a deck for each slide.
#![expect(clippy::print_stderr, reason = "a tool for the terminal")]

use std::error::Error;
use std::time::Instant;

use slides_engine::{
    Engine, Job, MemorySink, MergeJob, MergeSource, NativeEngine, Unmonitored,
};
use slides_types::ExportFormat;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [output, inputs @ ..] = &arguments[..] else {
        return Err("usage: merge OUT IN...".into());
    };
    let bytes = inputs
        .iter()
        .map(std::fs::read)
        .collect::<Result<Vec<_>, _>>()?;
    let mut sink = MemorySink::default();
    let start = Instant::now();
    let engine = NativeEngine::default();
    let report = match &bytes[..] {
        [deck] => {
            let mut job = Job::new(deck, ExportFormat::Pptx);
            job.per_slide = output.contains("{}");
            engine.convert(&job, &mut sink, &Unmonitored)?
        }
        decks => {
            let sources: Vec<MergeSource<'_>> = inputs
                .iter()
                .zip(decks)
                .map(|(name, bytes)| MergeSource::new(name, bytes))
                .collect();
            engine.merge(&MergeJob::new(&sources), &mut sink, &Unmonitored)?
        }
    };
    eprintln!("{} slides in {:?}", report.slides, start.elapsed());
    for warning in &report.warnings {
        eprintln!("  {warning}");
    }
    for (file, bytes) in &sink.files {
        let number = file.slide.map(|slide| slide.to_string());
        std::fs::write(output.replace("{}", &number.unwrap_or_default()), bytes)?;
    }
    Ok(())
}
