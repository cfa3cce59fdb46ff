//! EMF and WMF pictures to drawing operations, through a bounded replay.

use std::borrow::Cow;
use std::sync::Arc;

use kurbo::{Affine, BezPath, Point, Rect, Shape as _};
use ooxml_metafile::drawing::{
    Bitmap, Clip, Drawing, Hatch, Image as MetaImage, LineCap, LineJoin, Op as MetaOp,
    Paint as MetaPaint, PathCommand, Pixels, Rgba as MetaRgba, Shape, Text, TextAnchor,
};
use skrifa::MetadataProvider as _;
use slides_fonts::{Face, ScriptHint, Selection};
use slides_scene::{
    FillRule, Glyph, GlyphRun, GradientStop, Image, ImageData, ImageFormat, ImageOp, Op, Paint,
    Rgba, StrokeStyle, TileMode,
};

use crate::context::SlideContext;

/// Draws a metafile with its own box stretched onto `dst`; none, with a warning, when it cannot be replayed.
pub(crate) fn draw(cx: &SlideContext<'_>, part: &str, bytes: &[u8], dst: Rect) -> Option<Vec<Op>> {
    let bytes = with_alpha_kept(bytes);
    let drawing = match ooxml_metafile::replay(&bytes) {
        Ok(drawing) => drawing,
        Err(reason) => {
            cx.warn(
                "metafile",
                format!("metafile `{part}` is left out: {reason}"),
            );
            return None;
        }
    };
    for omission in drawing.omissions.iter().take(4) {
        cx.warn(
            "metafile",
            format!("metafile `{part}`: {} is left out", omission.what),
        );
    }
    if !(drawing.width > 0.0
        && drawing.height > 0.0
        && drawing.width.is_finite()
        && drawing.height.is_finite())
    {
        return None;
    }
    Some(convert(cx, part, &drawing, dst))
}

/// Blends of 32-bit bitmaps carry opacity in their fourth byte even when the bitmap declares masks for
/// three colours only; the replay takes such bitmaps for opaque. Without the masks it reads the opacity.
fn with_alpha_kept(bytes: &[u8]) -> Cow<'_, [u8]> {
    const ALPHA_BLEND: u32 = 114;
    const PER_PIXEL: u8 = 1;
    const BITFIELDS: u32 = 3;
    /// The masks of blue, green, red, alpha in memory order.
    const MASKS: [u32; 3] = [0x00FF_0000, 0x0000_FF00, 0x0000_00FF];

    let mut out = Cow::Borrowed(bytes);
    let word = |at: usize| {
        bytes
            .get(at..at.checked_add(4)?)
            .and_then(|b| b.try_into().ok())
            .map(u32::from_le_bytes)
    };
    let mut at = 0_usize;
    // Every record is at least eight bytes long, so this ends.
    while let (Some(kind), Some(size)) = (word(at), word(at + 4)) {
        if size < 8 {
            break;
        }
        if kind == ALPHA_BLEND
            && bytes
                .get(at + 43)
                .is_some_and(|format| format & PER_PIXEL != 0)
        {
            let header = word(at + 84).map(|offset| at.saturating_add(offset as usize));
            let declared = header.and_then(|header| {
                let masks = [word(header + 40)?, word(header + 44)?, word(header + 48)?];
                let plain = word(header)? == 40
                    && word(header + 12)? >> 16 == 32
                    && word(header + 16)? == BITFIELDS;
                (plain && masks == MASKS).then_some(header + 16)
            });
            if let Some(compression) = declared.and_then(|at| out.to_mut().get_mut(at..at + 4)) {
                compression.fill(0);
            }
        }
        at = at.saturating_add(size as usize);
    }
    out
}

