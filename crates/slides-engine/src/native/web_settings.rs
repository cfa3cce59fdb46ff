//! The options of documents for browsers: SVG, HTML, HTML 5.

use slides_render::{HtmlOptions, HtmlWidth, SvgOptions, SvgText};
use slides_types::{
    ExternalFontsHandling, Html5ExportOptions, HtmlExportOptions, PicturesCompression,
    SvgExportOptions,
};

use crate::api::EngineError;

use super::arrange::Arrangement;
use super::settings::{Settings, positive, refused};

/// Folder of what lies beside an HTML document.
const FOLDER: &str = "slides_files";
/// Characters of a folder's name.
const MAX_FOLDER: usize = 64;

/// Settings of documents for browsers as the options ask for them.
#[derive(Debug, Default)]
pub(super) struct WebSettings {
    pub(super) html: HtmlOptions,
}

impl WebSettings {
    pub(super) fn svg(&self) -> &SvgOptions {
        &self.html.svg
    }

    /// Whether something on the pages appears by and by.
    pub(super) fn is_moving(&self) -> bool {
        self.html.animate_pages || self.html.animate_shapes
    }

    /// Whether pictures lie beside the document.
    pub(super) fn has_files(&self) -> bool {
        self.html.svg.picture_folder.is_some()
    }
}

impl Settings {
    pub(super) fn svg(&mut self, options: &SvgExportOptions) -> Result<(), EngineError> {
        self.default_family
            .clone_from(&options.default_regular_font);
        let svg = &mut self.web.html.svg;
        svg.size = (
            positive("width", options.width)?,
            positive("height", options.height)?,
        );
        svg.text = match options.external_fonts_handling {
            Some(ExternalFontsHandling::Embed) => SvgText::Embedded,
            Some(ExternalFontsHandling::Vectorize) => SvgText::Outlines,
            Some(ExternalFontsHandling::AddLinksToFontFiles) => {
                return Err(refused(
                    "externalFontsHandling",
                    "AddLinksToFontFiles",
                    "font files have no address: use `Embed` or `Vectorize`",
                ));
            }
            _ => SvgText::Named,
        };
        if options.vectorize_text == Some(true) {
            svg.text = SvgText::Outlines;
        }
        pictures(
            svg,
            options.pictures_compression,
            options.jpeg_quality,
            options.delete_pictures_cropped_areas,
        )
    }

    pub(super) fn html(&mut self, options: &HtmlExportOptions) -> Result<(), EngineError> {
        self.show_hidden = options.show_hidden_slides.unwrap_or(false);
        self.default_family
            .clone_from(&options.default_regular_font);
        let html = &mut self.web.html;
        html.width = match options.svg_responsive_layout {
            None => HtmlWidth::Fitting,
            Some(true) => HtmlWidth::Full,
            Some(false) => HtmlWidth::Fixed,
        };
        let folder = options
            .sub_directory_name
            .as_deref()
            .filter(|name| !name.is_empty());
        let folder = match folder {
            Some(name) => Some(folder_name("subDirectoryName", name)?),
            None => None,
        };
        if options.save_as_zip == Some(true) {
            let folder = folder.unwrap_or_else(|| FOLDER.to_owned());
            html.style_sheet = Some(format!("{folder}/slides.css"));
            html.svg.picture_folder = Some(folder);
        } else if folder.is_some() {
            self.note(
                "subDirectoryName",
                "the document is one file: it is used with `saveAsZip` alone",
            );
        }
        pictures(
            &mut self.web.html.svg,
            options.pictures_compression,
            options.jpeg_quality,
            options.delete_pictures_cropped_areas,
        )?;
        self.arrangement = Arrangement::read(
            options.slides_layout_options.as_ref(),
            slides_types::ExportFormat::Html,
        )?;
        Ok(())
    }

    pub(super) fn html5(&mut self, options: &Html5ExportOptions) -> Result<(), EngineError> {
        self.default_family
            .clone_from(&options.default_regular_font);
        if options.embed_images == Some(false) {
            self.web.html.svg.picture_folder = Some(FOLDER.to_owned());
        }
        self.arrangement = Arrangement::read(
            options.slides_layout_options.as_ref(),
            slides_types::ExportFormat::Html5,
        )?;
        let html = &mut self.web.html;
        html.animate_pages = options.animate_transitions == Some(true);
        html.animate_shapes = options.animate_shapes == Some(true);
        if self.arrangement != Arrangement::Slides {
            for (name, is_on) in [
                ("animateTransitions", options.animate_transitions),
                ("animateShapes", options.animate_shapes),
            ] {
                if is_on == Some(true) {
                    self.note(name, "pages with notes or of several slides do not move");
                }
            }
        }
        Ok(())
    }
}

fn pictures(
    svg: &mut SvgOptions,
    compression: Option<PicturesCompression>,
    quality: Option<i32>,
    cut: Option<bool>,
) -> Result<(), EngineError> {
    svg.max_image_dpi = match compression {
        Some(PicturesCompression::Dpi330) => Some(330.0),
        Some(PicturesCompression::Dpi220) => Some(220.0),
        Some(PicturesCompression::Dpi150) => Some(150.0),
        Some(PicturesCompression::Dpi96) => Some(96.0),
        Some(PicturesCompression::Dpi72) => Some(72.0),
        _ => None,
    };
    // The vendor's kits send 0 for "not set".
    if let Some(quality) = quality.filter(|quality| *quality != 0) {
        svg.jpeg_quality = u8::try_from(quality)
            .ok()
            .filter(|quality| (1..=100).contains(quality))
            .ok_or_else(|| refused("jpegQuality", quality, "allowed are 1 to 100"))?;
    }
    svg.cut_pictures = cut.unwrap_or(false);
    Ok(())
}

/// A folder's name that is one, on any machine.
pub(super) fn folder_name(option: &str, name: &str) -> Result<String, EngineError> {
    let good = |ch: char| ch.is_alphanumeric() || matches!(ch, ' ' | '-' | '_' | '.');
    let is_name = name.chars().count() <= MAX_FOLDER
        && name.chars().all(good)
        && !name.starts_with(['.', ' '])
        && !name.ends_with(['.', ' ']);
    if is_name {
        Ok(name.to_owned())
    } else {
        Err(refused(
            option,
            name,
            "allowed is one folder: up to 64 letters, digits, blanks, `-`, `_` and `.`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_do_not_lead_elsewhere() {
        for name in ["Images", "my pictures", "Bilder-ä_1.0"] {
            assert_eq!(folder_name("x", name).unwrap(), name);
        }
        for name in ["..", "a/b", "a\\b", ".hidden", "a:b", "x ", "\u{202E}"] {
            assert!(folder_name("x", name).is_err(), "{name}");
        }
    }
}
