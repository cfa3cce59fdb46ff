//! Pictures as PDF images, each embedded once.
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use krilla::image::{BitsPerComponent, CustomImage, Image as PdfImage, ImageColorspace};
use kurbo::Rect;
use slides_scene::{Image, ImageData, ImageFormat, PixelEffect};

use super::PdfOptions;
use super::prefetch::ReadyPictures;
use crate::error::Warnings;
use crate::limits::Limits;
use crate::picture::{self, Pixels, cut, is_four_colored};

/// A crop that shows less than this part of a picture drops the rest of its pixels.
const CROP_PART: f64 = 0.5;
/// The same for JPEG, which has to be decoded for it and grows.
const JPEG_CROP_PART: f64 = 0.04;

/// An embedded picture and which part of the whole one it holds, in fractions.
#[derive(Clone)]
pub(super) struct Embedded {
    pub(super) image: PdfImage,
    pub(super) part: Rect,
    /// Pixels across the whole picture; `None` when none were dropped.
    across: Option<u32>,
}

/// Pictures with fewer pixels gain nothing by being coded as JPEG again.
const MIN_JPEG_PIXELS: usize = 4096;

pub(super) struct Pictures {
    known: HashMap<String, Vec<Embedded>>,
    /// Effects that may be drawn again.
    effects: Vec<(Weak<Pixels>, PdfImage)>,
    broken: HashSet<String>,
    next_id: u64,
    /// Of JPEG pictures that have to be coded again.
    jpeg_quality: u8,
    /// What the page has made decode.
    allowance: picture::Allowance,
    /// What was made ready for the page.
    ready: ReadyPictures,
}

struct Bytes(Arc<[u8]>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Pixels for the PDF library. It hashes pictures to find equal ones; ours are told apart by number.
#[derive(Debug, Clone)]
struct Sampled {
    id: u64,
    size: (u32, u32),
    color: Arc<Vec<u8>>,
    alpha: Option<Arc<Vec<u8>>>,
    gray: bool,
}

impl Hash for Sampled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.id, self.size).hash(state);
    }
}

impl CustomImage for Sampled {
    fn color_channel(&self) -> &[u8] {
        &self.color
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        self.alpha.as_ref().map(|alpha| alpha.as_slice())
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        if self.gray {
            ImageColorspace::Luma
        } else {
            ImageColorspace::Rgb
        }
    }
}

impl Pictures {
    pub(super) fn new(options: &PdfOptions) -> Self {
        Self {
            known: HashMap::new(),
            effects: Vec::new(),
            broken: HashSet::new(),
            next_id: 0,
            allowance: picture::Allowance::default(),
            jpeg_quality: jpeg_quality(options),
            ready: ReadyPictures::default(),
        }
    }

    /// A page begins.
    pub(super) fn begin_page(&mut self, ready: ReadyPictures) {
        self.allowance = picture::Allowance::default();
        self.ready = ready;
    }

    /// It ends: what it did not use goes.
    pub(super) fn end_page(&mut self) {
        self.ready = ReadyPictures::default();
    }

    /// Embeds pixels as they are.
    pub(super) fn pixels(&mut self, pixels: &Pixels) -> Option<PdfImage> {
        self.body(sampled(pixels))
    }

    /// Embeds the pixels of an effect, once as long as they are kept.
    pub(super) fn effect(&mut self, pixels: &Arc<Pixels>) -> Option<PdfImage> {
        self.effects.retain(|(known, _)| known.strong_count() > 0);
        let known = |(known, _): &&(Weak<Pixels>, PdfImage)| known.as_ptr() == Arc::as_ptr(pixels);
        if let Some((_, image)) = self.effects.iter().find(known) {
            return Some(image.clone());
        }
        let image = self.pixels(pixels)?;
        self.effects.push((Arc::downgrade(pixels), image.clone()));
        Some(image)
    }

    fn body(&mut self, body: Body) -> Option<PdfImage> {
        self.next_id += 1;
        match body {
            Body::Jpeg(bytes) => PdfImage::from_jpeg(bytes.into(), false).ok(),
            Body::Sampled(sampled) => {
                let numbered = Sampled {
                    id: self.next_id,
                    ..sampled
                };
                PdfImage::from_custom(numbered, false).ok()
            }
        }
    }

