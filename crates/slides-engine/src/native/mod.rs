//! The engine of this workspace: PPTX to the formats of the API.

mod arrange;
mod emf;
mod errors;
mod export;
mod fixed;
mod flat;
mod fonts;
mod formats;
mod inspect;
mod markdown;
mod options;
mod package;
mod pages;
mod pdf_settings;
mod pipeline;
mod raster_settings;
mod settings;
#[cfg(test)]
mod tests;
mod turns;
mod warnings;
mod web;
mod web_settings;

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use slides_fonts::{FontBook, FontBookBuilder, Style};
use slides_layout::{Arranger, LayoutOptions};
use slides_ooxml::{Deck, Kind, PackageLimits};
use slides_types::ExportFormat;

use crate::api::{
    Engine, EngineError, ErrorKind, Job, Limits, MergeJob, Monitor, Report, Sink, SourceKind,
    Support,
};

pub use formats::{refusal, writes};
pub use inspect::{DeckInfo, FontUse};
pub use options::{OptionSupport, option_support, options_in_use};

use arrange::Arrangement;
use export::Export;
use settings::Settings;

/// Workers at most; layout stops gaining long before.
const MAX_THREADS: usize = 64;

/// Settings of a [`NativeEngine`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct NativeOptions {
    /// Which faces text is set in.
    pub fonts: FontOptions,
    /// Threads that lay out slides; none takes what the machine has. The output does not depend on it.
    pub threads: Option<NonZeroUsize>,
    /// Text that date fields show, for callers that have a clock; none keeps the text the deck was saved with.
    pub date_text: Option<String>,
}

/// Which faces text is set in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FontOptions {
    /// Whether the faces compiled in are used; yes by default.
    pub bundled: bool,
    /// Whether the machine's faces may be used where no bundled face fits; output then depends on the
    /// machine. No by default.
    pub system_fallback: bool,
    /// Family to draw unknown families with.
    pub default_family: Option<String>,
}

impl Default for FontOptions {
    fn default() -> Self {
        Self {
            bundled: true,
            system_fallback: false,
            default_family: None,
        }
    }
}

/// Names of the font families there are with these options and these font files, by name, and whether a family came
/// with a file. Files that are no fonts are ignored.
pub fn font_families(options: &FontOptions, fonts: Vec<Vec<u8>>) -> Vec<(String, bool)> {
    let builder = FontBook::builder()
        .bundled(options.bundled)
        .system_fallback(options.system_fallback);
    let builder = fonts.into_iter().fold(builder, FontBookBuilder::font_bytes);
    builder.build().families()
}

/// Converts PPTX decks (encrypted ones with their password) to PDF, XPS, pictures, SVG, EMF, XAML, HTML, Markdown
/// and the PPTX family.
///
/// Slides are laid out in parallel and written in order; memory follows a few pages, and the same deck, options
/// and fonts give the same bytes whatever the number of threads.
#[derive(Debug)]
pub struct NativeEngine {
    options: NativeOptions,
    /// Faces for jobs that bring none of their own; built once.
    fonts: OnceLock<Arc<FontBook>>,
}

impl NativeEngine {
    /// An engine with these settings. Costs nothing before the first job.
    pub fn new(options: NativeOptions) -> Self {
        Self {
            options,
            fonts: OnceLock::new(),
        }
    }

    fn fonts(&self, job: &Job<'_>, settings: &Settings, deck: &Deck) -> Arc<FontBook> {
        let own = !job.fonts.is_empty()
            || settings.default_family.is_some()
            || !settings.fonts.is_empty()
            || !deck.presentation().embedded_fonts.is_empty();
        let build = || self.own_fonts(job, settings, deck);
        if own {
            build()
        } else {
            self.fonts.get_or_init(build).clone()
        }
    }

    /// Faces that no other job shares.
    fn own_fonts(&self, job: &Job<'_>, settings: &Settings, deck: &Deck) -> Arc<FontBook> {
        let FontOptions {
            bundled,
            system_fallback,
            default_family,
        } = &self.options.fonts;
        let mut builder = FontBook::builder()
            .bundled(*bundled)
            .system_fallback(*system_fallback);
        if let Some(family) = settings.default_family.as_ref().or(default_family.as_ref()) {
            builder = builder.default_family(family.clone());
        }
        builder = builder.rules(settings.fonts.clone());
        for font in job.fonts {
            builder = builder.font_bytes(font.clone());
        }
        for (family, style, part) in &deck.presentation().embedded_fonts {
            let style = Style {
                bold: style.starts_with("bold"),
                italic: style.to_ascii_lowercase().ends_with("italic"),
            };
            if let Ok(part) = deck.part(part) {
                builder = builder.embedded(family, style, part);
            }
        }
        Arc::new(builder.build())
    }