fn convert(cx: &SlideContext<'_>, part: &str, drawing: &Drawing, dst: Rect) -> Vec<Op> {
    let (sx, sy) = (dst.width() / drawing.width, dst.height() / drawing.height);
    let to_dst = Affine::new([sx, 0.0, 0.0, sy, dst.x0, dst.y0]);
    let mut out = vec![Op::Push(to_dst)];
    for (index, op) in drawing.ops.iter().enumerate() {
        if !cx.spend(1) {
            break;
        }
        let key = || format!("{part}#{index}");
        match op {
            MetaOp::Shape(shape) => clipped(&mut out, &shape.clip, drawing, |out| {
                draw_shape(out, shape, &key);
            }),
            MetaOp::Image(image) => clipped(&mut out, &image.clip, drawing, |out| {
                draw_image(out, image, &key);
            }),
            MetaOp::Text(text) => clipped(&mut out, &text.clip, drawing, |out| {
                draw_text(cx, out, text);
            }),
        }
    }
    out.push(Op::Pop);
    out
}

fn clipped(out: &mut Vec<Op>, clip: &Clip, drawing: &Drawing, draw: impl FnOnce(&mut Vec<Op>)) {
    let mut depth = 0;
    let mut at = clip.as_deref();
    while let Some(chain) = at {
        let mut path = bez(&chain.region.path);
        let mut rule = if chain.region.even_odd {
            FillRule::EvenOdd
        } else {
            FillRule::NonZero
        };
        if chain.region.exclude {
            let all = Rect::new(0.0, 0.0, drawing.width, drawing.height)
                .inflate(drawing.width, drawing.height);
            path.extend(all.to_path(0.1).iter());
            rule = FillRule::EvenOdd;
        }
        out.push(Op::Clip(Arc::new(path), rule));
        depth += 1;
        if depth >= 32 {
            break;
        }
        at = chain.parent.as_deref();
    }
    draw(out);
    out.extend((0..depth).map(|_| Op::PopClip));
}

fn point(x: f64, y: f64) -> Point {
    let hold = |v: f64| {
        if v.is_finite() {
            v.clamp(-1e6, 1e6)
        } else {
            0.0
        }
    };
    Point::new(hold(x), hold(y))
}

fn bez(commands: &[PathCommand]) -> BezPath {
    let mut path = BezPath::new();
    for command in commands {
        if path.elements().is_empty() && !matches!(command, PathCommand::Move { .. }) {
            path.move_to(Point::ZERO);
        }
        match *command {
            PathCommand::Move { x, y } => path.move_to(point(x, y)),
            PathCommand::Line { x, y } => path.line_to(point(x, y)),
            PathCommand::Quad { cpx, cpy, x, y } => path.quad_to(point(cpx, cpy), point(x, y)),
            PathCommand::Cubic {
                cp1x,
                cp1y,
                cp2x,
                cp2y,
                x,
                y,
            } => {
                path.curve_to(point(cp1x, cp1y), point(cp2x, cp2y), point(x, y));
            }
            PathCommand::Close => path.close_path(),
        }
    }
    path
}

fn rgba(color: MetaRgba) -> Rgba {
    Rgba {
        r: color.r,
        g: color.g,
        b: color.b,
        a: color.a,
    }
}

fn paint(paint: &MetaPaint, key: &dyn Fn() -> String) -> Option<Paint> {
    Some(match paint {
        MetaPaint::Solid(color) => Paint::Solid(rgba(*color)),
        MetaPaint::Hatch {
            style,
            color,
            background,
            ..
        } => {
            let name = match style {
                Hatch::Horizontal => "horz",
                Hatch::Vertical => "vert",
                Hatch::ForwardDiagonal => "dnDiag",
                Hatch::BackwardDiagonal => "upDiag",
                Hatch::Cross => "cross",
                Hatch::DiagonalCross => "diagCross",
            };
            Paint::Pattern {
                foreground: rgba(*color),
                background: background.map_or(Rgba::WHITE.with_alpha(0), rgba),
                bits: crate::pattern::bits(name)?,
            }
        }
        MetaPaint::Pattern {
            tile,
            width,
            height,
        } => Paint::Image {
            image: bitmap(tile, key())?,
            transform: Affine::scale_non_uniform(*width, *height),
            tile: TileMode::Repeat {
                flip_x: false,
                flip_y: false,
            },
            alpha: 1.0,
            effects: Vec::new(),
        },
        MetaPaint::Linear(gradient) => Paint::Linear {
            start: point(gradient.start.0, gradient.start.1),
            end: point(gradient.end.0, gradient.end.1),
            stops: gradient
                .stops
                .iter()
                .map(|(offset, color)| GradientStop {
                    offset: *offset as f32,
                    color: rgba(*color),
                })
                .collect(),
        },
    })
}