    /// Embeds a picture.
    pub(super) fn embed(
        &mut self,
        request: &Request<'_>,
        limits: &Limits,
        warnings: &mut Warnings,
    ) -> Option<Embedded> {
        let (image, seen, target) = (request.image, request.seen, request.target);
        let key = request.key();
        if self.broken.contains(&key) {
            return None;
        }
        let holds = |part: Rect| {
            part.x0 <= seen.x0 + 1e-6
                && part.y0 <= seen.y0 + 1e-6
                && part.x1 >= seen.x1 - 1e-6
                && part.y1 >= seen.y1 - 1e-6
        };
        // A copy of nearly the resolution will do.
        let fine = |across: Option<u32>| {
            across.is_none_or(|across| {
                target.is_some_and(|target| f64::from(across) >= f64::from(target.0) * 0.75)
            })
        };
        if let Some(found) = self.known.get(&key).and_then(|copies| {
            copies
                .iter()
                .find(|copy| holds(copy.part) && fine(copy.across))
        }) {
            return Some(found.clone());
        }
        let passed = Self::jpeg(request);
        if passed.is_none() && !self.allowance.decode(image, limits, warnings) {
            return None;
        }
        let embedded = passed.or_else(|| {
            let coded = self
                .ready
                .take(request)
                .unwrap_or_else(|| code(request, self.jpeg_quality, limits));
            match coded {
                Ok(coded) => {
                    if let Some(lost) = coded.lost {
                        warnings.add("picture", format!("picture `{}` {lost}", image.key));
                    }
                    Some(Embedded {
                        image: self.body(coded.body)?,
                        part: coded.part,
                        across: coded.across,
                    })
                }
                Err(reason) => {
                    warnings.add(
                        "picture",
                        format!("picture `{}` {reason}; it was left out", image.key),
                    );
                    None
                }
            }
        });
        if let Some(embedded) = &embedded {
            self.known.entry(key).or_default().push(embedded.clone());
        } else {
            self.broken.insert(key);
        }
        embedded
    }

    /// A JPEG as it is.
    fn jpeg(request: &Request<'_>) -> Option<Embedded> {
        if !request.passes_through() {
            return None;
        }
        let ImageData::Encoded { bytes, .. } = &request.image.data else {
            return None;
        };
        let header = picture::jpeg_header(bytes).ok()?;
        let data: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(Bytes(bytes.clone()));
        let embedded = PdfImage::from_jpeg(data.into(), false).ok()?;
        (embedded.size() == (header.width, header.height)).then_some(Embedded {
            image: embedded,
            part: Rect::new(0.0, 0.0, 1.0, 1.0),
            across: None,
        })
    }
}

/// A picture that a page asks for.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) image: &'a Image,
    pub(super) effects: &'a [PixelEffect],
    /// How many pixels the whole picture needs at the size it is drawn at.
    pub(super) target: Option<(u32, u32)>,
    /// The part of it that is drawn, in fractions.
    pub(super) seen: Rect,
}

impl Request<'_> {
    /// The picture with its changes.
    pub(super) fn key(&self) -> String {
        let Image {
            key, width, height, ..
        } = self.image;
        format!("{key}|{width}x{height}|{:?}", self.effects)
    }

    /// The same with the part that the copy for this request holds, if it is not the whole.
    pub(super) fn held(&self) -> String {
        let key = self.key();
        if self.seen.area() < CROP_PART {
            format!("{key}|{:?}", self.seen)
        } else {
            key
        }
    }

    /// All that its pixels hang on.
    pub(super) fn name(&self) -> String {
        format!("{}|{:?}", self.held(), self.target)
    }

    /// Pixels across that it needs; `None` when it will keep all that it has, so far as its header tells.
    pub(super) fn across(&self) -> Option<u32> {
        let (width, height) = self.target?;
        let keeps = |has: u32, needs: u32| has > 0 && !picture::is_reduced(has, needs);
        let is_whole = keeps(self.image.width, width) && keeps(self.image.height, height);
        (!is_whole).then_some(width)
    }

    /// Whether it is a JPEG that the file takes as it is, if it can be read.
    pub(super) fn passes_through(&self) -> bool {
        let ImageData::Encoded { format, bytes } = &self.image.data else {
            return false;
        };
        self.effects.is_empty()
            && self.seen.area() >= JPEG_CROP_PART
            && picture::sniff(bytes).unwrap_or(*format) == ImageFormat::Jpeg
            // Each reader shows inks in its own way, and PowerPoint writes none.
            && !is_four_colored(bytes)
    }
}

