//! Splits and merges decks: `package split DECK FOLDER`, `package merge OUT DECK...`.

use std::error::Error;
use std::path::Path;

use slides_engine::{
    Engine, Job, MemorySink, MergeJob, MergeSource, NativeEngine, OutputFile, Sink, Unmonitored,
};
use slides_types::ExportFormat;

/// Files in a folder, named by their slides.
struct Folder<'a>(&'a Path);

impl Sink for Folder<'_> {
    fn create(&mut self, file: &OutputFile) -> std::io::Result<Box<dyn std::io::Write + '_>> {
        let name = format!("{}.{}", file.slide.unwrap_or_default(), file.extension);
        Ok(Box::new(std::fs::File::create(self.0.join(name))?))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let engine = NativeEngine::default();
    match &arguments[..] {
        [what, deck, folder] if what == "split" => {
            let source = std::fs::read(deck)?;
            let mut job = Job::new(&source, ExportFormat::Pptx);
            job.per_slide = true;
            engine.convert(&job, &mut Folder(Path::new(folder)), &Unmonitored)?;
        }
        [what, out, decks @ ..] if what == "merge" => {
            let bytes = decks
                .iter()
                .map(std::fs::read)
                .collect::<Result<Vec<_>, _>>()?;
            let sources: Vec<MergeSource<'_>> = decks
                .iter()
                .zip(&bytes)
                .map(|(name, bytes)| MergeSource::new(name, bytes))
                .collect();
            let mut sink = MemorySink::default();
            engine.merge(&MergeJob::new(&sources), &mut sink, &Unmonitored)?;
            let (_, merged) = sink.files.pop().ok_or("nothing was merged")?;
            std::fs::write(out, merged)?;
        }
        _ => return Err("usage: package split DECK FOLDER | package merge OUT DECK...".into()),
    }
    Ok(())
}
