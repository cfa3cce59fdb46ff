//! What becomes of each option of each format. No option is dropped in silence: what is not in this table, or has a
//! value that cannot be honoured, is an error that names it.

use serde_json::Value;
use slides_types::{ExportFormat, ExportOptions, ExportOptionsClass};

use crate::api::{EngineError, ErrorKind};

/// What the native engine does with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionSupport {
    /// The result follows it; a value that cannot be followed is an error.
    Honoured,
    /// Taken and without effect, for this reason; a warning says so.
    NoEffect(&'static str),
    /// Refused unless it is not set: absent, `false`, 0, empty or `Default`. Says what to do instead.
    Refused(&'static str),
}

use OptionSupport::{Honoured, NoEffect, Refused};

type Row = (&'static str, OptionSupport);

const OFF: &str = "leave it out or set it to `false`";
const VECTORS: &str = "metafiles are drawn as vectors";
const NO_LIGATURES: &str = "ligatures are never set, as in PowerPoint";
const NO_OBJECTS: &str = "embedded objects do not go into this format";
const AS_POWERPOINT: &str = "gradients are drawn as PowerPoint draws them";
const PAGE_SIZE: &str = "pages have the size of the slides";
const NO_SCRIPTS: &str = "links that run scripts are never written";
const NOT_DRAWN: &str = "nothing is drawn for this format";

/// Of all classes that are drawn.
const COMMON: &[Row] = &[
    ("defaultRegularFont", Honoured),
    ("deleteEmbeddedBinaryObjects", NoEffect(NO_OBJECTS)),
    ("gradientStyle", NoEffect(AS_POWERPOINT)),
    ("fontFallbackRules", Honoured),
    ("fontSubstRules", Honoured),
];
const PICTURE: &[Row] = &[
    ("skipJavaScriptLinks", NoEffect("pictures have no links")),
    ("width", Honoured),
    ("height", Honoured),
];
const PDF: &[Row] = &[
    ("skipJavaScriptLinks", NoEffect(NO_SCRIPTS)),
    ("width", NoEffect(PAGE_SIZE)),
    ("height", NoEffect(PAGE_SIZE)),
    ("textCompression", Honoured),
    (
        "embedFullFonts",
        Refused("leave it out or set it to `false`: only the glyphs in use are embedded"),
    ),
    ("compliance", Honoured),
    ("sufficientResolution", Honoured),
    ("jpegQuality", Honoured),
    ("drawSlidesFrame", Honoured),
    ("showHiddenSlides", Honoured),
    ("saveMetafilesAsPng", NoEffect(VECTORS)),
    ("password", Honoured),
    (
        "embedTrueTypeFontsForAscii",
        NoEffect("fonts are always embedded"),
    ),
    (
        "additionalCommonFontFamilies",
        NoEffect("fonts are always embedded"),
    ),
    ("slidesLayoutOptions", Honoured),
    (
        "imageTransparentColor",
        NoEffect("it is used with `applyImageTransparent` alone"),
    ),
    ("applyImageTransparent", Refused(OFF)),
    ("accessPermissions", Honoured),
    ("hideInk", Refused(OFF)),
    (
        "interpretMaskOpAsOpacity",
        NoEffect("masks of metafiles are drawn as they are"),
    ),
    (
        "rasterizeUnsupportedFontStyles",
        NoEffect("there are no such styles"),
    ),
    ("includeOleData", Refused(OFF)),
];
const XPS: &[Row] = &[
    ("skipJavaScriptLinks", NoEffect(NO_SCRIPTS)),
    ("width", NoEffect(PAGE_SIZE)),
    ("height", NoEffect(PAGE_SIZE)),
    ("showHiddenSlides", Honoured),
    ("saveMetafilesAsPng", NoEffect(VECTORS)),
    ("drawSlidesFrame", Honoured),
];
const XAML: &[Row] = &[
    ("skipJavaScriptLinks", NoEffect(NO_SCRIPTS)),
    ("width", NoEffect(PAGE_SIZE)),
    ("height", NoEffect(PAGE_SIZE)),
    ("exportHiddenSlides", Honoured),
];
const IMAGE: &[Row] = &[
    ("showHiddenSlides", Honoured),
    ("slidesLayoutOptions", Honoured),
];
const TIFF: &[Row] = &[
    ("compression", Honoured),
    ("dpiX", Honoured),
    ("dpiY", Honoured),
    ("showHiddenSlides", Honoured),
    ("pixelFormat", Honoured),
    ("slidesLayoutOptions", Honoured),
    ("bwConversionMode", Honoured),
];
const GIF: &[Row] = &[
    ("exportHiddenSlides", Honoured),
    (
        "transitionFps",
        NoEffect("slides follow each other without transitions"),
    ),
    ("defaultDelay", Honoured),
];
const WEB: &[Row] = &[("skipJavaScriptLinks", NoEffect(NO_SCRIPTS))];
const SVG: &[Row] = &[
    ("width", Honoured),
    ("height", Honoured),
    ("vectorizeText", Honoured),
    ("metafileRasterizationDpi", NoEffect(VECTORS)),
    ("disable3DText", NoEffect("text is drawn without depth")),
    (
        "disableGradientSplit",
        NoEffect("gradients are never split"),
    ),
    (
        "disableLineEndCropping",
        NoEffect("lines end as in PowerPoint"),
    ),
    ("jpegQuality", Honoured),
    ("picturesCompression", Honoured),
    ("deletePicturesCroppedAreas", Honoured),
    ("externalFontsHandling", Honoured),
    ("useFrameSize", NoEffect("slides are written, not frames")),
    (
        "useFrameRotation",
        NoEffect("slides are written, not frames"),
    ),
    ("disableFontLigatures", NoEffect(NO_LIGATURES)),
];
const HTML: &[Row] = &[
    ("width", NoEffect(PAGE_SIZE)),
    ("height", NoEffect(PAGE_SIZE)),
    ("saveAsZip", Honoured),
    ("subDirectoryName", Honoured),
    ("showHiddenSlides", Honoured),
    ("svgResponsiveLayout", Honoured),
    ("jpegQuality", Honoured),
    ("picturesCompression", Honoured),
    ("deletePicturesCroppedAreas", Honoured),
    ("slidesLayoutOptions", Honoured),
    ("disableFontLigatures", NoEffect(NO_LIGATURES)),
];
const HTML5: &[Row] = &[
    ("width", NoEffect(PAGE_SIZE)),
    ("height", NoEffect(PAGE_SIZE)),
    ("animateTransitions", Honoured),
    ("animateShapes", Honoured),
    ("embedImages", Honoured),
    ("templatesPath", Refused("leave it out")),
    ("slidesLayoutOptions", Honoured),
    ("disableFontLigatures", NoEffect(NO_LIGATURES)),
];
const MARKDOWN: &[Row] = &[
    ("width", NoEffect(NOT_DRAWN)),
    ("height", NoEffect(NOT_DRAWN)),
    ("exportType", Honoured),
    ("flavor", Honoured),
    ("newLineType", Honoured),
    ("imagesSaveFolderName", Honoured),
    ("showSlideNumber", Honoured),
    ("showComments", Honoured),
    ("showHiddenSlides", Honoured),
    ("removeEmptyLines", Honoured),
    ("handleRepeatedSpaces", Honoured),
    ("slideNumberFormat", Honoured),
];
const PPTX: &[Row] = &[
    ("defaultRegularFont", NoEffect(NOT_DRAWN)),
    (
        "deleteEmbeddedBinaryObjects",
        Refused("embedded objects are kept, leave it out or set it to `false`"),
    ),
    ("gradientStyle", NoEffect(NOT_DRAWN)),
    ("fontFallbackRules", NoEffect(NOT_DRAWN)),
    ("fontSubstRules", NoEffect(NOT_DRAWN)),
    (
        "skipJavaScriptLinks",
        Refused("links are kept, leave it out or set it to `false`"),
    ),
    ("width", NoEffect(NOT_DRAWN)),
    ("height", NoEffect(NOT_DRAWN)),
    ("conformance", Honoured),
    ("zip64Mode", Honoured),
    ("compressionLevel", Honoured),
    (
        "refreshThumbnail",
        Refused("the thumbnail is kept as it is, leave it out or set it to `false`"),
    ),
];

/// The rows of a class; none of classes that the native engine does not write.
fn rows(class: ExportOptionsClass) -> &'static [&'static [Row]] {
    match class {
        ExportOptionsClass::Pdf => &[COMMON, PDF],
        ExportOptionsClass::Xps => &[COMMON, XPS],
        ExportOptionsClass::Xaml => &[COMMON, XAML],
        ExportOptionsClass::Image => &[COMMON, PICTURE, IMAGE],
        ExportOptionsClass::Tiff => &[COMMON, PICTURE, TIFF],
        ExportOptionsClass::Gif => &[COMMON, PICTURE, GIF],
        ExportOptionsClass::Svg => &[COMMON, WEB, SVG],
        ExportOptionsClass::Html => &[COMMON, WEB, HTML],
        ExportOptionsClass::Html5 => &[COMMON, WEB, HTML5],
        ExportOptionsClass::Markdown => &[COMMON, WEB, MARKDOWN],
        ExportOptionsClass::Pptx => &[PPTX],
        _ => &[],
    }
}

/// What the native engine does with the options of a format, in the order of the API's documentation. Empty for
/// formats that it does not write.
pub fn option_support(format: ExportFormat) -> Vec<(&'static str, OptionSupport)> {
    if !super::formats::writes(format) {
        return Vec::new();
    }
    rows(format.options_class())
        .iter()
        .flat_map(|rows| rows.iter().copied())
        .map(|(name, support)| match name {
            "zip64Mode" | "compressionLevel" if format == ExportFormat::Xml => {
                (name, NoEffect("the document is no ZIP"))
            }
            _ => (name, support),
        })
        .collect()
}

/// Names of the options that ask for something, as they are on the wire; those that are at rest (`false`, 0, empty,
/// `Default`) are not among them.
pub fn options_in_use(options: &ExportOptions, format: ExportFormat) -> Vec<String> {
    given(options, format)
        .into_iter()
        .filter(|(_, value)| !is_at_rest(value))
        .map(|(name, _)| name)
        .collect()
}

fn given(options: &ExportOptions, format: ExportFormat) -> Vec<(String, Value)> {
    match options.to_json(format) {
        Value::Object(map) => map
            .into_iter()
            .filter(|(name, value)| name != "format" && !value.is_null())
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a value asks for nothing; the vendor's kits send these for "not set".
fn is_at_rest(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "Default",
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) => false,
    }
}

/// Holds a job's options against the table. What has no effect comes back as (option, reason).
pub(super) fn check(
    options: &ExportOptions,
    format: ExportFormat,
) -> Result<Vec<(String, &'static str)>, EngineError> {
    if options.class() != format.options_class() {
        let text = format!(
            "the options are of the class `{}`, and `{}` takes those of the class `{}`",
            options.class().as_str(),
            format.as_str(),
            format.options_class().as_str()
        );
        return Err(EngineError::new(ErrorKind::InvalidOption, text));
    }
    let rows = option_support(format);
    let mut without_effect = Vec::new();
    for (name, value) in given(options, format) {
        let row = rows
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known));
        match row.map(|(_, support)| *support) {
            Some(Honoured) => {}
            Some(NoEffect(_) | Refused(_)) if is_at_rest(&value) => {}
            Some(NoEffect(reason)) => without_effect.push((name, reason)),
            Some(Refused(instead)) => return Err(super::settings::unsupported(&name, instead)),
            // Unknown keys are ignored (contract section 4).
            None => without_effect.push((name, "this format has no such option")),
        }
    }
    Ok(without_effect)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;
    use crate::api::Job;
    use crate::native::settings::Settings;

    /// Fields of a format's options as the generated model has them, in lower case without marks.
    fn model(format: ExportFormat) -> BTreeSet<String> {
        let empty = ExportOptions::from_json(format, &json!({})).unwrap();
        // `Pdf(PdfExportOptions { default_regular_font: None, …, extra: {} })`
        let text = format!("{empty:?}");
        let fields = text.split_once('{').unwrap().1;
        fields
            .split(", ")
            .map(|field| field.split_once(':').unwrap().0.trim().replace('_', ""))
            .filter(|name| name != "extra")
            .collect()
    }

    fn lower(name: &str) -> String {
        name.to_ascii_lowercase()
    }

    fn native() -> impl Iterator<Item = ExportFormat> {
        let all = ExportFormat::ALL.iter().copied();
        all.filter(|format| crate::native::formats::writes(*format))
    }

    #[test]
    fn the_table_has_each_option_of_the_models_once() {
        for format in native() {
            let rows = option_support(format);
            let names: BTreeSet<String> = rows.iter().map(|(name, _)| lower(name)).collect();
            assert_eq!(names.len(), rows.len(), "{format:?}");
            assert_eq!(names, model(format), "{format:?}");
        }
    }

    /// Values that ask for something, of which at least one is of the option's type.
    fn values() -> Vec<Value> {
        let mut values: Vec<Value> = vec![
            json!(true),
            json!(false),
            json!(300),
            json!(40),
            json!("Arial"),
            json!("{0}!"),
            json!(["Arial"]),
            json!([{"sourceFont": "Arial", "targetFont": "Carlito"}]),
            json!([{"rangeStartIndex": 1, "rangeEndIndex": 2, "fallbackFontList": ["Arial"]}]),
            json!({"printDocument": true}),
            json!({"layoutType": "Handout", "handout": "Handouts2"}),
        ];
        // Texts of the enums.
        for text in [
            "None",
            "PowerPointUI",
            "PdfA2b",
            "LZW",
            "RLE",
            "CCITT4",
            "Format8bppIndexed",
            "AutoOtsu",
            "Dpi150",
            "Embed",
            "Iso29500Transitional",
            "Always",
            "Level3",
            "Sequential",
            "CommonMark",
            "Windows",
            "MultipleSpacesToNbsp",
        ] {
            values.push(json!(text));
        }
        values
    }

    /// What the options come to, and what is told about them.
    fn read(job: &Job<'_>) -> Result<(String, Vec<String>), EngineError> {
        if crate::native::package::format(job.format).is_some() {
            let mut out =
                crate::native::package::Output::new(job.options, job.format, &job.limits)?;
            let told = std::mem::take(&mut out.warnings);
            let told = told.into_iter().map(|warning| warning.message).collect();
            return Ok((format!("{out:?}"), told));
        }
        let mut settings = Settings::read(job)?;
        let told = std::mem::take(&mut settings.warnings);
        let told = told.into_iter().map(|(_, text)| text).collect();
        Ok((format!("{settings:?}"), told))
    }

    /// An option that another one hangs on.
    fn companion(name: &str) -> (&'static str, Value) {
        match name {
            "subDirectoryName" => ("saveAsZip", json!(true)),
            "slideNumberFormat" => ("showSlideNumber", json!(true)),
            "imagesSaveFolderName" => ("exportType", json!("Sequential")),
            _ => ("", Value::Null),
        }
    }

    #[test]
    fn each_option_of_each_format_is_honoured_told_of_or_refused_by_name() {
        for format in native() {
            for (name, support) in option_support(format) {
                let (other, set) = companion(name);
                let with = |value: Option<&Value>| {
                    let mut given = serde_json::Map::new();
                    given.insert(other.to_owned(), set.clone());
                    if let Some(value) = value {
                        given.insert(name.to_owned(), value.clone());
                    }
                    given.remove("");
                    ExportOptions::from_json(format, &Value::Object(given)).ok()
                };
                let alone = with(None).unwrap();
                let mut job = Job::new(&[], format);
                job.options = Some(&alone);
                let (rest, _) = read(&job).unwrap();
                let given: Vec<ExportOptions> = values()
                    .iter()
                    .filter_map(|value| with(Some(value)))
                    .collect();
                assert!(
                    !given.is_empty(),
                    "{format:?} {name}: no value is of its type"
                );
                let mut followed = false;
                let mut job = Job::new(&[], format);
                for options in &given {
                    job.options = Some(options);
                    let result = read(&job);
                    let at_rest = options_in_use(options, format).is_empty();
                    let named = |text: &str| lower(text).contains(&format!("`{}`", lower(name)));
                    match (support, result) {
                        (Honoured, Ok((settings, _))) => {
                            followed |= settings != rest;
                        }
                        (NoEffect(_), Ok((settings, told))) => {
                            assert_eq!(settings, rest, "{format:?} {name}");
                            assert!(
                                at_rest || told.iter().any(|text| named(text)),
                                "{format:?} {name}"
                            );
                        }
                        (Refused(_), Ok(_)) if at_rest => {}
                        (Honoured | Refused(_), Err(error)) => {
                            assert_eq!(error.kind, ErrorKind::InvalidOption);
                            assert!(named(&error.message), "{format:?} {name}: {error}");
                        }
                        (support, result) => {
                            panic!("{format:?} {name} is {support:?} and gives {result:?}")
                        }
                    }
                }
                assert!(
                    support != Honoured || followed,
                    "{format:?} {name}: nothing hangs on it"
                );
            }
        }
    }

    /// The table of `docs/options.md`, a section for each class of options that a native format takes.
    fn documented() -> String {
        let mut out = String::new();
        let mut seen = Vec::new();
        for format in native() {
            let rows = option_support(format);
            if seen.contains(&rows) {
                continue;
            }
            seen.push(rows.clone());
            let formats: Vec<&str> = native()
                .filter(|other| option_support(*other) == rows)
                .map(ExportFormat::as_str)
                .collect();
            let _ = write!(
                out,
                "\n## {}\n\n| option | what becomes of it |\n| --- | --- |\n",
                formats.join(", ")
            );
            for (name, support) in rows {
                let text = match support {
                    Honoured => "honoured".to_owned(),
                    NoEffect(reason) => format!("no effect, with a warning: {reason}"),
                    Refused(instead) => format!("refused: {instead}"),
                };
                let _ = writeln!(out, "| `{name}` | {text} |");
            }
        }
        out
    }

    /// `SLIDES_UPDATE_DOCS=1` writes the table anew.
    #[test]
    fn the_documentation_has_this_table() {
        const MARK: &str = "<!-- written from the table in slides-engine: see its test -->\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/options.md");
        let found = std::fs::read_to_string(path).unwrap();
        let (head, table) = found.split_once(MARK).unwrap();
        if std::env::var_os("SLIDES_UPDATE_DOCS").is_some() {
            std::fs::write(path, format!("{head}{MARK}{}", documented())).unwrap();
            return;
        }
        assert_eq!(table, documented(), "run with SLIDES_UPDATE_DOCS=1");
    }

    #[test]
    fn unknown_options_are_told_of() {
        let options =
            ExportOptions::from_json(ExportFormat::Png, &json!({"colour": "red"})).unwrap();
        let told = check(&options, ExportFormat::Png).unwrap();
        assert_eq!(
            told,
            [("colour".to_owned(), "this format has no such option")]
        );
    }

    #[test]
    fn options_of_another_class_are_refused() {
        let options = ExportOptions::from_json(ExportFormat::Pdf, &json!({})).unwrap();
        let error = check(&options, ExportFormat::Png).unwrap_err();
        assert!(error.to_string().contains("`image`"), "{error}");
    }

    #[test]
    fn values_at_rest_ask_for_nothing() {
        let given = json!({"hideInk": false, "jpegQuality": 0, "password": "", "fontSubstRules": [], "gradientStyle": "Default", "drawSlidesFrame": true});
        let options = ExportOptions::from_json(ExportFormat::Pdf, &given).unwrap();
        assert_eq!(
            options_in_use(&options, ExportFormat::Pdf),
            ["drawSlidesFrame"]
        );
        assert!(check(&options, ExportFormat::Pdf).unwrap().is_empty());
    }
}
