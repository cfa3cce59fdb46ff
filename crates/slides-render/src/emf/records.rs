//! Records of an EMF (MS-EMF 2.3), each a whole number of words.

use kurbo::{Affine, BezPath, PathEl, Point, Rect};
use slides_scene::{FillRule, Rgba};

use crate::picture::Pixels;

/// Logical units to a point.
const UNITS: f64 = 100.0;
/// Logical units lie inside this distance of the origin: readers add and scale them.
const MAX_UNIT: f64 = 1e8;

const POLYGON: u32 = 3;
const POLYBEZIERTO: u32 = 5;
const POLYLINETO: u32 = 6;
const SETWINDOWEXTEX: u32 = 9;
const SETWINDOWORGEX: u32 = 10;
const SETVIEWPORTEXTEX: u32 = 11;
const SETVIEWPORTORGEX: u32 = 12;
const EOF: u32 = 14;
const SETMAPMODE: u32 = 17;
const SETPOLYFILLMODE: u32 = 19;
const SETSTRETCHBLTMODE: u32 = 21;
const MOVETOEX: u32 = 27;
const INTERSECTCLIPRECT: u32 = 30;
const SAVEDC: u32 = 33;
const RESTOREDC: u32 = 34;
const SELECTOBJECT: u32 = 37;
const CREATEBRUSHINDIRECT: u32 = 39;
const DELETEOBJECT: u32 = 40;
const BEGINPATH: u32 = 59;
const ENDPATH: u32 = 60;
const CLOSEFIGURE: u32 = 61;
const FILLPATH: u32 = 62;
const SELECTCLIPPATH: u32 = 67;
const STRETCHDIBITS: u32 = 81;
const ALPHABLEND: u32 = 114;

/// The stock pen that draws nothing.
const NULL_PEN: u32 = 0x8000_0008;
/// The stock brush that draws nothing.
const NULL_BRUSH: u32 = 0x8000_0005;
/// Pixels of the device that sizes refer to: ten inches of 96.
const DEVICE: u32 = 960;
/// The same in millimetres.
const DEVICE_MM: u32 = 254;
/// Place of the brush among the objects; 0 is the file itself.
const BRUSH: u32 = 1;

/// A file under way.
#[derive(Debug)]
pub(super) struct Records {
    bytes: Vec<u8>,
    count: u32,
    /// Device pixels of the page.
    size: (u32, u32),
    brush: Option<Rgba>,
    rule: Option<FillRule>,
}

fn unit(value: f64) -> i32 {
    let value = value * UNITS;
    if value.is_finite() {
        value.round().clamp(-MAX_UNIT, MAX_UNIT) as i32
    } else {
        0
    }
}

fn color_ref(color: Rgba) -> u32 {
    u32::from_le_bytes([color.r, color.g, color.b, 0])
}

impl Records {
    /// A page of points in so many pixels.
    pub(super) fn new(page: kurbo::Size, size: (u32, u32)) -> Self {
        let mut records = Self {
            bytes: Vec::new(),
            count: 0,
            size,
            brush: None,
            rule: None,
        };
        // Filled in at the end.
        records.record(1, &[0; 25]);
        // Anisotropic, halftone.
        records.record(SETMAPMODE, &[8]);
        let (width, height) = (unit(page.width) as u32, unit(page.height) as u32);
        records.record(SETWINDOWORGEX, &[0, 0]);
        records.record(SETWINDOWEXTEX, &[width, height]);
        records.record(SETVIEWPORTORGEX, &[0, 0]);
        records.record(SETVIEWPORTEXTEX, &[size.0, size.1]);
        records.record(SETSTRETCHBLTMODE, &[4]);
        records.record(INTERSECTCLIPRECT, &[0, 0, width, height]);
        records.record(SELECTOBJECT, &[NULL_PEN]);
        records
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn record(&mut self, kind: u32, words: &[u32]) {
        self.head(kind, words.len() * 4);
        self.words(words);
    }

    fn head(&mut self, kind: u32, bytes: usize) {
        self.count = self.count.saturating_add(1);
        self.words(&[kind, bytes as u32 + 8]);
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.bytes.extend(word.to_le_bytes());
        }
    }

