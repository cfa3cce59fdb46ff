//! Runs of glyphs as text or as outlines.
//!
//! Text is written as such where each glyph is what a reader would choose for its character; each has its place, so
//! that lines keep their length whatever font is there. Runs that are shaped further (Arabic, Devanagari, marks,
//! emoji) are drawn as outlines, with the text over them, unseen, for those who search and copy.
use std::fmt::Write;

use kurbo::{Affine, BezPath};
use skrifa::MetadataProvider;
use slides_fonts::Face;
use slides_scene::{FillRule, Glyph, GlyphRun, Paint};

use super::SvgText;
use super::canvas::{Ink, SvgCanvas};
use super::markup::{escape, number, numbers, transform};
use crate::outlines;
use crate::raster::RunShape;

/// Glyphs of one outline.
const GLYPHS_PER_PATH: usize = 256;

/// Families of Office that look like a face, for readers that have those.
fn kin(family: &str) -> &'static str {
    match family {
        "Carlito" => "Calibri,sans-serif",
        "Caladea" => "Cambria,serif",
        "Liberation Serif" => "'Times New Roman',Tinos,serif",
        "Liberation Mono" => "'Courier New',Cousine,monospace",
        "Gelasio" => "Georgia,serif",
        "Selawik" => "'Segoe UI',sans-serif",
        "Liberation Sans" => "Arial,Arimo,Helvetica,sans-serif",
        _ => "sans-serif",
    }
}

pub(super) fn draw(canvas: &mut SvgCanvas<'_>, run: &GlyphRun, paint: &Paint) {
    let Some(shape) = canvas.document.shared.shape_of(run) else {
        return;
    };
    let most = canvas.document.shared.limits.max_glyphs;
    let glyphs: Vec<Glyph> = run
        .glyphs
        .iter()
        .take(most)
        .filter(|glyph| glyph.x.abs() < 1e6 && glyph.y.abs() < 1e6)
        .copied()
        .collect();
    let how = canvas.document.options.text;
    let is_colored = canvas.document.shared.outlines.is_colored(&run.face);
    let plain_paint = matches!(paint, Paint::Solid(color) if color.a > 0);
    let straight = shape.skew == 0.0 && shape.scale_x == 1.0;
    if how != SvgText::Outlines
        && !is_colored
        && (plain_paint || (straight && !matches!(paint, Paint::Solid(_) | Paint::Image { .. })))
        && let Some(chars) = chars(run, &glyphs)
        && write_text(canvas, run, &shape, &glyphs, &chars, paint)
    {
        return;
    }
    if is_colored {
        draw_colored(canvas, run, &shape, &glyphs, paint);
    } else {
        draw_outlines(canvas, run, &shape, &glyphs, paint);
    }
    if how != SvgText::Outlines {
        write_unseen(canvas, run, &shape, &glyphs);
    }
}

/// The character of each glyph, where a reader would choose the same glyph for it; `None` for runs that are shaped
/// further.
fn chars(run: &GlyphRun, glyphs: &[Glyph]) -> Option<Vec<char>> {
    let font = run.face.font_ref()?;
    let charmap = font.charmap();
    let baseline = glyphs.first()?.y;
    let mut end = 0;
    glyphs
        .iter()
        .map(|glyph| {
            let mut chars = run
                .text
                .get(glyph.start as usize..glyph.end as usize)?
                .chars();
            let (ch, rest) = (chars.next()?, chars.next());
            let follows = glyph.start >= end && (glyph.y - baseline).abs() < 1e-3;
            end = glyph.end;
            let mapped = charmap.map(ch).is_some_and(|id| id.to_u32() == glyph.id);
            (rest.is_none() && follows && mapped && glyph.id != 0 && is_simple(ch)).then_some(ch)
        })
        .collect()
}

/// Characters of scripts that run to the right, one after the other.
fn is_simple(ch: char) -> bool {
    !ch.is_control()
        && !matches!(u32::from(ch),
            // Marks, Hebrew to Tibetan and on, Khmer, Mongolian, joiners, private use, presentation forms, beyond the
            // basic plane.
            0x0300..=0x036F | 0x0590..=0x109F | 0x1700..=0x18AF | 0x1900..=0x1CFF | 0x1DC0..=0x1DFF
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x20D0..=0x20FF | 0xE000..=0xF8FF
            | 0xFB1D..=0xFDFF | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F | 0xFE70..)
        || matches!(u32::from(ch), 0xFF01..=0xFFEE)
}

/// Families for a run; none when its face has to be embedded and cannot be.
fn family(
    canvas: &mut SvgCanvas<'_>,
    face: &Face,
    glyphs: &[Glyph],
    chars: &[char],
) -> Option<String> {
    let kin = kin(face.family());
    if canvas.document.options.text == SvgText::Embedded {
        let pairs = chars
            .iter()
            .copied()
            .zip(glyphs.iter().map(|glyph| glyph.id));
        let own = canvas.document.fonts.note(face, pairs)?;
        return Some(format!("{own},{kin}"));
    }
    let name: String = face
        .family()
        .chars()
        .filter(|ch| !ch.is_control() && !"'\"\\<>&;".contains(*ch))
        .collect();
    Some(format!("'{name}',{kin}"))
}