    /// What a deck holds, and what converting it as `job` says would leave out or draw otherwise. It is converted for
    /// that, and nothing is written.
    ///
    /// # Errors
    /// Those of [`Engine::convert`]; the PPTX family is not drawn and is no format to ask for.
    pub fn inspect(&self, job: &Job<'_>, monitor: &dyn Monitor) -> Result<DeckInfo, EngineError> {
        let settings = Settings::read(job)?;
        let deck = Deck::open(job.source, job.password, &package_limits(&job.limits))
            .map_err(errors::from_package)?;
        let presentation = deck.presentation();
        let count = presentation.slides.len() as u32;
        let hidden = (1..=count)
            .filter(|number| deck.is_hidden(*number as usize - 1))
            .collect::<Vec<_>>();
        // A deck that shows nothing is still a deck.
        let is_shown = hidden.len() < count as usize || settings.show_hidden;
        let book = self.own_fonts(job, &settings, &deck);
        let warnings = if is_shown {
            self.draw(
                job,
                &settings,
                &deck,
                book.clone(),
                &mut inspect::Nowhere,
                monitor,
            )?
            .warnings
        } else {
            Vec::new()
        };
        Ok(DeckInfo {
            slides: count,
            hidden,
            slide_size: presentation.slide_size,
            is_protected: deck.package().was_encrypted(),
            has_macros: deck
                .package()
                .part_names()
                .any(|name| name.to_ascii_lowercase().ends_with("vbaproject.bin")),
            title: presentation.title.clone(),
            author: presentation.author.clone(),
            subject: presentation.subject.clone(),
            keywords: presentation.keywords.clone(),
            created: presentation.created.clone(),
            modified: presentation.modified.clone(),
            app_version: presentation.app_version.clone(),
            features: inspect::features(&deck),
            fonts: inspect::fonts(&book, &deck, &warnings),
            warnings,
        })
    }

    /// Lays the chosen slides out and writes them.
    fn draw(
        &self,
        job: &Job<'_>,
        settings: &Settings,
        deck: &Deck,
        fonts: Arc<FontBook>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        let pages = pages::select(deck, job.slides, job.from, settings.show_hidden)?;
        let mut layout = LayoutOptions::new(fonts);
        if let Some(text) = &self.options.date_text {
            layout = layout.with_date_text(text.clone());
        }
        if settings.web.is_moving() {
            layout = layout.with_motion();
        }
        let arrangement = &settings.arrangement;
        let many = if job.per_slide {
            1
        } else {
            arrangement.slides()
        };
        let keys: Vec<u32> = pages.iter().step_by(many).copied().collect();
        let arranger = (*arrangement != Arrangement::Slides).then(|| Arranger::new(deck));
        Export {
            deck,
            pages: &pages,
            keys: &keys,
            arranger: arranger.as_ref(),
            layout: &layout,
            settings,
            job,
            threads: self.threads(),
        }
        .run(sink, monitor)
    }

    fn threads(&self) -> usize {
        self.options
            .threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
            .min(MAX_THREADS)
    }
}

impl Default for NativeEngine {
    fn default() -> Self {
        Self::new(NativeOptions::default())
    }
}

impl Engine for NativeEngine {
    fn support(&self, from: SourceKind, to: ExportFormat) -> Support {
        match from {
            SourceKind::Pptx | SourceKind::EncryptedPptx if writes(to) => Support::Native,
            SourceKind::Pptx | SourceKind::EncryptedPptx => Support::No(match refusal(to) {
                Some(reason) => format!("`{}` is not written: {reason}", to.as_str()),
                None => format!("the native engine does not write `{}`", to.as_str()),
            }),
            _ => Support::No("the native engine reads PPTX presentations only".to_owned()),
        }
    }

    fn merge(
        &self,
        job: &MergeJob<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        package::merge(job, sink, monitor)
    }

    fn convert(
        &self,
        job: &Job<'_>,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        if let Support::No(reason) = self.support(SourceKind::Pptx, job.format) {
            return Err(EngineError::new(ErrorKind::UnsupportedFormat, reason));
        }
        if let Some(format) = package::format(job.format) {
            return package::save(job, format, sink, monitor);
        }
        let settings = Settings::read(job)?;
        if monitor.is_stopped() {
            return Err(errors::stopped());
        }
        let deck = Deck::open(job.source, job.password, &package_limits(&job.limits))
            .map_err(errors::from_package)?;
        let fonts = self.fonts(job, &settings, &deck);
        self.draw(job, &settings, &deck, fonts, sink, monitor)
    }
}

fn package_limits(limits: &Limits) -> PackageLimits {
    let mut package = PackageLimits::default();
    package.max_xml_part_bytes = limits.max_xml_part_bytes;
    package.max_media_part_bytes = limits.max_media_part_bytes;
    package.max_total_bytes = limits.max_total_bytes;
    package.max_ratio = limits.max_ratio;
    package.max_parts = limits.max_parts;
    package.max_slides = limits.max_slides;
    package
}

/// What the bytes are, as far as choosing an engine goes.
pub fn sniff(bytes: &[u8]) -> SourceKind {
    match slides_ooxml::sniff(bytes) {
        Kind::Pptx => SourceKind::Pptx,
        Kind::Encrypted => SourceKind::EncryptedPptx,
        Kind::Ppt => SourceKind::Ppt,
        Kind::Odp => SourceKind::Odp,
        Kind::Pdf => SourceKind::Pdf,
        _ => SourceKind::Unknown,
    }
}
