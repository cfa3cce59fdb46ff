//! A job's options as the native engine honours them. An option that would change the result and is not
//! honoured is an error that names it; one that would change the file alone gives a warning.

use slides_fonts::FontRules;
use slides_types::ExportOptions;

use crate::api::{EngineError, ErrorKind, Job};

use super::arrange::Arrangement;
use super::fonts;
use super::markdown::MarkdownSettings;
use super::options;
use super::pdf_settings::PdfSettings;
use super::raster_settings::RasterSettings;
use super::web_settings::WebSettings;

/// Sides in pixels that may be asked for.
const SIDES: std::ops::RangeInclusive<u32> = 1..=65_535;

#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) show_hidden: bool,
    pub(super) default_family: Option<String>,
    /// Families in place of others, and for ranges of characters.
    pub(super) fonts: FontRules,
    pub(super) frame: bool,
    /// What pages are made of.
    pub(super) arrangement: Arrangement,
    /// What only PDF asks for.
    pub(super) pdf: PdfSettings,
    /// What only pictures ask for.
    pub(super) raster: RasterSettings,
    /// What only documents for browsers ask for.
    pub(super) web: WebSettings,
    /// What only Markdown asks for.
    pub(super) markdown: MarkdownSettings,
    /// Pixels asked for.
    pub(super) size: (Option<u32>, Option<u32>),
    /// (feature, message) about options that are not honoured to the letter.
    pub(super) warnings: Vec<(String, String)>,
}

impl Settings {
    pub(super) fn read(job: &Job<'_>) -> Result<Self, EngineError> {
        let mut settings = Self::default();
        if let Some(options) = job.options {
            for (name, reason) in options::check(options, job.format)? {
                settings.tell(format!("`{name}` has no effect: {reason}"));
            }
        }
        match job.options {
            Some(ExportOptions::Pdf(options)) => settings.pdf(options)?,
            Some(ExportOptions::Image(options)) => settings.image(options, job.format)?,
            Some(ExportOptions::Gif(options)) => settings.gif(options)?,
            Some(ExportOptions::Tiff(options)) => settings.tiff(options)?,
            Some(ExportOptions::Svg(options)) => settings.svg(options)?,
            Some(ExportOptions::Html(options)) => settings.html(options)?,
            Some(ExportOptions::Html5(options)) => settings.html5(options)?,
            Some(ExportOptions::Markdown(options)) => settings.markdown(options)?,
            Some(ExportOptions::Xps(options)) => settings.xps(options),
            Some(ExportOptions::Xaml(options)) => settings.xaml(options),
            // Held against the table above.
            Some(_) | None => {}
        }
        settings.fonts = fonts::rules(job.options)?;
        let (width, height) = job.size;
        settings.size = (
            side("width", width, settings.size.0)?,
            side("height", height, settings.size.1)?,
        );
        Ok(settings)
    }

    pub(super) fn note(&mut self, option: &str, message: &str) {
        self.tell(format!("`{option}` is not honoured: {message}"));
    }

    fn tell(&mut self, message: String) {
        self.warnings.push(("option".to_owned(), message));
    }

    /// Pixels for a slide of this size in EMU: by the resolution (96 to the inch unless a TIFF asks for another), the
    /// asked-for sides, or one of them with the other by the aspect ratio.
    pub(super) fn pixels(&self, slide: (i64, i64)) -> (u32, u32) {
        const EMU_PER_INCH: f64 = 914_400.0;
        let (width, height) = (slide.0 as f64, slide.1 as f64);
        let (across, down) = self.raster.tiff.dpi;
        let whole = |value: f64| (value.round() as u32).max(1);
        match self.size {
            (Some(width), Some(height)) => (width, height),
            (Some(w), None) => (w, whole(f64::from(w) * height / width)),
            (None, Some(h)) => (whole(f64::from(h) * width / height), h),
            (None, None) => (
                whole(width / EMU_PER_INCH * across),
                whole(height / EMU_PER_INCH * down),
            ),
        }
    }
}

pub(super) fn positive(name: &str, value: Option<i32>) -> Result<Option<u32>, EngineError> {
    match value {
        // The vendor's kits send 0 for "not set".
        None | Some(0) => Ok(None),
        Some(value) => match u32::try_from(value) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(refused(name, value, "allowed are 1 to 65535 pixels")),
        },
    }
}

/// The job's own side before the option's.
fn side(name: &str, own: Option<u32>, option: Option<u32>) -> Result<Option<u32>, EngineError> {
    match own.filter(|side| *side != 0).or(option) {
        Some(side) if !SIDES.contains(&side) => {
            Err(refused(name, side, "allowed are 1 to 65535 pixels"))
        }
        side => Ok(side),
    }
}

pub(super) fn refused(option: &str, value: impl std::fmt::Display, instead: &str) -> EngineError {
    EngineError::new(
        ErrorKind::InvalidOption,
        format!("option `{option}` cannot be `{value}`: {instead}"),
    )
}

pub(super) fn unsupported(option: &str, instead: &str) -> EngineError {
    EngineError::new(
        ErrorKind::InvalidOption,
        format!("option `{option}` is not supported yet: {instead}"),
    )
}

#[cfg(test)]
mod tests {
    use slides_types::{ExportFormat, ImageExportOptions};

    use super::*;

    #[test]
    fn a_side_alone_keeps_the_aspect_ratio() {
        let sized = |size| {
            Settings {
                size,
                ..Settings::default()
            }
            .pixels((12_192_000, 6_858_000))
        };
        assert_eq!(sized((None, None)), (1280, 720));
        assert_eq!(sized((Some(640), None)), (640, 360));
        assert_eq!(sized((None, Some(90))), (160, 90));
        assert_eq!(sized((Some(10), Some(20))), (10, 20));
    }

    #[test]
    fn the_jobs_size_goes_before_the_options() {
        let mut image = ImageExportOptions::default();
        (image.width, image.height) = (Some(100), Some(0));
        let options = ExportOptions::Image(Box::new(image));
        let mut job = Job::new(&[], ExportFormat::Png);
        job.options = Some(&options);
        assert_eq!(Settings::read(&job).unwrap().size, (Some(100), None));
        job.size = (Some(7), Some(70_000));
        let error = Settings::read(&job).unwrap_err();
        assert_eq!(
            error.to_string(),
            "option `height` cannot be `70000`: allowed are 1 to 65535 pixels"
        );
    }
}
