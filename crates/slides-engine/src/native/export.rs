//! Laid-out pages to files.

use std::cell::Cell;
use std::io::Write;
use std::sync::Arc;

use kurbo::{Rect, Shape as _};
use slides_layout::{Arranger, LayoutOptions, Sheets};
use slides_ooxml::Deck;
use slides_render::{
    GifFrame, GifWriter, PdfOptions, PdfWriter, PicturePrefetch, Pixmap, PngCompression,
    RasterOptions, Rasterizer, TiffPage, TiffWriter, encode_bmp, encode_gif_frame, encode_jpeg,
    encode_png, encode_tiff_page,
};
use slides_scene::{Op, Page, Paint, Rgba, StrokeStyle, Tag};
use slides_types::ExportFormat;

use crate::api::{EngineError, ErrorKind, Job, Monitor, OutputFile, Report, Sink};

use super::arrange::sheets;
use super::errors::{from_render, guard, stopped};
use super::pipeline::in_order;
use super::settings::Settings;
use super::warnings::Warnings;

/// Quality of JPEG files: what is lost cannot be seen beside text.
const JPEG_QUALITY: u8 = 95;
/// Width in points of the frame that `drawSlidesFrame` asks for.
const FRAME_WIDTH: f64 = 1.0;

/// One job behind its checks.
pub(super) struct Export<'a> {
    pub(super) deck: &'a Deck,
    pub(super) pages: &'a [u32],
    /// First slide of each page; all of [`Self::pages`] but for handouts.
    pub(super) keys: &'a [u32],
    /// For pages that are more than slides.
    pub(super) arranger: Option<&'a Arranger<'a>>,
    pub(super) layout: &'a LayoutOptions,
    pub(super) settings: &'a Settings,
    pub(super) job: &'a Job<'a>,
    pub(super) threads: usize,
}

/// A file of one slide with what was drawn otherwise.
pub(super) struct SlideFile {
    pub(super) bytes: Vec<u8>,
    pub(super) warnings: Vec<(String, String)>,
}

/// The pixels of a page, their resolution, and what was drawn otherwise.
type Drawn = (Pixmap, f64, Vec<(String, String)>);

