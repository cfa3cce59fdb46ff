use serde_json::{Value, json};

use crate::{
    ExportFormat, ExportOptions, ExportOptionsClass, HandoutType, OptionsError, PdfCompliance,
    PdfExportOptions, SlidesLayoutOptions, TextCompression,
};

fn pdf(value: &Value) -> Result<PdfExportOptions, OptionsError> {
    match ExportOptions::from_json(ExportFormat::Pdf, value)? {
        ExportOptions::Pdf(options) => Ok(*options),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_spelling_of_the_same_options() {
    for value in [
        json!({ "format": "pdf", "jpegQuality": 90, "embedFullFonts": true }),
        json!({ "Format": "pdf", "JpegQuality": 90, "EmbedFullFonts": 1 }),
        json!({ "JPEGQUALITY": "90", "EmbedFullFonts": "True", "Compliance": null }),
        json!({ "jpegQuality": 90.0, "embedFullFonts": "1" }),
        json!({ "format": "html5", "jpegQuality": "90.0", "embedFullFonts": 1.0 }),
    ] {
        let expected = PdfExportOptions {
            jpeg_quality: Some(90),
            embed_full_fonts: Some(true),
            ..PdfExportOptions::default()
        };
        assert_eq!(pdf(&value).unwrap(), expected, "{value}");
    }
}

#[test]
fn enums_as_text_in_any_case_or_as_index() {
    let options = pdf(&json!({ "compliance": "pdfa1B", "textCompression": 1 })).unwrap();
    assert_eq!(options.compliance, Some(PdfCompliance::PdfA1b));
    assert_eq!(options.text_compression, Some(TextCompression::Flate));
}

#[test]
fn odd_spelling_of_ascii_is_the_same_field() {
    let options = pdf(&json!({ "EmbedTrueTypeFontsForASCII": true })).unwrap();
    assert_eq!(options.embed_true_type_fonts_for_ascii, Some(true));
    assert!(options.extra.is_empty());
}

#[test]
fn bad_values_name_field_and_allowed_values() {
    for (value, message) in [
        (
            json!({ "TextCompression": "zip" }),
            "invalid value `zip` for `textCompression`: expected one of `None`, `Flate`",
        ),
        (
            json!({ "textCompression": 2 }),
            "invalid value `2` for `textCompression`: expected one of `None`, `Flate`",
        ),
        (
            json!({ "jpegQuality": 101 }),
            "invalid value `101` for `jpegQuality`: expected a whole number from 0 to 100",
        ),
        (
            json!({ "jpegQuality": "good" }),
            "invalid value `good` for `jpegQuality`: expected a whole number",
        ),
        (
            json!({ "width": 12.5 }),
            "invalid value `12.5` for `width`: expected a whole number",
        ),
        (
            json!({ "hideInk": "maybe" }),
            "invalid value `maybe` for `hideInk`: expected `true` or `false`",
        ),
        (
            json!({ "sufficientResolution": "NaN" }),
            "invalid value `NaN` for `sufficientResolution`: expected a number",
        ),
        (
            json!({ "fontSubstRules": [{}, { "notFoundOnly": 3 }] }),
            "invalid value `3` for `fontSubstRules[1].notFoundOnly`: expected `true` or `false`",
        ),
        (
            json!({ "slidesLayoutOptions": { "layoutType": "Grid" } }),
            "invalid value `Grid` for `slidesLayoutOptions.layoutType`: expected one of `NotesComments`, `Handout`",
        ),
        (
            json!({ "slidesLayoutOptions": {} }),
            "field `slidesLayoutOptions.layoutType` is missing or empty: expected one of `NotesComments`, `Handout`",
        ),
        (json!([1]), "invalid value `[..]`: expected an object"),
    ] {
        assert_eq!(pdf(&value).unwrap_err().to_string(), message, "{value}");
    }
}

#[test]
fn the_password_is_never_shown() {
    let options = pdf(&json!({ "password": "hush-hush" })).unwrap();
    assert_eq!(options.password.as_deref(), Some("hush-hush"));
    assert!(!format!("{options:?}").contains("hush"));
    assert!(!format!("{:?}", ExportOptions::from(options)).contains("hush"));
    let error = pdf(&json!({ "password": ["hush-hush"] })).unwrap_err();
    assert_eq!(
        (error.field.as_str(), error.value.as_str()),
        ("password", "[redacted]")
    );
}

#[test]
fn layouts_are_told_apart_by_tag_or_by_their_fields() {
    for layout in [
        json!({ "layoutType": "handout", "Handout": "handouts4horizontal" }),
        json!({ "Handout": "Handouts4Horizontal", "LayoutType": null }),
        json!({ "LayoutType": 1, "Handout": 3 }),
    ] {
        let options = pdf(&json!({ "slidesLayoutOptions": layout })).unwrap();
        let Some(SlidesLayoutOptions::Handout(handout)) = options.slides_layout_options else {
            panic!("{layout}");
        };
        assert_eq!(handout.handout, Some(HandoutType::Handouts4Horizontal));
    }
}

#[test]
fn written_in_camel_case_with_the_constant_of_the_class() {
    let value = json!({ "Width": 640, "ShowHiddenSlides": 0, "Shiny": [1], "SlidesLayoutOptions": { "LayoutType": "NotesComments", "NotesPosition": "BottomFull" } });
    let options = ExportOptions::from_json(ExportFormat::Png, &value).unwrap();
    assert_eq!(options.class(), ExportOptionsClass::Image);
    assert_eq!(
        options.to_json(ExportFormat::Png),
        json!({
            "format": "image", "width": 640, "showHiddenSlides": false, "Shiny": [1],
            "slidesLayoutOptions": { "layoutType": "NotesComments", "notesPosition": "BottomFull" }
        })
    );
}

#[test]
fn options_of_every_format_survive_the_wire() {
    let value = json!({
        "defaultRegularFont": "Carlito", "gradientStyle": "PowerPointUI", "unknown": { "a": [null, 1.5] },
        "fontFallbackRules": [{ "rangeStartIndex": 0x600, "rangeEndIndex": 0x6ff, "fallbackFontList": ["A", "B"] }],
        "fontSubstRules": [{ "sourceFont": "A", "targetFont": "B", "notFoundOnly": false }]
    });
    for format in ExportFormat::ALL {
        let options = ExportOptions::from_json(*format, &value).unwrap();
        let written = options.to_json(*format);
        assert_eq!(
            ExportOptions::from_json(*format, &written).unwrap(),
            options,
            "{format}"
        );
        assert_eq!(
            serde_json::from_value::<ExportOptions>(written).unwrap(),
            options,
            "{format}"
        );
    }
}

#[test]
fn without_any_key_the_class_is_asked_for() {
    let error = serde_json::from_str::<ExportOptions>("{}").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("field `format` is missing or empty: expected one of `pdf`, `image`"),
        "{error}"
    );
}
