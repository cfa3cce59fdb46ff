//! The PPTX family: saving a deck again, splitting it, merging decks. Nothing is laid out.

use std::io::Write as _;

use slides_ooxml::{Composer, Compression, Deck, PackageFormat, WriteOptions, Zip64};
use slides_types::{
    CompressionLevel, ExportFormat, ExportOptions, PptxConformance, PptxExportOptions, Zip64Mode,
};

use super::{errors, package_limits};
use crate::api::{
    EngineError, ErrorKind, Job, Limits, MergeJob, Monitor, OutputFile, Report, Sink, Warning,
};

/// The member of the family that a format is.
pub(super) fn format(format: ExportFormat) -> Option<PackageFormat> {
    Some(match format {
        // The same package in one XML document.
        ExportFormat::Pptx | ExportFormat::Xml => PackageFormat::Pptx,
        ExportFormat::Ppsx => PackageFormat::Ppsx,
        ExportFormat::Potx => PackageFormat::Potx,
        ExportFormat::Pptm => PackageFormat::Pptm,
        ExportFormat::Ppsm => PackageFormat::Ppsm,
        ExportFormat::Potm => PackageFormat::Potm,
        _ => return None,
    })
}

/// Saves a deck, or each of its slides, in a format of the family.
pub(super) fn save(
    job: &Job<'_>,
    format: PackageFormat,
    sink: &mut dyn Sink,
    monitor: &dyn Monitor,
) -> Result<Report, EngineError> {
    let mut out = Output::new(job.options, job.format, &job.limits)?;
    check_stop(monitor)?;
    let deck = Deck::open(job.source, job.password, &package_limits(&job.limits))
        .map_err(errors::from_package)?;
    out.check_form(&deck)?;
    let chosen = chosen(job, &deck)?;
    if !job.per_slide {
        let compose = || Composer::new(&deck, chosen.as_deref())?.finish(format);
        let composition = compose().map_err(errors::from_package)?;
        let slides = composition.slide_count() as u32;
        monitor.progress(0, slides);
        out.write(sink, &OutputFile::whole(job.format), &composition)?;
        monitor.progress(slides, slides);
        return Ok(out.report(slides));
    }
    let count = deck.presentation().slides.len() as u32;
    let numbers = chosen.unwrap_or_else(|| (1..=count).collect());
    let total = numbers.len() as u32;
    monitor.progress(0, total);
    for (done, number) in numbers.iter().enumerate() {
        check_stop(monitor)?;
        let compose = || Composer::new(&deck, Some(&[*number]))?.finish(format);
        let composition = compose().map_err(|error| errors::from_slide(*number, error))?;
        out.write(sink, &OutputFile::slide(job.format, *number), &composition)?;
        monitor.progress(done as u32 + 1, total);
    }
    Ok(out.report(total))
}

/// Merges decks; errors name the deck at fault.
pub(super) fn merge(
    job: &MergeJob<'_>,
    sink: &mut dyn Sink,
    monitor: &dyn Monitor,
) -> Result<Report, EngineError> {
    let Some(format) = format(job.format) else {
        let text = format!(
            "presentations are merged into formats of the PPTX family, not `{}`",
            job.format.as_str()
        );
        return Err(EngineError::new(ErrorKind::UnsupportedFormat, text));
    };
    let mut out = Output::new(job.options, job.format, &job.limits)?;
    let limits = package_limits(&job.limits);
    let total = job.sources.len() as u32;
    monitor.progress(0, total);
    // All decks are open until the end: the result copies from each.
    let mut decks = Vec::with_capacity(job.sources.len());
    let mut left = job.limits.max_total_bytes;
    for source in job.sources {
        check_stop(monitor)?;
        left = left.checked_sub(source.source.len() as u64).ok_or_else(|| {
            let text = format!(
                "the presentations to merge have more than {} bytes together, which passes the limit `max_total_bytes`",
                job.limits.max_total_bytes
            );
            EngineError::new(ErrorKind::LimitExceeded, text)
        })?;
        let deck = Deck::open(source.source, source.password, &limits)
            .map_err(|error| of_source(source.name, error))?;
        decks.push(deck);
    }
    let mut composer: Option<Composer<'_>> = None;
    for (done, (source, deck)) in job.sources.iter().zip(&decks).enumerate() {
        check_stop(monitor)?;
        let slides = (!source.slides.is_empty()).then_some(source.slides);
        let named = |error| of_source(source.name, error);
        match &mut composer {
            None => {
                out.check_form(deck)?;
                composer = Some(Composer::new(deck, slides).map_err(named)?);
            }
            Some(composer) => composer.append(deck, slides).map_err(named)?,
        }
        monitor.progress(done as u32 + 1, total);
    }
    let composer = composer.ok_or_else(|| {
        EngineError::new(
            ErrorKind::InvalidOption,
            "there is nothing to merge: name at least one presentation",
        )
    })?;
    let composition = composer.finish(format).map_err(errors::from_package)?;
    check_stop(monitor)?;
    out.write(sink, &OutputFile::whole(job.format), &composition)?;
    Ok(out.report(composition.slide_count() as u32))
}

fn of_source(name: &str, error: slides_ooxml::Error) -> EngineError {
    let mut error = errors::from_package(error);
    error.message = format!("source `{name}`: {}", error.message);
    error
}