impl Export<'_> {
    pub(super) fn run(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
    ) -> Result<Report, EngineError> {
        let mut warnings = Warnings::default();
        for (feature, message) in &self.settings.warnings {
            warnings.add(None, feature, message.clone());
        }
        let total = self.keys.len() as u32;
        monitor.progress(0, total);
        if monitor.is_stopped() {
            return Err(stopped());
        }
        match self.job.format {
            ExportFormat::Pdf if !self.job.per_slide => {
                self.whole_pdf(sink, monitor, &mut warnings)?;
            }
            ExportFormat::Html | ExportFormat::Html5 => self.html(sink, monitor, &mut warnings)?,
            ExportFormat::Md => self.markdown(sink, monitor, &mut warnings)?,
            ExportFormat::Svg => self.svg(sink, monitor, &mut warnings)?,
            ExportFormat::Xps if !self.job.per_slide => self.xps(sink, monitor, &mut warnings)?,
            ExportFormat::Emf => self.emf(sink, monitor, &mut warnings)?,
            ExportFormat::Xaml => self.xaml(sink, monitor, &mut warnings)?,
            ExportFormat::Gif | ExportFormat::Tiff if !self.job.per_slide => {
                self.frames(sink, monitor, &mut warnings)?;
            }
            _ => self.file_a_slide(
                sink,
                monitor,
                &mut warnings,
                || self.rasterizer(),
                |rasterizer, number| self.slide_file(rasterizer, number),
            )?,
        }
        Ok(Report {
            slides: self.pages.len() as u32,
            warnings: warnings.finish(),
        })
    }

    /// All pages in one PDF. Pages are laid out ahead on the workers and written here, one by one.
    fn whole_pdf(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        let options = self.pdf_options(self.pages);
        let pictures = PicturePrefetch::new(&options);
        let mut writer = PdfWriter::new(options);
        let mut done = 0;
        in_order(
            self.keys,
            self.threads,
            || pictures.worker(),
            |worker, number| {
                let sheets = self.lay_out(number)?;
                // Decoding is done here, beside the layout, so that writing does not wait for it.
                let ready: Vec<_> = sheets
                    .pages
                    .iter()
                    .map(|page| pictures.page(worker, page))
                    .collect();
                Ok((sheets, ready))
            },
            |number, (sheets, ready)| {
                if monitor.is_stopped() {
                    return Err(stopped());
                }
                warnings.add_all(number, sheets.warnings);
                for (page, ready) in sheets.pages.iter().zip(ready) {
                    guard(
                        || format!("slide {number}"),
                        || writer.page_with(page, ready).map_err(from_render),
                    )?;
                }
                done += 1;
                monitor.progress(done, self.keys.len() as u32);
                Ok(())
            },
        )?;
        for warning in writer.warnings() {
            warnings.add(Some(warning.page), warning.feature, warning.message.clone());
        }
        if monitor.is_stopped() {
            return Err(stopped());
        }
        let bytes = guard(
            || "the PDF".to_owned(),
            || writer.finish().map_err(from_render),
        )?;
        let mut written = 0;
        self.write(
            sink,
            &OutputFile::whole(self.job.format),
            &bytes,
            &mut written,
        )
    }

    /// All pages in one GIF or TIFF. Pages are packed on the workers and written as they come.
    fn frames(
        &self,
        sink: &mut dyn Sink,
        monitor: &dyn Monitor,
        warnings: &mut Warnings,
    ) -> Result<(), EngineError> {
        let file = OutputFile::whole(self.job.format);
        let over = Cell::new(false);
        let failed = |cause| self.write_error(&file, over.get(), cause);
        let out = sink.create(&file).map_err(failed)?;
        let out = Bounded {
            out,
            left: self.job.limits.max_output_bytes,
            over: &over,
        };
        let total = self.keys.len() as u32;
        let mut writer = if self.job.format == ExportFormat::Gif {
            FrameWriter::Gif(Box::new(GifWriter::new(out)))
        } else {
            FrameWriter::Tiff(TiffWriter::new(out, total))
        };
        let mut done = 0;
        in_order(
            self.keys,
            self.threads,
            || self.rasterizer(),
            |rasterizer, number| {
                let (pixmap, _, warnings) = self.drawn(rasterizer, number)?;
                let frame = if self.job.format == ExportFormat::Gif {
                    Frame::Gif(
                        encode_gif_frame(&pixmap, self.settings.raster.delay)
                            .map_err(from_render)?,
                    )
                } else {
                    let options = &self.settings.raster.tiff;
                    Frame::Tiff(encode_tiff_page(&pixmap, options).map_err(from_render)?)
                };
                Ok((frame, warnings))
            },
            |number, (frame, found)| {
                if monitor.is_stopped() {
                    return Err(stopped());
                }
                warnings.add_all(number, found);
                writer.write(&frame).map_err(failed)?;
                done += 1;
                monitor.progress(done, total);
                Ok(())
            },
        )?;
        writer.finish().map_err(failed)
    }

    /// The pixels of a page, their resolution, and what was drawn otherwise.
    fn drawn(&self, rasterizer: &mut Rasterizer, number: u32) -> Result<Drawn, EngineError> {
        let mut sheets = self.lay_out(number)?;
        let page = sheets.pages.drain(..).next().unwrap_or_default();
        let (width, height) = self.settings.pixels(self.size_in_emu(&page));
        let pixmap = rasterizer.page(&page, width, height).map_err(from_render)?;
        note(&mut sheets.warnings, rasterizer.warnings(), number);
        let dpi = 72.0 * f64::from(width) / page.size.width;
        Ok((pixmap, dpi, sheets.warnings))
    }

    fn slide_file(
        &self,
        rasterizer: &mut Rasterizer,
        number: u32,
    ) -> Result<SlideFile, EngineError> {
        if self.job.format == ExportFormat::Pdf {
            let Sheets {
                pages,
                mut warnings,
                ..
            } = self.lay_out(number)?;
            let mut writer = PdfWriter::new(self.pdf_options(&[number]));
            for page in &pages {
                writer.page(page).map_err(from_render)?;
            }
            note(&mut warnings, writer.warnings(), number);
            let bytes = writer.finish().map_err(from_render)?;
            return Ok(SlideFile { bytes, warnings });
        }
        if self.job.format == ExportFormat::Xps {
            return self.xps_slide(number);
        }
        let (pixmap, dpi, warnings) = self.drawn(rasterizer, number)?;
        let in_memory = |error: std::io::Error| {
            EngineError::new(ErrorKind::Internal, "a file could not be put together")
                .caused_by(error)
        };
        let bytes = match self.job.format {
            ExportFormat::Jpeg => {
                encode_jpeg(&pixmap, JPEG_QUALITY, Some(dpi)).map_err(from_render)?
            }
            ExportFormat::Bmp => encode_bmp(&pixmap, Some(dpi)),
            ExportFormat::Gif => {
                let mut bytes = Vec::new();
                let frame = encode_gif_frame(&pixmap, self.settings.raster.delay);
                let mut writer = GifWriter::new(&mut bytes);
                writer
                    .frame(&frame.map_err(from_render)?)
                    .and_then(|()| writer.finish())
                    .map_err(in_memory)?;
                bytes
            }
            ExportFormat::Tiff => {
                let mut bytes = Vec::new();
                let page = encode_tiff_page(&pixmap, &self.settings.raster.tiff);
                let mut writer = TiffWriter::new(&mut bytes, 1);
                writer
                    .page(&page.map_err(from_render)?)
                    .and_then(|()| writer.finish())
                    .map_err(in_memory)?;
                bytes
            }
            _ => encode_png(&pixmap, PngCompression::Fast, Some(dpi)).map_err(from_render)?,
        };
        Ok(SlideFile { bytes, warnings })
    }

    pub(super) fn lay_out(&self, number: u32) -> Result<Sheets, EngineError> {
        let many = self.settings.arrangement.slides();
        let from = self
            .pages
            .iter()
            .position(|page| *page == number)
            .unwrap_or_default();
        let one = [number];
        let numbers = if many > 1 && !self.job.per_slide {
            self.pages.get(from..).unwrap_or_default()
        } else {
            &one
        };
        let numbers = numbers.get(..many.min(numbers.len())).unwrap_or(&one);
        let arrangement = &self.settings.arrangement;
        let mut sheets = sheets(self.deck, self.arranger, arrangement, numbers, self.layout)?;
        if self.settings.frame {
            sheets.pages.iter_mut().for_each(draw_frame);
        }
        Ok(sheets)
    }

    /// Size of a page in EMU; that of the slides is known to the unit.
    pub(super) fn size_in_emu(&self, page: &Page) -> (i64, i64) {
        const EMU_PER_POINT: f64 = 12_700.0;
        if self.arranger.is_none() {
            return self.deck.presentation().slide_size;
        }
        let side = |points: f64| (points * EMU_PER_POINT).round().max(1.0) as i64;
        (side(page.size.width), side(page.size.height))
    }

    fn pdf_options(&self, pages: &[u32]) -> PdfOptions {
        let presentation = self.deck.presentation();
        let mut options = PdfOptions::default();
        self.settings.pdf.apply(&mut options);
        options.title.clone_from(&presentation.title);
        options.author.clone_from(&presentation.author);
        options.subject.clone_from(&presentation.subject);
        options.keywords = presentation
            .keywords
            .iter()
            .flat_map(|words| words.split([',', ';']))
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        // Pages that are more than slides may be more than one each.
        if self.arranger.is_none() {
            options.slides = pages.to_vec();
        }
        options.created = presentation
            .modified
            .as_deref()
            .or(presentation.created.as_deref())
            .and_then(super::pdf_settings::date);
        options.limits = self.render_limits();
        options
    }

    fn rasterizer(&self) -> Rasterizer {
        let mut options = RasterOptions::default();
        options.limits = self.render_limits();
        Rasterizer::new(options)
    }

    pub(super) fn render_limits(&self) -> slides_render::Limits {
        let mut limits = slides_render::Limits::default();
        limits.max_image_pixels = self.job.limits.max_image_pixels;
        limits.max_page_pixels = self.job.limits.max_page_pixels;
        limits
    }

    /// Limits of files that are put together before they are written: they may have what a job may write.
    pub(super) fn document_limits(&self) -> slides_render::Limits {
        let mut limits = self.render_limits();
        limits.max_document_bytes = self.job.limits.max_output_bytes;
        limits
    }

    pub(super) fn write(
        &self,
        sink: &mut dyn Sink,
        file: &OutputFile,
        bytes: &[u8],
        written: &mut u64,
    ) -> Result<(), EngineError> {
        *written += bytes.len() as u64;
        self.check_size(*written)?;
        let mut store = || {
            let mut out = sink.create(file)?;
            out.write_all(bytes)?;
            out.flush()
        };
        store().map_err(|cause| self.write_error(file, false, cause))
    }

    /// Holds the bytes of all files against what a job may write.
    pub(super) fn check_size(&self, bytes: u64) -> Result<(), EngineError> {
        let limit = self.job.limits.max_output_bytes;
        if bytes > limit {
            return Err(too_many_bytes(limit));
        }
        Ok(())
    }

    pub(super) fn write_error(
        &self,
        file: &OutputFile,
        over: bool,
        cause: std::io::Error,
    ) -> EngineError {
        if over {
            return too_many_bytes(self.job.limits.max_output_bytes);
        }
        let what = file.slide.map_or_else(
            || "the output".to_owned(),
            |slide| format!("the file of slide {slide}"),
        );
        EngineError::new(ErrorKind::Output, format!("{what} could not be written")).caused_by(cause)
    }
}