fn draw_shape(out: &mut Vec<Op>, shape: &Shape, key: &dyn Fn() -> String) {
    let path = Arc::new(bez(&shape.path));
    let rule = if shape.even_odd {
        FillRule::EvenOdd
    } else {
        FillRule::NonZero
    };
    if let Some(fill) = shape.fill.as_ref().and_then(|f| paint(f, key)) {
        out.push(Op::Fill(path.clone(), rule, fill));
    }
    if let Some(stroke) = &shape.stroke
        && let Some(ink) = paint(&stroke.paint, key)
    {
        let dashes = stroke.dash.clone().unwrap_or_default();
        let dashes_end =
            dashes.iter().all(|d| d.is_finite() && *d >= 0.0) && dashes.iter().sum::<f64>() > 0.01;
        let style = StrokeStyle {
            width: if stroke.width.is_finite() {
                stroke.width.clamp(0.0, 1e5)
            } else {
                0.0
            },
            cap: match stroke.cap {
                LineCap::Butt => kurbo::Cap::Butt,
                LineCap::Round => kurbo::Cap::Round,
                LineCap::Square => kurbo::Cap::Square,
            },
            join: match stroke.join {
                LineJoin::Miter => kurbo::Join::Miter,
                LineJoin::Round => kurbo::Join::Round,
                LineJoin::Bevel => kurbo::Join::Bevel,
            },
            miter_limit: stroke.miter_limit,
            dashes: if dashes_end { dashes } else { Vec::new() },
        };
        out.push(Op::Stroke(path, style, ink));
    }
}

fn bitmap(bitmap: &Bitmap, key: String) -> Option<Arc<Image>> {
    let data = match &bitmap.pixels {
        Pixels::Rgba(pixels) => ImageData::Rgba(pixels.as_slice().into()),
        Pixels::Encoded { bytes, .. } => match crate::raster::sniff(bytes) {
            crate::raster::Kind::Encoded(
                format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif),
            ) => ImageData::Encoded {
                format,
                bytes: bytes.as_slice().into(),
            },
            _ => return None,
        },
    };
    Some(Arc::new(Image {
        key,
        data,
        width: bitmap.width,
        height: bitmap.height,
    }))
}

fn draw_image(out: &mut Vec<Op>, image: &MetaImage, key: &dyn Fn() -> String) {
    let Some(picture) = bitmap(&image.bitmap, key()) else {
        return;
    };
    let (w, h) = (f64::from(picture.width), f64::from(picture.height));
    out.push(Op::Push(Affine::new(image.transform)));
    out.push(Op::Image(Box::new(ImageOp {
        image: picture,
        dst: Rect::new(0.0, 0.0, w, h),
        crop: Rect::new(0.0, 0.0, 1.0, 1.0),
        alpha: image.opacity as f32,
        effects: Vec::new(),
        alt: None,
    })));
    out.push(Op::Pop);
}

/// Letters of a text that come from one face.
struct Letters {
    selection: Selection,
    glyphs: Vec<Glyph>,
}

