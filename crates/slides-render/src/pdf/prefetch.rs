//! Pictures and effects made ready ahead of their page, on other threads than the one that writes the file.
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kurbo::{Affine, Rect};
use slides_scene::{Op, Page, Paint, TileMode};

use super::PdfOptions;
use super::pictures::{Coded, Request, code, jpeg_quality};
use crate::effect_cache::Kept;
use crate::geometry::clean_affine;
use crate::limits::Limits;
use crate::picture::{Shown, pixels_needed, split_alpha};
use crate::raster::{Shared, page_size};

/// Bytes of pictures that may wait for their page, all pages together; what comes after is left to the writer.
const MAX_WAITING: usize = 32 << 20;
/// Larger pictures are left to the writer, so that no two of them are in memory at once.
const MAX_PIXELS: u64 = 12_000_000;

/// Decodes and scales the pictures of pages that are not written yet, and draws their effects. Shared by the threads that lay pages out; the
/// file is the same with and without it.
#[derive(Debug)]
pub struct PicturePrefetch {
    max_image_dpi: Option<f64>,
    limits: Limits,
    jpeg_quality: u8,
    effect_dpi: f64,
    is_off: bool,
    /// By picture or part of one: the first page that makes it ready, and how many pixels across.
    claimed: Mutex<HashMap<String, (u32, Option<u32>)>>,
    waiting: Arc<AtomicUsize>,
}

/// What one thread keeps from page to page while it makes pictures ready.
#[derive(Debug)]
pub struct PrefetchWorker {
    shared: Shared,
}

/// Pictures of one page, for [`super::PdfWriter::page_with`].
#[derive(Debug, Default)]
pub struct ReadyPictures {
    found: HashMap<String, Result<Coded, String>>,
    effects: Vec<Kept>,
    bytes: usize,
    waiting: Arc<AtomicUsize>,
}

impl ReadyPictures {
    /// The effects, for the writer's own store.
    pub(super) fn take_effects(&mut self) -> Vec<Kept> {
        std::mem::take(&mut self.effects)
    }

    pub(super) fn take(&mut self, request: &Request<'_>) -> Option<Result<Coded, String>> {
        if self.found.is_empty() {
            return None;
        }
        self.found.remove(&request.name())
    }
}

impl Drop for ReadyPictures {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl PicturePrefetch {
    /// For a writer with the same options.
    #[must_use]
    pub fn new(options: &PdfOptions) -> Self {
        Self {
            max_image_dpi: options.max_image_dpi,
            limits: options.limits.clone(),
            jpeg_quality: jpeg_quality(options),
            effect_dpi: options.effect_dpi,
            // Such pages may become one picture.
            is_off: options
                .conformance
                .is_some_and(super::PdfConformance::is_opaque),
            claimed: Mutex::default(),
            waiting: Arc::default(),
        }
    }

    /// What a thread needs for [`Self::page`].
    #[must_use]
    pub fn worker(&self) -> PrefetchWorker {
        PrefetchWorker {
            shared: Shared::new(self.limits.clone()),
        }
    }

    /// Makes the pictures of a page ready that have to be decoded and that no earlier page brings, and its effects.
    pub fn page(&self, worker: &mut PrefetchWorker, page: &Page) -> ReadyPictures {
        let mut ready = ReadyPictures {
            found: HashMap::new(),
            effects: Vec::new(),
            bytes: 0,
            waiting: self.waiting.clone(),
        };
        if self.is_off {
            return ready;
        }
        worker.shared.begin_page(page.number);
        let size = page_size(page);
        let mut transforms = vec![Affine::scale(super::page_scale(size))];
        for op in &page.ops {
            let current = transforms.last().copied().unwrap_or(Affine::IDENTITY);
            match op {
                Op::Push(affine) => {
                    // What is not drawn is asked for in vain, which costs time only.
                    let affine = clean_affine(*affine).unwrap_or(Affine::IDENTITY);
                    transforms.push(current * affine);
                }
                Op::Pop if transforms.len() > 1 => {
                    transforms.pop();
                }
                Op::Image(image) => {
                    if let Some(shown) = Shown::of(image) {
                        let target = pixels_needed(self.max_image_dpi, current, shown.whole);
                        let (effects, alpha) = split_alpha(&image.effects);
                        let request = Request {
                            image: &image.image,
                            effects,
                            target,
                            seen: shown.part,
                        };
                        self.prepare(&mut ready, page.number, &request, image.alpha * alpha);
                    }
                }
                Op::Fill(_, _, paint) | Op::Stroke(_, _, paint) | Op::Text(_, paint) => {
                    self.paint(&mut ready, page.number, current, paint);
                }
                Op::Effect(effect) if self.waiting.load(Ordering::Relaxed) <= MAX_WAITING => {
                    let dpi = self.effect_dpi;
                    if let Some(drawn) = worker.shared.effect_ahead(effect, current, size, dpi) {
                        let bytes = drawn.bytes();
                        ready.bytes += bytes;
                        self.waiting.fetch_add(bytes, Ordering::Relaxed);
                        ready.effects.push(drawn);
                    }
                }
                _ => {}
            }
        }
        ready
    }