fn check_stop(monitor: &dyn Monitor) -> Result<(), EngineError> {
    if monitor.is_stopped() {
        return Err(errors::stopped());
    }
    Ok(())
}

/// Slides in the order asked for, each once; none when the deck is taken as it is.
fn chosen(job: &Job<'_>, deck: &Deck) -> Result<Option<Vec<u32>>, EngineError> {
    let count = deck.presentation().slides.len() as u32;
    if job.slides.is_empty() {
        let Some(from) = job.from else {
            return Ok(None);
        };
        if !(1..=count).contains(&from) {
            let text = format!("slide {from} does not exist: the deck has {count} slides");
            return Err(EngineError::new(ErrorKind::InvalidOption, text));
        }
        return Ok(Some((from..=count).collect()));
    }
    let mut seen = std::collections::HashSet::new();
    let slides = job
        .slides
        .iter()
        .copied()
        .filter(|number| seen.insert(*number));
    Ok(Some(slides.collect()))
}

/// What is written how, and what to tell about it.
#[derive(Debug)]
pub(super) struct Output {
    options: WriteOptions,
    conformance: Option<PptxConformance>,
    left: u64,
    limit: u64,
    /// The bounds of a package that is written as one XML document.
    flat: Option<slides_ooxml::PackageLimits>,
    pub(super) warnings: Vec<Warning>,
}

impl Output {
    pub(super) fn new(
        options: Option<&ExportOptions>,
        format: ExportFormat,
        limits: &Limits,
    ) -> Result<Self, EngineError> {
        let mut out = Self {
            options: WriteOptions::default(),
            conformance: None,
            left: limits.max_output_bytes,
            limit: limits.max_output_bytes,
            flat: (format == ExportFormat::Xml).then(|| package_limits(limits)),
            warnings: Vec::new(),
        };
        if let Some(options) = options {
            for (name, reason) in super::options::check(options, format)? {
                let text = format!("`{name}` has no effect: {reason}");
                out.warnings.push(Warning::new(None, "option", text));
            }
        }
        if let Some(ExportOptions::Pptx(options)) = options {
            out.read(options);
        }
        Ok(out)
    }

    fn read(&mut self, options: &PptxExportOptions) {
        self.conformance = options.conformance;
        if self.flat.is_some() {
            // What is written is no ZIP.
            return;
        }
        self.options.zip64 = match options.zip64_mode {
            Some(Zip64Mode::Never) => Zip64::Never,
            Some(Zip64Mode::Always) => Zip64::Always,
            _ => Zip64::IfNecessary,
        };
        self.options.compression = compression(options.compression_level);
    }

    /// Conformance is what the deck has: one form is not rewritten into the other.
    fn check_form(&self, deck: &Deck) -> Result<(), EngineError> {
        let is_strict = deck.is_strict();
        let fits = match self.conformance {
            None => true,
            Some(PptxConformance::Iso29500Strict) => is_strict,
            Some(_) => !is_strict,
        };
        if fits {
            return Ok(());
        }
        let wanted = self.conformance.map_or("", |wanted| wanted.as_str());
        let own = if is_strict {
            "Iso29500Strict"
        } else {
            "Iso29500Transitional"
        };
        Err(EngineError::new(
            ErrorKind::InvalidOption,
            format!(
                "option `conformance` cannot be `{wanted}` for this presentation: it is `{own}` and is not rewritten"
            ),
        ))
    }

    fn write(
        &mut self,
        sink: &mut dyn Sink,
        file: &OutputFile,
        composition: &slides_ooxml::Composition<'_>,
    ) -> Result<(), EngineError> {
        for (feature, message) in composition.warnings() {
            let warning = Warning::new(None, feature.clone(), message.clone());
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self.options.max_bytes = Some(self.left);
        let mut out = sink.create(file).map_err(|cause| {
            EngineError::new(ErrorKind::Output, "the output could not be written").caused_by(cause)
        })?;
        if let Some(limits) = &self.flat {
            let mut package = Vec::new();
            composition
                .write(&mut package, &self.options)
                .map_err(errors::from_package)?;
            let text = super::flat::flat(package, limits)?;
            let Some(left) = self.left.checked_sub(text.len() as u64) else {
                return Err(super::export::too_many_bytes(self.limit));
            };
            self.left = left;
            return out
                .write_all(text.as_bytes())
                .and_then(|()| out.flush())
                .map_err(|cause| {
                    EngineError::new(ErrorKind::Output, "the output could not be written")
                        .caused_by(cause)
                });
        }
        let written = composition.write(&mut *out, &self.options).map_err(|error| {
            let mut error = errors::from_package(error);
            if error.message.contains("max_output_bytes") {
                error.message = format!(
                    "the output has more than {} bytes, which passes the limit `max_output_bytes`",
                    self.limit
                );
            }
            error
        })?;
        self.left = self.left.saturating_sub(written);
        Ok(())
    }

    fn report(self, slides: u32) -> Report {
        Report {
            slides,
            warnings: self.warnings,
        }
    }
}

fn compression(level: Option<CompressionLevel>) -> Compression {
    match level.map(slides_types::CompressionLevel::as_str) {
        None => Compression::Keep,
        Some("None") => Compression::Store,
        Some(level) => {
            let digit = level.bytes().last().filter(u8::is_ascii_digit);
            digit.map_or(Compression::Keep, |digit| {
                Compression::Deflate(digit - b'0')
            })
        }
    }
}