fn write_text(
    canvas: &mut SvgCanvas<'_>,
    run: &GlyphRun,
    shape: &RunShape,
    glyphs: &[Glyph],
    chars: &[char],
    paint: &Paint,
) -> bool {
    let Some(first) = glyphs.first() else {
        return true;
    };
    if canvas.document.options.text == SvgText::Embedded && !canvas.document.fonts.embeds(&run.face)
    {
        return false;
    }
    let (value, alpha) = match canvas.ink(paint) {
        Ink::Plain(value, alpha) => (value, alpha),
        Ink::Nothing => return true,
        Ink::Clipped(_) => return false,
    };
    let Some(family) = family(canvas, &run.face, glyphs, chars) else {
        return false;
    };
    canvas.out.push_str("<text");
    let straight = shape.skew == 0.0 && shape.scale_x == 1.0;
    let (x0, y0) = if straight {
        (0.0, 0.0)
    } else {
        (first.x, first.y)
    };
    if !straight {
        let to_run = Affine::new([shape.scale_x, 0.0, -shape.skew, 1.0, x0, y0]);
        transform(canvas.out, "transform", to_run);
    }
    canvas.out.push_str(" x=\"");
    for (at, glyph) in glyphs.iter().enumerate() {
        if at > 0 {
            canvas.out.push(' ');
        }
        number(canvas.out, (glyph.x - x0) / shape.scale_x);
    }
    canvas.out.push('"');
    numbers(
        canvas.out,
        &[("y", first.y - y0), ("font-size", shape.size)],
    );
    let _ = write!(canvas.out, " font-family=\"{family}\"");
    // Embedded faces are what they are; named ones are chosen by these.
    if canvas.document.options.text == SvgText::Named {
        if run.face.is_bold() {
            canvas.out.push_str(" font-weight=\"700\"");
        }
        if run.face.is_italic() {
            canvas.out.push_str(" font-style=\"italic\"");
        }
    }
    let _ = write!(canvas.out, " fill=\"{value}\"");
    if alpha < 1.0 {
        numbers(canvas.out, &[("fill-opacity", f64::from(alpha))]);
    } else {
        canvas.bold(&value, shape.embolden);
    }
    canvas.out.push('>');
    let text: String = chars.iter().collect();
    escape(canvas.out, &text);
    canvas.out.push_str("</text>");
    true
}

/// The text of a run over its outlines, unseen.
fn write_unseen(canvas: &mut SvgCanvas<'_>, run: &GlyphRun, shape: &RunShape, glyphs: &[Glyph]) {
    let start = glyphs.iter().map(|glyph| glyph.start).min();
    let end = glyphs.iter().map(|glyph| glyph.end).max();
    let (Some(start), Some(end), Some(first)) = (start, end, glyphs.first()) else {
        return;
    };
    let text = run
        .text
        .get(start as usize..end as usize)
        .unwrap_or_default();
    let right = glyphs
        .iter()
        .map(|glyph| glyph.x + glyph.advance.clamp(0.0, 1e5))
        .fold(first.x, f64::max);
    let left = glyphs.iter().map(|glyph| glyph.x).fold(first.x, f64::min);
    if text.trim().is_empty() || right - left < 1e-3 {
        return;
    }
    canvas.out.push_str("<text");
    numbers(
        canvas.out,
        &[
            ("x", left),
            ("y", first.y),
            ("font-size", shape.size),
            ("textLength", right - left),
        ],
    );
    canvas.out.push_str(
        " lengthAdjust=\"spacingAndGlyphs\" font-family=\"sans-serif\" fill=\"#000000\" fill-opacity=\"0\">",
    );
    escape(canvas.out, text);
    canvas.out.push_str("</text>");
}

fn draw_outlines(
    canvas: &mut SvgCanvas<'_>,
    run: &GlyphRun,
    shape: &RunShape,
    glyphs: &[Glyph],
    paint: &Paint,
) {
    for part in glyphs.chunks(GLYPHS_PER_PATH) {
        let mut all = BezPath::new();
        for glyph in part {
            if let Some(outline) = canvas.document.shared.outlines.get(&run.face, glyph.id) {
                let place = shape.place(glyph.x, glyph.y);
                all.extend(outline.iter().map(|element| place * element));
            }
        }
        if !all.elements().is_empty() && canvas.has_room() {
            let ink = canvas.ink(paint);
            canvas.fill_path(&all, FillRule::NonZero, &ink, shape.embolden);
        }
    }
}

/// Glyphs of a face that has some in colours, layer by layer.
fn draw_colored(
    canvas: &mut SvgCanvas<'_>,
    run: &GlyphRun,
    shape: &RunShape,
    glyphs: &[Glyph],
    paint: &Paint,
) {
    for glyph in glyphs {
        let place = shape.place(glyph.x, glyph.y);
        let layers =
            outlines::layers(&run.face, glyph.id).unwrap_or_else(|| vec![(glyph.id, None)]);
        for (layer, color) in layers {
            let outline = canvas.document.shared.outlines.get(&run.face, layer);
            let Some(outline) = outline.filter(|_| canvas.has_room()) else {
                continue;
            };
            let own = color.map(Paint::Solid);
            let ink = canvas.ink(own.as_ref().unwrap_or(paint));
            canvas.fill_path(&(place * &*outline), FillRule::NonZero, &ink, 0.0);
        }
    }
}