    fn paint(&self, ready: &mut ReadyPictures, page: u32, current: Affine, paint: &Paint) {
        let Paint::Image {
            image,
            transform,
            tile,
            alpha,
            effects,
        } = paint
        else {
            return;
        };
        let Some(to_shape) = clean_affine(*transform) else {
            return;
        };
        let whole = Rect::new(0.0, 0.0, 1.0, 1.0);
        let (effects, own_alpha) = split_alpha(effects);
        let request = Request {
            image,
            effects,
            target: pixels_needed(self.max_image_dpi, current * to_shape, whole),
            seen: whole,
        };
        // A tile is drawn whatever its opacity.
        let alpha = if *tile == TileMode::None { *alpha } else { 1.0 };
        self.prepare(ready, page, &request, alpha * own_alpha);
    }

    fn prepare(&self, ready: &mut ReadyPictures, page: u32, request: &Request<'_>, alpha: f32) {
        let pixels = u64::from(request.image.width) * u64::from(request.image.height);
        if alpha <= 0.0
            || pixels > MAX_PIXELS
            || request.passes_through()
            || self.waiting.load(Ordering::Relaxed) > MAX_WAITING
        {
            return;
        }
        let name = request.name();
        if ready.found.contains_key(&name) || !self.claim(page, request) {
            return;
        }
        let coded = code(request, self.jpeg_quality, &self.limits);
        let bytes = coded.as_ref().map_or(64, Coded::bytes);
        ready.bytes += bytes;
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        ready.found.insert(name, coded);
    }

    /// Whether a picture is this page's to make ready: not when an earlier one does it, as fine, whole or that part.
    fn claim(&self, page: u32, request: &Request<'_>) -> bool {
        let across = request.across();
        let is_fine = |has: Option<u32>| match (has, across) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(has), Some(needs)) => f64::from(has) >= f64::from(needs) * 0.75,
        };
        let (own, whole) = (request.held(), request.key());
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = [&own, &whole].into_iter().any(|name| {
            claimed
                .get(name)
                .is_some_and(|(by, has)| *by <= page && is_fine(*has))
        });
        if !is_taken {
            claimed.insert(own, (page, across));
        }
        !is_taken
    }
}

#[cfg(test)]
mod tests {
    use slides_scene::{
        EffectKind, EffectOp, Image, ImageData, ImageFormat, ImageOp, PixelEffect, Rgba,
    };

    use super::*;
    use crate::pdf::PdfWriter;
    use crate::picture::samples;

    fn shown(image: Arc<Image>, dst: Rect, crop: Rect, effects: Vec<PixelEffect>) -> Op {
        Op::Image(Box::new(ImageOp {
            image,
            dst,
            crop,
            alpha: 1.0,
            effects,
            alt: None,
        }))
    }

    /// The shadow of a box.
    fn shadow(of: Rect) -> Op {
        let path = Arc::new(crate::geometry::rect_path(of));
        Op::Effect(Box::new(EffectOp {
            source: vec![Op::Fill(
                path,
                slides_scene::FillRule::NonZero,
                Paint::Solid(Rgba::BLACK),
            )],
            bounds: of.inflate(9.0, 9.0),
            kind: EffectKind::Shadow {
                color: Rgba::rgb(40, 50, 60),
                sigma: 3.0,
            },
        }))
    }