    /// The box of a record: that of the page, which is never too small.
    fn bounds(&self) -> [u32; 4] {
        [0, 0, self.size.0 - 1, self.size.1 - 1]
    }

    fn points(&mut self, kind: u32, points: &[Point]) {
        let bounds = self.bounds();
        self.head(kind, 20 + points.len() * 8);
        self.words(&bounds);
        self.words(&[points.len() as u32]);
        for point in points {
            self.words(&[unit(point.x) as u32, unit(point.y) as u32]);
        }
    }

    /// The path that the next record fills or clips to.
    fn path(&mut self, path: &BezPath, to_page: Affine, rule: FillRule) {
        if self.rule != Some(rule) {
            let mode = match rule {
                FillRule::EvenOdd => 1,
                FillRule::NonZero => 2,
            };
            self.record(SETPOLYFILLMODE, &[mode]);
            self.rule = Some(rule);
        }
        self.record(BEGINPATH, &[]);
        let mut lines: Vec<Point> = Vec::new();
        let mut curves: Vec<Point> = Vec::new();
        let mut last = Point::ZERO;
        for element in (to_page * path).elements() {
            let is_line = matches!(element, PathEl::LineTo(_));
            let is_curve = matches!(element, PathEl::QuadTo(..) | PathEl::CurveTo(..));
            if !is_line && !lines.is_empty() {
                self.points(POLYLINETO, &std::mem::take(&mut lines));
            }
            if !is_curve && !curves.is_empty() {
                self.points(POLYBEZIERTO, &std::mem::take(&mut curves));
            }
            match *element {
                PathEl::MoveTo(a) => {
                    self.record(MOVETOEX, &[unit(a.x) as u32, unit(a.y) as u32]);
                    last = a;
                }
                PathEl::LineTo(a) => {
                    lines.push(a);
                    last = a;
                }
                PathEl::QuadTo(a, b) => {
                    curves.extend([last.lerp(a, 2.0 / 3.0), b.lerp(a, 2.0 / 3.0), b]);
                    last = b;
                }
                PathEl::CurveTo(a, b, c) => {
                    curves.extend([a, b, c]);
                    last = c;
                }
                PathEl::ClosePath => self.record(CLOSEFIGURE, &[]),
            }
        }
        if !lines.is_empty() {
            self.points(POLYLINETO, &lines);
        }
        if !curves.is_empty() {
            self.points(POLYBEZIERTO, &curves);
        }
        self.record(ENDPATH, &[]);
    }

    /// Fills a path with an opaque colour.
    pub(super) fn fill(&mut self, path: &BezPath, to_page: Affine, rule: FillRule, color: Rgba) {
        self.select(color);
        self.path(path, to_page, rule);
        let bounds = self.bounds();
        self.record(FILLPATH, &bounds);
    }

    /// Fills a polygon of the page with an opaque colour: less to write than a path.
    pub(super) fn polygon(&mut self, corners: &[Point], color: Rgba) {
        self.select(color);
        self.points(POLYGON, corners);
    }

    /// Takes up the brush of a colour.
    fn select(&mut self, color: Rgba) {
        if self.brush != Some(color) {
            if self.brush.is_some() {
                // A brush in use is not removed.
                self.record(SELECTOBJECT, &[NULL_BRUSH]);
                self.record(DELETEOBJECT, &[BRUSH]);
            }
            self.record(CREATEBRUSHINDIRECT, &[BRUSH, 0, color_ref(color), 0]);
            self.record(SELECTOBJECT, &[BRUSH]);
            self.brush = Some(color);
        }
    }

    /// Draws inside the path alone until [`Self::restore`].
    pub(super) fn clip(&mut self, path: &BezPath, to_page: Affine, rule: FillRule) {
        // What is restored is what was there before: state that is kept in mind has to be as well.
        self.forget();
        self.record(SAVEDC, &[]);
        self.path(path, to_page, rule);
        self.record(SELECTCLIPPATH, &[1]);
    }

    pub(super) fn restore(&mut self) {
        self.forget();
        self.record(RESTOREDC, &[(-1_i32) as u32]);
    }

