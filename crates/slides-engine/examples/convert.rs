//! Converts one deck: `convert IN OUT [PASSWORD [OPTIONS]]`, where OUT has the extension of a format (of formats with one
//! file a slide, `-N` is added), PASSWORD may be empty and OPTIONS are export options as JSON.
#![expect(clippy::print_stderr, reason = "a tool for the terminal")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use slides_engine::{Engine, Job, MemorySink, NativeEngine, Unmonitored};
use slides_types::{ExportFormat, ExportOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, more @ ..] = &arguments[..] else {
        return Err("usage: convert IN OUT [PASSWORD [OPTIONS]]".into());
    };
    let extension = Path::new(output).extension().unwrap_or_default();
    let format = ExportFormat::ALL
        .iter()
        .copied()
        .find(|format| extension.eq_ignore_ascii_case(format.extension()))
        .ok_or("OUT has the extension of no format")?;
    let source = std::fs::read(input)?;
    let mut job = Job::new(&source, format);
    job.password = more
        .first()
        .map(String::as_str)
        .filter(|text| !text.is_empty());
    let options = match more.get(1) {
        Some(json) => Some(ExportOptions::from_json(
            job.format,
            &serde_json::from_str(json)?,
        )?),
        None => None,
    };
    job.options = options.as_ref();
    let mut sink = MemorySink::default();
    let start = Instant::now();
    let report = match NativeEngine::default().convert(&job, &mut sink, &Unmonitored) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{input}: {:?}: {error}", error.kind);
            std::process::exit(1);
        }
    };
    eprintln!("{input}: {} slides in {:?}", report.slides, start.elapsed());
    for warning in report.warnings.iter().take(200) {
        eprintln!("  {warning}");
    }
    for (file, bytes) in &sink.files {
        let path = match (&file.path, file.slide) {
            (Some(path), _) => Path::new(output).with_file_name(path),
            (None, Some(slide)) => {
                let stem = Path::new(output).with_extension("");
                format!("{}-{slide}.{}", stem.display(), file.extension).into()
            }
            (None, None) => output.into(),
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)?;
    }
    Ok(())
}