/// The letters of a text, face by face: characters of symbol faces are positions, and what the asked-for face lacks
/// comes from another one.
fn letters(cx: &SlideContext<'_>, text: &Text, style: slides_fonts::Style) -> Vec<Letters> {
    let asked = cx.fonts.select(&text.font.family, style);
    let size = text.font.size;
    let mut runs: Vec<Letters> = Vec::new();
    let mut pen = 0.0;
    for (index, (at, ch)) in text.text.char_indices().enumerate() {
        let drawn = asked.symbol.and_then(|map| map.map(ch)).unwrap_or(ch);
        let selection = if drawn.is_whitespace() || cx.fonts.covers(&asked.face, drawn) {
            asked.clone()
        } else {
            cx.fonts
                .fallback(drawn, style, ScriptHint::None, Some(&text.font.family))
                .unwrap_or_else(|| asked.clone())
        };
        let (id, natural) = glyph_of(&selection.face, drawn, size);
        let advance = natural * selection.scale_x;
        let (x, y) = text
            .positions
            .as_ref()
            .and_then(|p| p.get(index).copied())
            .unwrap_or((pen, 0.0));
        let glyph = Glyph {
            id,
            x,
            y,
            advance,
            start: at as u32,
            end: (at + ch.len_utf8()) as u32,
        };
        pen = x + advance;
        match runs.last_mut() {
            Some(run) if run.selection.face == selection.face => run.glyphs.push(glyph),
            _ => runs.push(Letters {
                selection,
                glyphs: vec![glyph],
            }),
        }
    }
    if text.positions.is_none() {
        let shift = match text.anchor {
            TextAnchor::Start => 0.0,
            TextAnchor::Middle => pen / 2.0,
            TextAnchor::End => pen,
        };
        for glyph in runs.iter_mut().flat_map(|run| &mut run.glyphs) {
            glyph.x -= shift;
        }
    }
    runs
}

/// A character's glyph in a face and its advance.
fn glyph_of(face: &Face, ch: char, size: f64) -> (u32, f64) {
    let Some(font) = face.font_ref() else {
        return (0, 0.0);
    };
    let id = font.charmap().map(ch).unwrap_or_default();
    let metrics = font.glyph_metrics(
        skrifa::instance::Size::new(size as f32),
        skrifa::instance::LocationRef::default(),
    );
    let advance = metrics.advance_width(id).unwrap_or_default();
    (id.to_u32(), f64::from(advance))
}

fn draw_text(cx: &SlideContext<'_>, out: &mut Vec<Op>, text: &Text) {
    let MetaPaint::Solid(color) = text.fill else {
        return;
    };
    let style = slides_fonts::Style {
        bold: text.font.weight >= 600,
        italic: text.font.italic,
    };
    let size = text.font.size;
    if !(size.is_finite() && size > 0.0) {
        return;
    }
    for Letters { selection, glyphs } in letters(cx, text, style) {
        let run = GlyphRun {
            face: selection.face.clone(),
            size,
            scale_x: selection.scale_x,
            skew: if selection.synthetic_italic { 0.2 } else { 0.0 },
            embolden: 0.0,
            glyphs,
            text: text.text.as_str().into(),
        };
        // Letters of a picture are outlines: PowerPoint's own PDFs hold no text there.
        let Some(path) = crate::text::outline(&run) else {
            continue;
        };
        let (path, ink) = (Arc::new(path), Paint::Solid(rgba(color)));
        out.push(Op::Push(Affine::new(text.transform)));
        if selection.synthetic_bold {
            let pen = StrokeStyle::new(size / 30.0);
            out.push(Op::Stroke(path.clone(), pen, ink.clone()));
        }
        out.push(Op::Fill(path, FillRule::NonZero, ink));
        out.push(Op::Pop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An alpha blend of one 32-bit pixel with the masks of three colours.
    fn blend(format: u8) -> Vec<u8> {
        let mut record = vec![0_u8; 164];
        let mut put =
            |at: usize, value: u32| record[at..at + 4].copy_from_slice(&value.to_le_bytes());
        put(0, 114);
        put(4, 164);
        put(84, 108);
        put(108, 40);
        put(120, 1 | 32 << 16);
        put(124, 3);
        put(148, 0x00FF_0000);
        put(152, 0x0000_FF00);
        put(156, 0x0000_00FF);
        record[43] = format;
        record
    }

    #[test]
    fn blended_bitmaps_keep_their_opacity() {
        let mut record = vec![1, 0, 0, 0, 8, 0, 0, 0];
        record.extend(blend(1));
        let kept = with_alpha_kept(&record);
        assert_eq!((record[8 + 124], kept[8 + 124]), (3, 0));
        // Without opacity per pixel, and in a record that ends early, nothing changes.
        let plain = blend(0);
        assert!(matches!(with_alpha_kept(&plain), Cow::Borrowed(_)));
        assert!(matches!(with_alpha_kept(&record[..60]), Cow::Borrowed(_)));
    }
}
