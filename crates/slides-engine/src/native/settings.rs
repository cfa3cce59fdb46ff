//! A job's options as the native engine honours them. An option that would change the result and is not
//! honoured is an error that names it; one that would change the file alone gives a warning.

use slides_render::PdfVersion;
use slides_types::{
    ExportOptions, ImageExportOptions, PdfCompliance, PdfExportOptions, TextCompression,
};

use crate::api::{EngineError, ErrorKind, Job};

/// Sides in pixels that may be asked for.
const SIDES: std::ops::RangeInclusive<u32> = 1..=65_535;

#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) show_hidden: bool,
    pub(super) default_family: Option<String>,
    pub(super) frame: bool,
    pub(super) pdf_version: PdfVersion,
    /// Resolution that pictures in a PDF are reduced to; none keeps the writer's default.
    pub(super) image_dpi: Option<f64>,
    /// Pixels asked for.
    pub(super) size: (Option<u32>, Option<u32>),
    /// (feature, message) about options that are not honoured to the letter.
    pub(super) warnings: Vec<(String, String)>,
}

impl Settings {
    pub(super) fn read(job: &Job<'_>) -> Result<Self, EngineError> {
        let mut settings = Self::default();
        match job.options {
            Some(ExportOptions::Pdf(options)) => settings.pdf(options)?,
            Some(ExportOptions::Image(options)) => settings.image(options)?,
            Some(_) | None => {}
        }
        let (width, height) = job.size;
        settings.size = (
            side("width", width, settings.size.0)?,
            side("height", height, settings.size.1)?,
        );
        Ok(settings)
    }

    fn pdf(&mut self, options: &PdfExportOptions) -> Result<(), EngineError> {
        self.show_hidden = options.show_hidden_slides.unwrap_or(false);
        self.default_family
            .clone_from(&options.default_regular_font);
        self.frame = options.draw_slides_frame.unwrap_or(false);
        self.pdf_version = match options.compliance {
            None | Some(PdfCompliance::Pdf17) => PdfVersion::V1_7,
            Some(PdfCompliance::Pdf15) => PdfVersion::V1_5,
            Some(PdfCompliance::Pdf16) => PdfVersion::V1_6,
            Some(other) => {
                return Err(refused(
                    "compliance",
                    other.as_str(),
                    "allowed are `Pdf15`, `Pdf16` and `Pdf17`",
                ));
            }
        };
        if let Some(dpi) = options.sufficient_resolution {
            if !(1.0..=2400.0).contains(&dpi) {
                return Err(refused(
                    "sufficientResolution",
                    dpi,
                    "allowed are 1 to 2400 dots per inch",
                ));
            }
            self.image_dpi = Some(dpi);
        }
        if let Some(quality) = options.jpeg_quality {
            if !(0..=100).contains(&quality) {
                return Err(refused("jpegQuality", quality, "allowed are 0 to 100"));
            }
            self.note(
                "jpegQuality",
                "JPEG pictures are kept as they are, others are packed without loss",
            );
        }
        if options.text_compression == Some(TextCompression::None) {
            self.note("textCompression", "text is always compressed");
        }
        if options.embed_full_fonts == Some(true) {
            self.note("embedFullFonts", "only the glyphs in use are embedded");
        }
        if options
            .password
            .as_deref()
            .is_some_and(|password| !password.is_empty())
        {
            return Err(unsupported(
                "password",
                "leave it out: protected PDFs are not written yet",
            ));
        }
        if options.access_permissions.is_some() {
            return Err(unsupported(
                "accessPermissions",
                "leave it out: protected PDFs are not written yet",
            ));
        }
        let off = [
            ("applyImageTransparent", options.apply_image_transparent),
            ("hideInk", options.hide_ink),
            ("includeOleData", options.include_ole_data),
        ];
        if let Some((name, _)) = off.iter().find(|(_, value)| *value == Some(true)) {
            return Err(unsupported(name, "leave it out or set it to `false`"));
        }
        if options.slides_layout_options.is_some() {
            return Err(unsupported(
                "slidesLayoutOptions",
                "leave it out: notes and handouts are not drawn yet",
            ));
        }
        fonts(
            options.font_fallback_rules.as_deref(),
            options.font_subst_rules.as_deref(),
        )
    }