/// A picture as the file will hold it.
#[derive(Debug)]
pub(super) struct Coded {
    lost: Option<String>,
    body: Body,
    part: Rect,
    across: Option<u32>,
}

impl Coded {
    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        match &self.body {
            Body::Jpeg(bytes) => bytes.len(),
            Body::Sampled(sampled) => {
                sampled.color.len() + sampled.alpha.as_ref().map_or(0, |alpha| alpha.len())
            }
        }
    }
}

#[derive(Debug)]
enum Body {
    Jpeg(Vec<u8>),
    Sampled(Sampled),
}

/// Decodes, changes, scales and crops a picture; the reason where it cannot be read.
pub(super) fn code(
    request: &Request<'_>,
    jpeg_quality: u8,
    limits: &Limits,
) -> Result<Coded, String> {
    let Request {
        image,
        effects,
        target,
        seen,
    } = *request;
    let (pixels, lost) = picture::prepare(image, effects, target, limits)?;
    let (pixels, part) = if seen.area() < CROP_PART {
        cut(&pixels, seen)
    } else {
        (pixels, Rect::new(0.0, 0.0, 1.0, 1.0))
    };
    Ok(Coded {
        lost,
        across: request
            .across()
            .map(|_| (f64::from(pixels.width) / part.width().max(1e-6)) as u32),
        part,
        body: recoded(image, &pixels, jpeg_quality).map_or_else(|| sampled(&pixels), Body::Jpeg),
    })
}

/// Pixels of what was a JPEG as JPEG again; `None` where that would lose more than it gains.
fn recoded(image: &Image, pixels: &Pixels, quality: u8) -> Option<Vec<u8>> {
    let ImageData::Encoded { format, bytes } = &image.data else {
        return None;
    };
    let size = pixels.width as usize * pixels.height as usize;
    if picture::sniff(bytes).unwrap_or(*format) != ImageFormat::Jpeg
        || !pixels.opaque
        || size < MIN_JPEG_PIXELS
    {
        return None;
    }
    let (width, height) = (
        u16::try_from(pixels.width).ok()?,
        u16::try_from(pixels.height).ok()?,
    );
    let mut out = Vec::new();
    jpeg_encoder::Encoder::new(&mut out, quality)
        .encode(&pixels.rgba, width, height, jpeg_encoder::ColorType::Rgba)
        .ok()?;
    Some(out)
}

/// Pixels in planes; the number comes when they are embedded.
fn sampled(pixels: &Pixels) -> Body {
    let gray = pixels
        .rgba
        .as_chunks::<4>()
        .0
        .iter()
        .all(|[r, g, b, _]| r == g && g == b);
    let color = if gray {
        picture::repack(&pixels.rgba, |[gray, _, _, _]| [gray])
    } else {
        picture::repack(&pixels.rgba, |[r, g, b, _]| [r, g, b])
    };
    let alpha =
        (!pixels.opaque).then(|| Arc::new(picture::repack(&pixels.rgba, |[_, _, _, a]| [a])));
    Body::Sampled(Sampled {
        id: 0,
        size: (pixels.width, pixels.height),
        color: Arc::new(color),
        alpha,
        gray,
    })
}

/// Quality of JPEG pictures that have to be coded again.
pub(super) fn jpeg_quality(options: &PdfOptions) -> u8 {
    options.jpeg_quality.clamp(1, 100)
}