    /// Pages of one PNG again and again, a crop of it, a changed JPEG, a tile, a picture that cannot be read, and
    /// the shadow of a box that all pages have and of one that grows.
    fn pages() -> Vec<Page> {
        let whole = Rect::new(0.0, 0.0, 1.0, 1.0);
        let png = samples::image("png", samples::quarters(64));
        let jpeg = samples::image("jpeg", samples::jpeg(120, 90));
        let broken = Arc::new(Image {
            key: "broken".to_owned(),
            data: ImageData::Encoded {
                format: ImageFormat::Png,
                bytes: samples::quarters(16)[..20].into(),
            },
            width: 16,
            height: 16,
        });
        (1..=4)
            .map(|number| {
                let side = 20.0 * f64::from(number);
                let square = Rect::new(0.0, 0.0, side, side);
                let quarter = Rect::new(0.0, 0.0, 0.5, 0.5);
                Page {
                    number,
                    size: kurbo::Size::new(200.0, 100.0),
                    ops: vec![
                        Op::Push(Affine::scale(1.5)),
                        shown(png.clone(), square, whole, Vec::new()),
                        shown(png.clone(), square, quarter, Vec::new()),
                        shadow(Rect::new(5.0, 5.0, 25.0, 25.0)),
                        Op::Pop,
                        shadow(square),
                        shown(jpeg.clone(), square, whole, vec![PixelEffect::Grayscale]),
                        shown(broken.clone(), square, whole, Vec::new()),
                        Op::Fill(
                            Arc::new(crate::geometry::rect_path(square)),
                            slides_scene::FillRule::NonZero,
                            Paint::Image {
                                image: png.clone(),
                                transform: Affine::scale(15.0),
                                tile: TileMode::Repeat {
                                    flip_x: true,
                                    flip_y: false,
                                },
                                alpha: 1.0,
                                effects: Vec::new(),
                            },
                        ),
                    ],
                    ..Page::default()
                }
            })
            .collect()
    }

    #[test]
    fn the_file_is_the_same_with_and_without() {
        let pages = pages();
        let mut plain = PdfWriter::new(PdfOptions::default());
        for page in &pages {
            plain.page(page).unwrap();
        }
        for backwards in [false, true] {
            let ahead = PicturePrefetch::new(&PdfOptions::default());
            let worker = &mut ahead.worker();
            let mut ready: Vec<_> = if backwards {
                let mut ready: Vec<_> = pages
                    .iter()
                    .rev()
                    .map(|page| ahead.page(worker, page))
                    .collect();
                ready.reverse();
                ready
            } else {
                pages.iter().map(|page| ahead.page(worker, page)).collect()
            };
            // PNG, its crop at twice the size, JPEG and the broken one; the tile is the PNG again.
            assert_eq!(ready[0].found.len(), 4);
            assert_eq!(ready[0].effects.len(), 2);
            let mut writer = PdfWriter::new(PdfOptions::default());
            for (page, ready) in pages.iter().zip(ready.drain(..)) {
                writer.page_with(page, ready).unwrap();
            }
            assert_eq!(writer.warnings(), plain.warnings());
            assert_eq!(ahead.waiting.load(Ordering::Relaxed), 0);
            if backwards {
                let bytes = writer.finish().unwrap();
                assert!(bytes == plain.finish().unwrap(), "the files differ");
                return;
            }
        }
    }

    #[test]
    fn an_equal_picture_is_made_ready_once() {
        let ahead = PicturePrefetch::new(&PdfOptions::default());
        let page = pages().remove(3);
        let worker = &mut ahead.worker();
        assert!(!ahead.page(worker, &page).found.is_empty());
        let again = Page { number: 9, ..page };
        assert!(ahead.page(worker, &again).found.is_empty());
    }

    #[test]
    fn large_pictures_and_full_stores_are_left_to_the_writer() {
        let page = |image: Arc<Image>| Page {
            number: 1,
            size: kurbo::Size::new(100.0, 100.0),
            ops: vec![shown(
                image,
                Rect::new(0.0, 0.0, 50.0, 50.0),
                Rect::new(0.0, 0.0, 1.0, 1.0),
                Vec::new(),
            )],
            ..Page::default()
        };
        let ahead = PicturePrefetch::new(&PdfOptions::default());
        let large = Image {
            width: 5000,
            height: 5000,
            ..Image::clone(&samples::image("large", samples::quarters(8)))
        };
        let worker = &mut ahead.worker();
        let ready = ahead.page(worker, &page(Arc::new(large)));
        assert!(ready.found.is_empty());
        ahead.waiting.store(MAX_WAITING + 1, Ordering::Relaxed);
        let small = samples::image("small", samples::quarters(8));
        assert!(ahead.page(worker, &page(small)).found.is_empty());
    }
}
