//! EMF and WMF pictures to drawing operations, through a bounded replay.

use std::sync::Arc;

use kurbo::{Affine, BezPath, Point, Rect, Shape as _};
use ooxml_metafile::drawing::{
    Bitmap, Clip, Drawing, Hatch, Image as MetaImage, LineCap, LineJoin, Op as MetaOp,
    Paint as MetaPaint, PathCommand, Pixels, Rgba as MetaRgba, Shape, Text, TextAnchor,
};
use skrifa::MetadataProvider as _;
use slides_scene::{
    FillRule, Glyph, GlyphRun, GradientStop, Image, ImageData, ImageFormat, ImageOp, Op, Paint,
    Rgba, StrokeStyle, TileMode,
};

use crate::context::SlideContext;

/// Draws a metafile with its own box stretched onto `dst`; none, with a warning, when it cannot be replayed.
pub(crate) fn draw(cx: &SlideContext<'_>, part: &str, bytes: &[u8], dst: Rect) -> Option<Vec<Op>> {
    let drawing = match ooxml_metafile::replay(bytes) {
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
                draw_shape(out, shape, &key)
            }),
            MetaOp::Image(image) => clipped(&mut out, &image.clip, drawing, |out| {
                draw_image(out, image, &key)
            }),
            MetaOp::Text(text) => clipped(&mut out, &text.clip, drawing, |out| {
                draw_text(cx, out, text)
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

fn draw_text(cx: &SlideContext<'_>, out: &mut Vec<Op>, text: &Text) {
    let MetaPaint::Solid(color) = text.fill else {
        return;
    };
    let style = slides_fonts::Style {
        bold: text.font.weight >= 600,
        italic: text.font.italic,
    };
    let selection = cx.fonts.select(&text.font.family, style);
    let size = text.font.size;
    if !(size.is_finite() && size > 0.0) {
        return;
    }
    let Some(font) = selection.face.font_ref() else {
        return;
    };
    let charmap = font.charmap();
    let metrics = font.glyph_metrics(
        skrifa::instance::Size::new(size as f32),
        skrifa::instance::LocationRef::default(),
    );
    let mut pen = 0.0;
    let mut glyphs = Vec::new();
    for (index, (at, ch)) in text.text.char_indices().enumerate() {
        let id = charmap.map(ch).unwrap_or_default();
        let advance = f64::from(metrics.advance_width(id).unwrap_or_default()) * selection.scale_x;
        let (x, y) = text
            .positions
            .as_ref()
            .and_then(|p| p.get(index).copied())
            .unwrap_or((pen, 0.0));
        glyphs.push(Glyph {
            id: id.to_u32(),
            x,
            y,
            advance,
            start: at as u32,
            end: (at + ch.len_utf8()) as u32,
        });
        pen = x + advance;
    }
    if text.positions.is_none() {
        let shift = match text.anchor {
            TextAnchor::Start => 0.0,
            TextAnchor::Middle => pen / 2.0,
            TextAnchor::End => pen,
        };
        glyphs.iter_mut().for_each(|g| g.x -= shift);
    }
    out.push(Op::Push(Affine::new(text.transform)));
    out.push(Op::Text(
        Arc::new(GlyphRun {
            face: selection.face.clone(),
            size,
            scale_x: selection.scale_x,
            skew: if selection.synthetic_italic { 0.2 } else { 0.0 },
            embolden: if selection.synthetic_bold {
                size / 30.0
            } else {
                0.0
            },
            glyphs,
            text: text.text.as_str().into(),
        }),
        Paint::Solid(rgba(color)),
    ));
    out.push(Op::Pop);
}
