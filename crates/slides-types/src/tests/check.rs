//! What a client is told before it sends options.

use serde_json::{Value, json};

use crate::{
    ExportFormat as F, ExportOptions, FontFallbackRule, FontSubstRule, HandoutLayoutOptions,
    HandoutType, ImageExportOptions, MarkdownExportOptions, MarkdownFlavor, PdfCompliance,
    PdfExportOptions, TiffCompression, TiffExportOptions,
};

fn checked(format: F, value: &Value) -> String {
    let options = ExportOptions::from_json(format, value).unwrap();
    options
        .check(format)
        .map_or_else(|error| error.to_string(), |()| "ok".to_owned())
}

#[test]
fn values_out_of_bounds_are_named_with_what_is_allowed() {
    let side = |name: &str, value: i32| {
        format!("invalid value `{value}` for `{name}`: expected a whole number from 0 to 65535")
    };
    let number = |name: &str, value: i32, bounds: &str| {
        format!("invalid value `{value}` for `{name}`: expected a whole number {bounds}")
    };
    let archive = |level: &str, with: &str| {
        format!(
            "invalid value `{level}` for `compliance`: expected one of `Pdf15`, `Pdf16`, `Pdf17`, `PdfUa` with `{with}`"
        )
    };
    let color = |name: &str, value: &str| {
        format!("invalid value `{value}` for `{name}`: expected a colour as `#RRGGBB`")
    };
    for (format, value, expected) in [
        (F::Png, json!({ "width": -1 }), side("width", -1)),
        (F::Jpeg, json!({ "height": 65_536 }), side("height", 65_536)),
        (F::Pptx, json!({ "width": -7 }), side("width", -7)),
        (
            F::Pdf,
            json!({ "sufficientResolution": 0.5 }),
            "invalid value `0.5` for `sufficientResolution`: expected a number from 1 to 2400".into(),
        ),
        (
            F::Pdf,
            json!({ "compliance": "PdfA2b", "password": "x" }),
            archive("PdfA2b", "password"),
        ),
        (
            F::Pdf,
            json!({ "compliance": "PdfA1a", "accessPermissions": {} }),
            archive("PdfA1a", "accessPermissions"),
        ),
        (
            F::Pdf,
            json!({ "imageTransparentColor": "white" }),
            color("imageTransparentColor", "white"),
        ),
        (
            F::Pdf,
            json!({ "additionalCommonFontFamilies": ["Arial", " "] }),
            "field `additionalCommonFontFamilies[1]` is missing or empty: expected the name of a font".into(),
        ),
        (
            F::Html,
            json!({ "slidesLayoutOptions": { "layoutType": "NotesComments", "commentsAreaColor": "#12345g" } }),
            color("slidesLayoutOptions.commentsAreaColor", "#12345g"),
        ),
        (
            F::Html5,
            json!({ "slidesLayoutOptions": { "layoutType": "NotesComments", "commentsAreaWidth": -5 } }),
            side("slidesLayoutOptions.commentsAreaWidth", -5),
        ),
        (
            F::Tiff,
            json!({ "bwConversionMode": "Dithering", "compression": "LZW" }),
            "invalid value `Dithering` for `bwConversionMode`: expected `Default`, or `compression` `CCITT3` or `CCITT4`".into(),
        ),
        (
            F::Tiff,
            json!({ "bwConversionMode": "Auto" }),
            "invalid value `Auto` for `bwConversionMode`: expected `Default`, or `compression` `CCITT3` or `CCITT4`".into(),
        ),
        (F::Tiff, json!({ "dpiX": -1 }), number("dpiX", -1, "from 0 to 2400")),
        (F::Tiff, json!({ "dpiY": 2401 }), number("dpiY", 2401, "from 0 to 2400")),
        (F::Gif, json!({ "defaultDelay": 655_351 }), number("defaultDelay", 655_351, "from 0 to 655350")),
        (F::Gif, json!({ "transitionFps": -1 }), number("transitionFps", -1, "from 0")),
        (
            F::Svg,
            json!({ "metafileRasterizationDpi": 9999 }),
            number("metafileRasterizationDpi", 9999, "from 0 to 2400"),
        ),
        (F::Mpeg4, json!({ "transitionDuration": -1 }), number("transitionDuration", -1, "from 0")),
        (
            F::Mpeg4,
            json!({ "slidesTransitionDuration": -2 }),
            number("slidesTransitionDuration", -2, "from 0"),
        ),
        (
            F::Swf,
            json!({ "logoImage": "data:image/png" }),
            "invalid value `data:image/png` for `logoImage`: expected a picture in base64".into(),
        ),
        (
            F::Md,
            json!({ "defaultRegularFont": "" }),
            "field `defaultRegularFont` is missing or empty: expected the name of a font".into(),
        ),
        (
            F::Xps,
            json!({ "fontFallbackRules": [{ "fallbackFontList": ["A"] }, { "fallbackFontList": [] }] }),
            "field `fontFallbackRules[1].fallbackFontList` is missing or empty: expected names of fonts".into(),
        ),
        (
            F::Xaml,
            json!({ "fontFallbackRules": [{ "rangeStartIndex": 9, "rangeEndIndex": 8, "fallbackFontList": ["A"] }] }),
            number("fontFallbackRules[0].rangeEndIndex", 8, "from 9, the `rangeStartIndex`"),
        ),
        (
            F::Odp,
            json!({ "fontFallbackRules": [{ "rangeEndIndex": 0x11_0000, "fallbackFontList": ["A"] }] }),
            number("fontFallbackRules[0].rangeEndIndex", 0x11_0000, "from 0 to 1114111"),
        ),
        (
            F::Bmp,
            json!({ "fontSubstRules": [{ "sourceFont": "A" }] }),
            "field `fontSubstRules[0].targetFont` is missing or empty: expected the name of a font".into(),
        ),
    ] {
        assert_eq!(checked(format, &value), expected, "{format}: {value}");
    }
}