    fn image(&mut self, options: &ImageExportOptions) -> Result<(), EngineError> {
        self.show_hidden = options.show_hidden_slides.unwrap_or(false);
        self.default_family
            .clone_from(&options.default_regular_font);
        self.size = (
            positive("width", options.width)?,
            positive("height", options.height)?,
        );
        if options.slides_layout_options.is_some() {
            return Err(unsupported(
                "slidesLayoutOptions",
                "leave it out: notes and handouts are not drawn yet",
            ));
        }
        fonts(
            options.font_fallback_rules.as_deref(),
            options.font_subst_rules.as_deref(),
        )
    }

    fn note(&mut self, option: &str, message: &str) {
        self.warnings.push((
            "option".to_owned(),
            format!("`{option}` is not honoured: {message}"),
        ));
    }

    /// Pixels for a slide of this size in EMU: 96 to the inch, the asked-for sides, or one of them with the other
    /// by the aspect ratio.
    pub(super) fn pixels(&self, slide: (i64, i64)) -> (u32, u32) {
        const EMU_PER_PIXEL: f64 = 9525.0;
        let (width, height) = (slide.0 as f64, slide.1 as f64);
        let whole = |value: f64| (value.round() as u32).max(1);
        match self.size {
            (Some(width), Some(height)) => (width, height),
            (Some(w), None) => (w, whole(f64::from(w) * height / width)),
            (None, Some(h)) => (whole(f64::from(h) * width / height), h),
            (None, None) => (whole(width / EMU_PER_PIXEL), whole(height / EMU_PER_PIXEL)),
        }
    }
}

fn fonts<A, B>(fallback: Option<&[A]>, substitute: Option<&[B]>) -> Result<(), EngineError> {
    if fallback.is_some_and(|rules| !rules.is_empty()) {
        return Err(unsupported(
            "fontFallbackRules",
            "leave it out or use `defaultRegularFont`",
        ));
    }
    if substitute.is_some_and(|rules| !rules.is_empty()) {
        return Err(unsupported(
            "fontSubstRules",
            "leave it out or use `defaultRegularFont`",
        ));
    }
    Ok(())
}

fn positive(name: &str, value: Option<i32>) -> Result<Option<u32>, EngineError> {
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

fn refused(option: &str, value: impl std::fmt::Display, instead: &str) -> EngineError {
    EngineError::new(
        ErrorKind::InvalidOption,
        format!("option `{option}` cannot be `{value}`: {instead}"),
    )
}

fn unsupported(option: &str, instead: &str) -> EngineError {
    EngineError::new(
        ErrorKind::InvalidOption,
        format!("option `{option}` is not supported yet: {instead}"),
    )
}

#[cfg(test)]
mod tests {
    use slides_types::{AccessPermissions, ExportFormat};

    use super::*;

    fn pdf(change: impl FnOnce(&mut PdfExportOptions)) -> Result<Settings, EngineError> {
        let mut options = PdfExportOptions::default();
        change(&mut options);
        let options = ExportOptions::Pdf(Box::new(options));
        let mut job = Job::new(&[], ExportFormat::Pdf);
        job.options = Some(&options);
        Settings::read(&job)
    }

    #[test]
    fn options_that_would_change_the_result_are_refused_by_name() {
        type Change = fn(&mut PdfExportOptions);
        let rows: [(&str, Change); 7] = [
            ("password", |o| o.password = Some("x".into())),
            ("compliance", |o| o.compliance = Some(PdfCompliance::PdfA2b)),
            ("accessPermissions", |o| {
                o.access_permissions = Some(AccessPermissions::default());
            }),
            ("hideInk", |o| o.hide_ink = Some(true)),
            ("jpegQuality", |o| o.jpeg_quality = Some(101)),
            ("sufficientResolution", |o| {
                o.sufficient_resolution = Some(f64::NAN);
            }),
            ("fontSubstRules", |o| {
                o.font_subst_rules = Some(vec![slides_types::FontSubstRule::default()]);
            }),
        ];
        for (name, change) in rows {
            let error = pdf(change).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidOption);
            assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        }
    }

    #[test]
    fn options_at_their_defaults_are_accepted() {
        let settings = pdf(|o| {
            o.hide_ink = Some(false);
            o.password = Some(String::new());
            o.font_subst_rules = Some(Vec::new());
            o.compliance = Some(PdfCompliance::Pdf17);
            o.text_compression = Some(TextCompression::Flate);
            o.draw_slides_frame = Some(true);
        })
        .unwrap();
        assert!(settings.frame && settings.warnings.is_empty() && !settings.show_hidden);
    }

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