pub(super) fn too_many_bytes(limit: u64) -> EngineError {
    let text = format!(
        "the output has more than {limit} bytes, which passes the limit `max_output_bytes`"
    );
    EngineError::new(ErrorKind::LimitExceeded, text)
}

/// Adds what an exporter found on one page.
pub(super) fn note(
    warnings: &mut Vec<(String, String)>,
    found: &[slides_render::Warning],
    number: u32,
) {
    let own = found.iter().filter(|warning| warning.page == number);
    warnings.extend(own.map(|warning| (warning.feature.to_owned(), warning.message.clone())));
}

/// A page as it goes into a file of many.
enum Frame {
    Gif(GifFrame),
    Tiff(TiffPage),
}

enum FrameWriter<W: Write> {
    Gif(Box<GifWriter<W>>),
    Tiff(TiffWriter<W>),
}

impl<W: Write> FrameWriter<W> {
    fn write(&mut self, frame: &Frame) -> std::io::Result<()> {
        match (self, frame) {
            (Self::Gif(writer), Frame::Gif(frame)) => writer.frame(frame),
            (Self::Tiff(writer), Frame::Tiff(page)) => writer.page(page),
            _ => Err(std::io::Error::other("a page of another format")),
        }
    }

    fn finish(self) -> std::io::Result<()> {
        match self {
            Self::Gif(writer) => writer.finish(),
            Self::Tiff(writer) => writer.finish(),
        }
    }
}

/// A file that takes no more bytes than a job may write.
pub(super) struct Bounded<'a> {
    pub(super) out: Box<dyn Write + 'a>,
    pub(super) left: u64,
    pub(super) over: &'a Cell<bool>,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            self.over.set(true);
            return Err(std::io::ErrorKind::FileTooLarge.into());
        };
        let written = self.out.write(bytes)?;
        self.left = left + (bytes.len() - written) as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// The black frame of `drawSlidesFrame`, drawn inside the page's edge.
fn draw_frame(page: &mut Page) {
    let edge = Rect::from_origin_size((0.0, 0.0), page.size).inset(-FRAME_WIDTH / 2.0);
    let path = Arc::new(edge.to_path(0.1));
    page.ops.push(Op::Tag(Tag::Artifact));
    page.ops.push(Op::Stroke(
        path,
        StrokeStyle::new(FRAME_WIDTH),
        Paint::Solid(Rgba::rgb(0, 0, 0)),
    ));
    page.ops.push(Op::EndTag);
}
