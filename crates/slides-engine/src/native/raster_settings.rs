//! The options of pictures: PNG, JPEG, BMP, GIF, TIFF.

use slides_render::{BlackWhite, TiffCompression, TiffOptions, TiffPixels};
use slides_types::{
    BlackWhiteConversionMode, ExportFormat, GifExportOptions, ImageExportOptions, PixelFormat,
    TiffExportOptions,
};

use crate::api::EngineError;

use super::arrange::Arrangement;
use super::settings::{Settings, positive, refused};

/// Hundredths of a second that a slide of a GIF is shown when nothing else is asked for.
const DELAY: u16 = 100;
/// Resolutions that may be asked for, dots per inch.
const RESOLUTIONS: std::ops::RangeInclusive<i32> = 1..=2400;

/// Settings of pictures as the options ask for them.
#[derive(Debug)]
pub(super) struct RasterSettings {
    /// What a page of a TIFF is written as. Its resolution is that of pages without a size of their own.
    pub(super) tiff: TiffOptions,
    /// Hundredths of a second that a slide of a GIF is shown.
    pub(super) delay: u16,
}

impl Default for RasterSettings {
    fn default() -> Self {
        Self {
            tiff: TiffOptions::default(),
            delay: DELAY,
        }
    }
}

impl Settings {
    /// What all pictures have.
    fn picture(
        &mut self,
        hidden: Option<bool>,
        family: Option<&str>,
        (width, height): (Option<i32>, Option<i32>),
    ) -> Result<(), EngineError> {
        self.show_hidden = hidden.unwrap_or(false);
        self.default_family = family.map(str::to_owned);
        self.size = (positive("width", width)?, positive("height", height)?);
        Ok(())
    }

    pub(super) fn image(
        &mut self,
        options: &ImageExportOptions,
        format: ExportFormat,
    ) -> Result<(), EngineError> {
        let size = (options.width, options.height);
        self.picture(
            options.show_hidden_slides,
            options.default_regular_font.as_deref(),
            size,
        )?;
        self.arrangement = Arrangement::read(options.slides_layout_options.as_ref(), format)?;
        Ok(())
    }

    pub(super) fn gif(&mut self, options: &GifExportOptions) -> Result<(), EngineError> {
        let size = (options.width, options.height);
        self.picture(
            options.export_hidden_slides,
            options.default_regular_font.as_deref(),
            size,
        )?;
        // The vendor's kits send 0 for "not set".
        if let Some(delay) = options.default_delay.filter(|delay| *delay != 0) {
            let hundredths = u16::try_from((i64::from(delay) + 5) / 10).ok();
            self.raster.delay = hundredths.filter(|delay| *delay > 0).ok_or_else(|| {
                refused(
                    "defaultDelay",
                    delay,
                    "allowed are 10 to 655350 milliseconds",
                )
            })?;
        }
        Ok(())
    }

    pub(super) fn tiff(&mut self, options: &TiffExportOptions) -> Result<(), EngineError> {
        let size = (options.width, options.height);
        self.picture(
            options.show_hidden_slides,
            options.default_regular_font.as_deref(),
            size,
        )?;
        self.arrangement =
            Arrangement::read(options.slides_layout_options.as_ref(), ExportFormat::Tiff)?;
        let tiff = &mut self.raster.tiff;
        let compression = options
            .compression
            .map_or("Default", |asked| asked.as_str());
        tiff.compression = match compression {
            "None" => TiffCompression::None,
            "CCITT3" => TiffCompression::Ccitt3,
            "CCITT4" => TiffCompression::Ccitt4,
            "RLE" => TiffCompression::PackBits,
            _ => TiffCompression::Lzw,
        };
        let fax = matches!(
            tiff.compression,
            TiffCompression::Ccitt3 | TiffCompression::Ccitt4
        );
        tiff.pixels = match options.pixel_format {
            Some(PixelFormat::Format1bppIndexed) => TiffPixels::BlackWhite,
            Some(other) if fax => {
                return Err(refused(
                    "pixelFormat",
                    other.as_str(),
                    "CCITT compression holds black and white alone: leave it out or use `Format1bppIndexed`",
                ));
            }
            None if fax => TiffPixels::BlackWhite,
            Some(PixelFormat::Format4bppIndexed) => TiffPixels::Colors16,
            Some(PixelFormat::Format8bppIndexed) => TiffPixels::Colors256,
            Some(PixelFormat::Format32bppArgb) => TiffPixels::Rgba,
            _ => TiffPixels::Rgb,
        };
        tiff.black_white = match options.bw_conversion_mode {
            Some(BlackWhiteConversionMode::Auto | BlackWhiteConversionMode::AutoOtsu) => {
                BlackWhite::Otsu
            }
            Some(BlackWhiteConversionMode::Threshold25) => BlackWhite::Threshold(0.25),
            Some(BlackWhiteConversionMode::Threshold50) => BlackWhite::Threshold(0.5),
            Some(BlackWhiteConversionMode::Threshold75) => BlackWhite::Threshold(0.75),
            _ => BlackWhite::Dithered,
        };
        let colors = tiff.pixels != TiffPixels::BlackWhite;
        let across = dots("dpiX", options.dpi_x)?;
        let down = dots("dpiY", options.dpi_y)?;
        let or = |dots: Option<f64>, other: Option<f64>| dots.or(other).unwrap_or(96.0);
        tiff.dpi = (or(across, down), or(down, across));
        if colors
            && options
                .bw_conversion_mode
                .is_some_and(|mode| mode.as_str() != "Default")
        {
            self.note(
                "bwConversionMode",
                "pages have colours: it is used with `Format1bppIndexed` and CCITT compression alone",
            );
        }
        Ok(())
    }
}

fn dots(name: &str, value: Option<i32>) -> Result<Option<f64>, EngineError> {
    match value {
        None | Some(0) => Ok(None),
        Some(value) if RESOLUTIONS.contains(&value) => Ok(Some(f64::from(value))),
        Some(value) => Err(refused(name, value, "allowed are 1 to 2400 dots per inch")),
    }
}