    fn forget(&mut self) {
        if self.brush.take().is_some() {
            self.record(SELECTOBJECT, &[NULL_BRUSH]);
            self.record(DELETEOBJECT, &[BRUSH]);
        }
        self.rule = None;
    }

    /// Pixels over a box of the page, with their opacity where they have some.
    pub(super) fn picture(&mut self, pixels: &Pixels, place: Rect) {
        let (x, y) = (unit(place.x0), unit(place.y0));
        let (across, down) = (
            (unit(place.x1) - x).max(1) as u32,
            (unit(place.y1) - y).max(1) as u32,
        );
        let (x, y) = (x as u32, y as u32);
        let (width, height) = (pixels.width, pixels.height);
        let (depth, bits) = if pixels.opaque {
            (24_u32, opaque_bits(pixels))
        } else {
            (32, translucent_bits(pixels))
        };
        let info = [
            40,
            width,
            height,
            1 | depth << 16,
            0,
            bits.len() as u32,
            0,
            0,
            0,
            0,
        ];
        let bounds = self.bounds();
        if pixels.opaque {
            self.head(STRETCHDIBITS, 72 + 40 + bits.len());
            self.words(&bounds);
            self.words(&[x, y, 0, 0, width, height]);
            // Where header and bits lie, colours as they are, copied.
            self.words(&[80, 40, 120, bits.len() as u32, 0, 0x00CC_0020]);
            self.words(&[across, down]);
        } else {
            self.head(ALPHABLEND, 100 + 40 + bits.len());
            self.words(&bounds);
            self.words(&[x, y, across, down]);
            // Over what is there, by the opacity of each pixel.
            self.words(&[u32::from_le_bytes([0, 0, 255, 1]), 0, 0]);
            let one = 1.0_f32.to_bits();
            self.words(&[one, 0, 0, one, 0, 0]);
            self.words(&[0x00FF_FFFF, 0, 108, 40, 148, bits.len() as u32]);
            self.words(&[width, height]);
        }
        self.words(&info);
        self.bytes.extend(bits);
    }

    /// The file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.forget();
        self.record(EOF, &[0, 16, 20]);
        let (width, height) = self.size;
        let hundredths = |pixels: u32| {
            (u64::from(pixels) * u64::from(DEVICE_MM) * 100 / u64::from(DEVICE)) as u32
        };
        let header = [
            1,
            108,
            0,
            0,
            width - 1,
            height - 1,
            0,
            0,
            hundredths(width),
            hundredths(height),
            u32::from_le_bytes(*b" EMF"),
            0x0001_0000,
            self.bytes.len() as u32,
            self.count,
            // Objects, among them the file itself.
            2,
            0,
            0,
            0,
            DEVICE,
            DEVICE,
            DEVICE_MM,
            DEVICE_MM,
            0,
            0,
            0,
            DEVICE_MM * 1000,
            DEVICE_MM * 1000,
        ];
        for (place, word) in self.bytes.chunks_exact_mut(4).zip(header) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        self.bytes
    }
}

/// Rows from the bottom, blue first, each a whole number of words.
fn opaque_bits(pixels: &Pixels) -> Vec<u8> {
    let stride = pixels.width as usize * 4;
    let padding = (4 - pixels.width as usize * 3 % 4) % 4;
    let mut out = Vec::with_capacity((stride + padding) * pixels.height as usize);
    for row in pixels.rgba.chunks_exact(stride.max(1)).rev() {
        for pixel in row.chunks_exact(4) {
            out.extend([pixel[2], pixel[1], pixel[0]]);
        }
        out.extend(std::iter::repeat_n(0, padding));
    }
    out
}

/// The same with opacity, by which colours are multiplied.
fn translucent_bits(pixels: &Pixels) -> Vec<u8> {
    let stride = pixels.width as usize * 4;
    let mut out = Vec::with_capacity(pixels.rgba.len());
    for row in pixels.rgba.chunks_exact(stride.max(1)).rev() {
        for pixel in row.chunks_exact(4) {
            let part = |channel: u8| ((u32::from(channel) * u32::from(pixel[3]) + 127) / 255) as u8;
            out.extend([part(pixel[2]), part(pixel[1]), part(pixel[0]), pixel[3]]);
        }
    }
    out
}