#[test]
fn values_at_their_bounds_are_good() {
    for (format, value) in [
        (F::Png, json!({ "width": 0, "height": 65_535 })),
        (
            F::Pdf,
            json!({ "jpegQuality": 0, "sufficientResolution": 1 }),
        ),
        (
            F::Pdf,
            json!({ "jpegQuality": 100, "sufficientResolution": 2400 }),
        ),
        (
            F::Pdf,
            json!({ "compliance": "PdfUa", "password": "x", "accessPermissions": {} }),
        ),
        (F::Pdf, json!({ "compliance": "PdfA3a", "password": "" })),
        (F::Pdf, json!({ "imageTransparentColor": "#FFaa00" })),
        (
            F::Tiff,
            json!({ "bwConversionMode": "Dithering", "compression": "CCITT4", "dpiX": 2400 }),
        ),
        (
            F::Tiff,
            json!({ "bwConversionMode": "Default", "compression": "LZW" }),
        ),
        (
            F::Gif,
            json!({ "defaultDelay": 655_350, "transitionFps": 25 }),
        ),
        (F::Swf, json!({ "logoImage": "iVBORw0KGgo=" })),
        (
            F::Xps,
            json!({ "fontFallbackRules": [{ "rangeStartIndex": 8, "rangeEndIndex": 8, "fallbackFontList": ["A"] }] }),
        ),
    ] {
        assert_eq!(checked(format, &value), "ok", "{format}: {value}");
    }
    for format in F::ALL {
        assert_eq!(checked(*format, &json!({})), "ok", "{format}");
    }
}

#[test]
fn bounds_of_the_description_hold_for_options_made_in_code() {
    let options = ExportOptions::from(PdfExportOptions::default().jpeg_quality(-1));
    assert_eq!(
        options.check(F::Pdf).unwrap_err().to_string(),
        "invalid value `-1` for `jpegQuality`: expected a whole number from 0 to 100"
    );
}

#[test]
fn the_class_of_the_options_is_that_of_the_format() {
    let pdf = ExportOptions::from(PdfExportOptions::default());
    let image = ExportOptions::from(ImageExportOptions::default());
    for format in F::ALL {
        assert_eq!(pdf.check(*format).is_ok(), *format == F::Pdf, "{format}");
    }
    assert_eq!(
        image.check(F::Tiff).unwrap_err().to_string(),
        "invalid value `image` for `format`: expected `tiff`, the class of an export to `Tiff`"
    );
    for format in [F::Png, F::Jpeg, F::Bmp, F::Emf] {
        image.check(format).unwrap();
    }
}

#[test]
fn setters_write_the_fields_they_are_named_after() {
    let pdf = PdfExportOptions::default()
        .default_regular_font("Carlito")
        .compliance(PdfCompliance::PdfA2b)
        .jpeg_quality(80)
        .sufficient_resolution(150.0)
        .additional_common_font_families(["Arial"])
        .font_fallback_rules([FontFallbackRule::default()
            .range_start_index(0x600)
            .range_end_index(0x6ff)
            .fallback_font_list(["Noto Naskh Arabic"])])
        .font_subst_rules([FontSubstRule::default().source_font("A").target_font("B")])
        .slides_layout_options(
            HandoutLayoutOptions::default().handout(HandoutType::Handouts4Horizontal),
        );
    assert_eq!(
        ExportOptions::from(pdf).to_json(F::Pdf),
        json!({
            "format": "pdf", "defaultRegularFont": "Carlito", "compliance": "PdfA2b", "jpegQuality": 80,
            "sufficientResolution": 150.0, "additionalCommonFontFamilies": ["Arial"],
            "fontFallbackRules": [{ "rangeStartIndex": 0x600, "rangeEndIndex": 0x6ff, "fallbackFontList": ["Noto Naskh Arabic"] }],
            "fontSubstRules": [{ "sourceFont": "A", "targetFont": "B" }],
            "slidesLayoutOptions": { "layoutType": "Handout", "handout": "Handouts4Horizontal" }
        })
    );
    let markdown = MarkdownExportOptions::default()
        .flavor(MarkdownFlavor::Github)
        .show_comments(true);
    assert_eq!(
        ExportOptions::from(markdown).to_json(F::Md),
        json!({ "format": "md", "flavor": "Github", "showComments": true })
    );
    let tiff = TiffExportOptions::default()
        .compression(TiffCompression::Lzw)
        .dpi_x(300);
    assert_eq!(
        ExportOptions::from(tiff).to_json(F::Tiff),
        json!({ "format": "tiff", "compression": "LZW", "dpiX": 300 })
    );
}
