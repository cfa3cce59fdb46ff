//! What can be told about options before they are sent.
//!
//! A client asks for these checks; reading does not make them, so that a server can take what other clients send. Upper
//! bounds are those of the file formats and of the API description; 0 stands for "not set", as other clients send it.

use crate::error::{OptionsError, one_of};
use crate::{
    BlackWhiteConversionMode, ExportFormat, ExportOptions, FontFallbackRule, FontSubstRule,
    PdfCompliance, PdfExportOptions, SlidesLayoutOptions, SwfExportOptions, TiffCompression,
    TiffExportOptions,
};

type Checked = Result<(), OptionsError>;

/// Longest side of a picture in pixels.
const MAX_SIDE: i32 = 65_535;
/// Highest resolution in dots per inch.
const MAX_DPI: i32 = 2400;
/// A GIF counts the time of a frame in sixteen bits of hundredths of a second.
const MAX_GIF_DELAY: i32 = 655_350;
/// Last Unicode scalar value.
const MAX_CHARACTER: i32 = 0x0010_ffff;

/// The fields that every class of options has.
macro_rules! common {
    ($options:expr) => {{
        let options = $options;
        filled(
            "defaultRegularFont",
            options.default_regular_font.as_deref(),
        )
        .and_then(|()| number("width", options.width, MAX_SIDE))
        .and_then(|()| number("height", options.height, MAX_SIDE))
        .and_then(|()| fallbacks(options.font_fallback_rules.as_deref()))
        .and_then(|()| substitutes(options.font_subst_rules.as_deref()))
    }};
}

impl ExportOptions {
    /// Checks the options for an export to `format`, as a client does before it sends them.
    ///
    /// ```
    /// use slides_types::{ExportFormat, ExportOptions, PdfExportOptions};
    ///
    /// let options = ExportOptions::from(PdfExportOptions::default().jpeg_quality(101));
    /// let error = options.check(ExportFormat::Pdf).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid value `101` for `jpegQuality`: expected a whole number from 0 to 100"
    /// );
    /// ```
    ///
    /// # Errors
    /// The class of the options is not that of the format, a value is out of its bounds, or two values contradict each
    /// other; the error names the field and what is allowed.
    pub fn check(&self, format: ExportFormat) -> Checked {
        let class = Self::class_of(format);
        if self.class() != class {
            let expected = format!("`{}`, the class of an export to `{format}`", class.as_str());
            return Err(wrong("format", self.class().as_str(), expected));
        }
        match self {
            Self::Pdf(options) => {
                options.check_ranges()?;
                layout(options.slides_layout_options.as_ref())?;
                common!(options)?;
                pdf(options)
            }
            Self::Image(options) => {
                layout(options.slides_layout_options.as_ref())?;
                common!(options)
            }
            Self::Tiff(options) => {
                layout(options.slides_layout_options.as_ref())?;
                common!(options)?;
                tiff(options)
            }
            Self::Gif(options) => {
                common!(options)?;
                number("transitionFps", options.transition_fps, i32::MAX)?;
                number("defaultDelay", options.default_delay, MAX_GIF_DELAY)
            }
            Self::Html(options) => {
                options.check_ranges()?;
                layout(options.slides_layout_options.as_ref())?;
                common!(options)
            }
            Self::Html5(options) => {
                layout(options.slides_layout_options.as_ref())?;
                common!(options)
            }
            Self::Svg(options) => {
                options.check_ranges()?;
                common!(options)?;
                let dpi = options.metafile_rasterization_dpi;
                number("metafileRasterizationDpi", dpi, MAX_DPI)
            }
            Self::Xps(options) => common!(options),
            Self::Pptx(options) => common!(options),
            Self::Xaml(options) => common!(options),
            Self::Markdown(options) => common!(options),
            Self::Video(options) => {
                common!(options)?;
                let seconds = options.slides_transition_duration;
                number("slidesTransitionDuration", seconds, i32::MAX)?;
                number("transitionDuration", options.transition_duration, i32::MAX)
            }
            Self::Swf(options) => {
                options.check_ranges()?;
                layout(options.slides_layout_options.as_ref())?;
                common!(options)?;
                swf(options)
            }
        }
    }
}

fn pdf(options: &PdfExportOptions) -> Checked {
    if let Some(dpi) = options.sufficient_resolution
        && !(1.0..=f64::from(MAX_DPI)).contains(&dpi)
    {
        let expected = format!("a number from 1 to {MAX_DPI}");
        return Err(wrong("sufficientResolution", &dpi.to_string(), expected));
    }
    color(
        "imageTransparentColor",
        options.image_transparent_color.as_deref(),
    )?;
    let fonts = options.additional_common_font_families.as_deref();
    names("additionalCommonFontFamilies", fonts.unwrap_or_default())?;
    let has_password = options.password.as_ref().is_some_and(|p| !p.is_empty());
    let protection = match (has_password, &options.access_permissions) {
        (true, _) => "password",
        (false, Some(_)) => "accessPermissions",
        (false, None) => return Ok(()),
    };
    match options.compliance {
        None
        | Some(
            PdfCompliance::Pdf15
            | PdfCompliance::Pdf16
            | PdfCompliance::Pdf17
            | PdfCompliance::PdfUa,
        ) => Ok(()),
        Some(archive) => {
            let allowed = ["Pdf15", "Pdf16", "Pdf17", "PdfUa"];
            let expected = format!("{} with `{protection}`", one_of(&allowed));
            Err(wrong("compliance", archive.as_str(), expected))
        }
    }
}

