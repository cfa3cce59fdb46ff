//! An engine whose decks are orders in words: `slides=3 warn`.

use std::io::Write;
use std::time::Duration;

use slides_engine::{
    Engine, EngineError, ErrorKind, Job, MergeJob, Monitor, OutputFile, Report, Sink, SourceKind,
    Support, Warning,
};
use slides_types::ExportFormat;

/// Follows the words of its source; a source without `slides=` is no presentation.
#[derive(Debug, Default)]
pub struct FakeEngine;

impl Engine for FakeEngine {
    fn support(&self, from: SourceKind, to: ExportFormat) -> Support {
        match (from, to) {
            (SourceKind::Pptx, ExportFormat::Pdf | ExportFormat::Png) => Support::Native,
            (from, to) => Support::No(format!("{from:?} to {to:?} is not supported")),
        }
    }

    fn convert(
        &self,
        job: &Job<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        let text = std::str::from_utf8(job.source).unwrap_or_default();
        let orders: Vec<&str> = text.split_whitespace().collect();
        let wants = |order: &str| orders.contains(&order);
        let total: u32 = orders
            .iter()
            .find_map(|order| order.strip_prefix("slides=")?.parse().ok())
            .ok_or_else(|| EngineError::new(ErrorKind::BadInput, "it has no slides"))?;
        if wants("protected") && job.password != Some("secret") {
            let kind = if job.password.is_some() {
                ErrorKind::WrongPassword
            } else {
                ErrorKind::PasswordRequired
            };
            return Err(EngineError::new(kind, "protected"));
        }
        assert!(!wants("panic"), "as ordered");
        if wants("abort") {
            std::process::abort();
        }
        if wants("exhaust") {
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1_u8; 64 << 20]);
                std::hint::black_box(&kept);
            }
        }
        if wants("spin") {
            // Threads of its own, so that none of them listens to anything.
            for _ in 0..3 {
                std::thread::spawn(|| {
                    loop {
                        std::hint::spin_loop();
                    }
                });
            }
            loop {
                std::hint::spin_loop();
            }
        }
        if wants("swell") {
            // Up to nearly its limit, which it holds on to.
            let kept: Vec<Vec<u8>> = (0..24).map(|_| vec![1; 64 << 20]).collect();
            monitor.progress(1, total);
            loop {
                std::hint::black_box(&kept);
            }
        }
        misbehave(&orders)?;
        while wants("hang") {
            if monitor.is_stopped() {
                return Err(EngineError::new(ErrorKind::Stopped, "stopped"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let slides: Vec<u32> = match job.slides {
            [] => (job.from.unwrap_or(1)..=total).collect(),
            some => some.to_vec(),
        };
        if let Some(wrong) = slides
            .iter()
            .chain(&job.from)
            .find(|slide| **slide == 0 || **slide > total)
        {
            let text = format!("slide {wrong} does not exist: the deck has {total} slides");
            return Err(EngineError::new(ErrorKind::InvalidOption, text));
        }
        let output = |e| EngineError::new(ErrorKind::Output, "the output failed").caused_by(e);
        if job.per_slide || job.format == ExportFormat::Png {
            for (done, slide) in (1..).zip(&slides) {
                let file = OutputFile::slide(job.format, *slide);
                write!(sink.create(&file).map_err(output)?, "slide {slide}").map_err(output)?;
                monitor.progress(done, slides.len() as u32);
            }
        } else {
            let mut file = sink
                .create(&OutputFile::whole(job.format))
                .map_err(output)?;
            for (done, slide) in (1..).zip(&slides) {
                writeln!(file, "slide {slide}").map_err(output)?;
                monitor.progress(done, slides.len() as u32);
            }
            if wants("huge") {
                file.write_all(&vec![0; 4 << 20]).map_err(output)?;
            }
        }
        let mut report = Report::default();
        report.slides = slides.len() as u32;
        if wants("warn") {
            report
                .warnings
                .push(Warning::new(Some(1), "chart", "left out"));
        }
        Ok(report)
    }

    fn merge(
        &self,
        job: &MergeJob<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        let output = |e| EngineError::new(ErrorKind::Output, "the output failed").caused_by(e);
        let wants = |source: &slides_engine::MergeSource<'_>| source.source.ends_with(b"merge");
        if !job.sources.iter().all(wants) {
            return Err(EngineError::new(
                ErrorKind::UnsupportedFormat,
                "this engine does not merge presentations",
            ));
        }
        let mut file = sink
            .create(&OutputFile::whole(job.format))
            .map_err(output)?;
        let total = job.sources.len() as u32;
        for (done, source) in (1..).zip(job.sources) {
            let text = String::from_utf8_lossy(source.source);
            writeln!(file, "{}: {text}", source.name).map_err(output)?;
            monitor.progress(done, total);
        }
        let mut report = Report::default();
        report.slides = total;
        Ok(report)
    }
}

/// What a deck that took the engine over may try.
fn misbehave(orders: &[&str]) -> Result<(), EngineError> {
    let failed = |e: std::io::Error| EngineError::new(ErrorKind::BadInput, e.to_string());
    for order in orders {
        match order.split_once('=').unwrap_or((order, "")) {
            ("read", path) => drop(std::fs::read(path).map_err(failed)?),
            ("write", path) => std::fs::write(path, "written").map_err(failed)?,
            ("connect", address) => drop(std::net::TcpStream::connect(address).map_err(failed)?),
            ("become", program) => {
                use std::os::unix::process::CommandExt;
                return Err(failed(std::process::Command::new(program).exec()));
            }
            _ => {}
        }
    }
    Ok(())
}