fn tiff(options: &TiffExportOptions) -> Checked {
    number("dpiX", options.dpi_x, MAX_DPI)?;
    number("dpiY", options.dpi_y, MAX_DPI)?;
    let fax = matches!(
        options.compression,
        Some(TiffCompression::Ccitt3 | TiffCompression::Ccitt4)
    );
    match options.bw_conversion_mode {
        Some(mode) if !fax && mode != BlackWhiteConversionMode::Default => {
            let expected = "`Default`, or `compression` `CCITT3` or `CCITT4`".to_owned();
            Err(wrong("bwConversionMode", mode.as_str(), expected))
        }
        _ => Ok(()),
    }
}

fn swf(options: &SwfExportOptions) -> Checked {
    let Some(logo) = options.logo_image.as_deref() else {
        return Ok(());
    };
    let digits = logo.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let whole = logo.len() % 4 == 0 && logo.len() - digits.len() <= 2;
    if whole && !digits.is_empty() && digits.bytes().all(is_digit) {
        Ok(())
    } else {
        Err(wrong("logoImage", logo, "a picture in base64".to_owned()))
    }
}

fn layout(layout: Option<&SlidesLayoutOptions>) -> Checked {
    let Some(SlidesLayoutOptions::NotesComments(notes)) = layout else {
        return Ok(());
    };
    number("commentsAreaWidth", notes.comments_area_width, MAX_SIDE)
        .and_then(|()| color("commentsAreaColor", notes.comments_area_color.as_deref()))
        .map_err(|error| error.inside("slidesLayoutOptions"))
}

fn fallbacks(rules: Option<&[FontFallbackRule]>) -> Checked {
    each("fontFallbackRules", rules, |rule| {
        let fonts = rule.fallback_font_list.as_deref().unwrap_or_default();
        if fonts.is_empty() {
            return Err(missing("fallbackFontList", "names of fonts"));
        }
        names("fallbackFontList", fonts)?;
        let (start, end) = (rule.range_start_index, rule.range_end_index);
        number("rangeStartIndex", start, MAX_CHARACTER)?;
        number("rangeEndIndex", end, MAX_CHARACTER)?;
        match (start, end) {
            (Some(start), Some(end)) if start > end => {
                let expected = format!("a whole number from {start}, the `rangeStartIndex`");
                Err(wrong("rangeEndIndex", &end.to_string(), expected))
            }
            _ => Ok(()),
        }
    })
}

fn substitutes(rules: Option<&[FontSubstRule]>) -> Checked {
    each("fontSubstRules", rules, |rule| {
        for (field, name) in [
            ("sourceFont", &rule.source_font),
            ("targetFont", &rule.target_font),
        ] {
            filled(field, Some(name.as_deref().unwrap_or_default()))?;
        }
        Ok(())
    })
}

fn each<T>(field: &str, rules: Option<&[T]>, check: impl Fn(&T) -> Checked) -> Checked {
    for (index, rule) in rules.unwrap_or_default().iter().enumerate() {
        check(rule).map_err(|error| error.inside(&format!("{field}[{index}]")))?;
    }
    Ok(())
}

fn names(field: &str, names: &[String]) -> Checked {
    each(field, Some(names), |name| {
        if name.trim().is_empty() {
            return Err(missing("", "the name of a font"));
        }
        Ok(())
    })
}

/// A name that is there must not be empty.
fn filled(field: &str, name: Option<&str>) -> Checked {
    match name {
        Some(name) if name.trim().is_empty() => Err(missing(field, "the name of a font")),
        _ => Ok(()),
    }
}

fn number(field: &str, value: Option<i32>, high: i32) -> Checked {
    match value {
        Some(number) if !(0..=high).contains(&number) => {
            let expected = if high == i32::MAX {
                "a whole number from 0".to_owned()
            } else {
                format!("a whole number from 0 to {high}")
            };
            Err(wrong(field, &number.to_string(), expected))
        }
        _ => Ok(()),
    }
}

/// `#RRGGBB`, or `#AARRGGBB`.
fn color(field: &str, text: Option<&str>) -> Checked {
    let Some(text) = text else {
        return Ok(());
    };
    let digits = text.strip_prefix('#').unwrap_or_default();
    if matches!(digits.len(), 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err(wrong(field, text, "a colour as `#RRGGBB`".to_owned()))
    }
}

fn wrong(field: &str, value: &str, expected: String) -> OptionsError {
    OptionsError::new(&value.into(), expected).inside(field)
}

fn missing(field: &str, expected: &str) -> OptionsError {
    OptionsError::new(&"".into(), expected).inside(field)
}
