//! Runs as glyphs of embedded fonts, each with its place and the text that it stands for.
//!
//! What glyphs cannot be (bold by a stroke, emoji in colours, spaced text from the right, fonts that cannot be cut down)
//! is drawn as outlines, with the glyphs over them, unseen, for those who search and copy.
use std::fmt::Write;

use kurbo::{Affine, BezPath};
use skrifa::MetadataProvider;
use slides_scene::{FillRule, Glyph, GlyphRun, Paint, Rgba};

use super::canvas::{Brush, FixedCanvas};
use super::markup::{attribute, color, list, matrix};
use crate::outlines;
use crate::raster::RunShape;
use crate::svg::markup::number;

/// Glyphs of one outline.
const GLYPHS_PER_PATH: usize = 256;
/// What is there and not seen.
const UNSEEN: Rgba = Rgba::WHITE.with_alpha(0);

pub(super) fn draw(canvas: &mut FixedCanvas<'_>, run: &GlyphRun, paint: &Paint) {
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
    if glyphs.is_empty() {
        return;
    }
    let is_colored = canvas.document.shared.outlines.is_colored(&run.face);
    let straight = shape.skew == 0.0 && shape.scale_x == 1.0;
    // A brush would be slanted with the glyphs.
    let carried = straight || matches!(paint, Paint::Solid(_));
    let unseen = Brush::Plain(UNSEEN);
    if is_colored {
        draw_colored(canvas, run, &shape, &glyphs, paint);
    } else if shape.embolden > 0.0 || !carried || !is_placed_alike(run, &shape, &glyphs) {
        draw_outlines(canvas, run, &shape, &glyphs, paint);
    } else {
        let brush = match canvas.brush(paint) {
            Brush::Nothing => return,
            Brush::Around(..) => {
                draw_outlines(canvas, run, &shape, &glyphs, paint);
                unseen
            }
            brush => brush,
        };
        let is_hidden = matches!(brush, Brush::Plain(UNSEEN));
        if !write_glyphs(canvas, run, &shape, &glyphs, &brush) && !is_hidden {
            draw_outlines(canvas, run, &shape, &glyphs, paint);
        }
        return;
    }
    if canvas.has_room() {
        write_glyphs(canvas, run, &shape, &glyphs, &unseen);
    }
}

/// Whether all readers put the glyphs where they are meant to be. From the right some step back by a glyph's own width
/// and some by the one that is written, so these have to be the same.
fn is_placed_alike(run: &GlyphRun, shape: &RunShape, glyphs: &[Glyph]) -> bool {
    let starts = |glyph: Option<&Glyph>| glyph.map(|glyph| glyph.start);
    if starts(glyphs.last()) >= starts(glyphs.first()) {
        return true;
    }
    let Some(font) = run.face.font_ref() else {
        return false;
    };
    let size = skrifa::instance::Size::new(shape.size as f32);
    let metrics = font.glyph_metrics(size, skrifa::instance::LocationRef::default());
    glyphs.iter().all(|glyph| {
        let own = metrics.advance_width(skrifa::GlyphId::new(glyph.id));
        own.is_some_and(|own| {
            (f64::from(own) * shape.scale_x - glyph.advance).abs() < shape.size * 2e-3
        })
    })
}

/// Glyphs in reading order with the text they stand for.
struct Reading {
    glyphs: Vec<Glyph>,
    is_rtl: bool,
    text: String,
    /// Code units and glyphs of each piece of text that stands for itself.
    clusters: Vec<(usize, usize)>,
    /// The characters of glyphs that stand for one alone.
    chars: Vec<Option<char>>,
}

/// Text that an attribute holds as it is.
fn plain(text: &str) -> String {
    text.chars()
        .map(|ch| match ch {
            ch if ch.is_control() => ' ',
            '\u{FFFE}' | '\u{FFFF}' => ' ',
            ch => ch,
        })
        .collect()
}

/// `None` where glyphs and text do not follow each other.
fn read(run: &GlyphRun, glyphs: &[Glyph]) -> Option<Reading> {
    let mut ordered = glyphs.to_vec();
    let (first, last) = (ordered.first()?.start, ordered.last()?.start);
    let is_rtl = last < first;
    if is_rtl {
        ordered.reverse();
    }
    let mut reading = Reading {
        glyphs: Vec::new(),
        is_rtl,
        text: String::new(),
        clusters: Vec::new(),
        chars: Vec::new(),
    };
    let mut end = ordered.first()?.start;
    let mut at = 0;
    while let Some(head) = ordered.get(at) {
        let count = ordered
            .iter()
            .skip(at)
            .take_while(|glyph| glyph.start == head.start)
            .count();
        // Text without a glyph belongs to the one before.
        let next = ordered.get(at + count).map(|glyph| glyph.start);
        let upto = next.unwrap_or(head.end).max(head.end);
        if head.start < end || next.is_some_and(|next| next <= head.start) {
            return None;
        }
        let upto = next.map_or(upto, |next| next.min(upto));
        let text = plain(run.text.get(head.start as usize..upto as usize)?);
        let units = text.encode_utf16().count();
        if units == 0 {
            return None;
        }
        let mut chars = text.chars();
        let only = chars
            .next()
            .filter(|_| chars.next().is_none() && count == 1);
        reading.chars.extend((0..count).map(|_| only));
        reading.text.push_str(&text);
        reading.clusters.push((units, count));
        end = upto;
        at += count;
    }
    reading.glyphs = ordered;
    Some(reading)
}

/// The run as an element; false where its face cannot be a font of the document.
fn write_glyphs(
    canvas: &mut FixedCanvas<'_>,
    run: &GlyphRun,
    shape: &RunShape,
    glyphs: &[Glyph],
    brush: &Brush,
) -> bool {
    let reading = read(run, glyphs).unwrap_or_else(|| Reading {
        glyphs: glyphs.to_vec(),
        is_rtl: false,
        text: String::new(),
        clusters: vec![(1, 1); glyphs.len()],
        chars: vec![None; glyphs.len()],
    });
    let noted: Vec<(u32, Option<char>)> = reading
        .glyphs
        .iter()
        .map(|glyph| glyph.id)
        .zip(reading.chars.iter().copied())
        .collect();
    let Some((font, ids)) = canvas.document.note_font(&run.face, &noted) else {
        return false;
    };
    let Some(first) = reading.glyphs.first() else {
        return true;
    };
    let straight = shape.skew == 0.0 && shape.scale_x == 1.0;
    let sane = |advance: f64| {
        if advance.is_finite() {
            advance.clamp(0.0, 1e5)
        } else {
            0.0
        }
    };
    // The edge of a glyph that reading comes from.
    let edge = |glyph: &Glyph| {
        if reading.is_rtl {
            -(glyph.x + sane(glyph.advance))
        } else {
            glyph.x
        }
    };
    let start = edge(first);
    let forward = if reading.is_rtl { -1.0 } else { 1.0 };
    canvas.out.push_str("<Glyphs");
    if let Brush::Plain(own) = brush {
        attribute(canvas.out, "Fill", &color(*own));
    }
    attribute(canvas.out, "FontUri", &font);
    list(canvas.out, "FontRenderingEmSize", &[shape.size]);
    let (x, y) = (start * forward, first.y);
    if straight {
        list(canvas.out, "OriginX", &[x]);
        list(canvas.out, "OriginY", &[y]);
    } else {
        canvas.out.push_str(" OriginX=\"0\" OriginY=\"0\"");
        let to_run = Affine::new([shape.scale_x, 0.0, -shape.skew, 1.0, x, y]);
        matrix(canvas.out, "RenderTransform", to_run);
    }
    if reading.is_rtl {
        canvas.out.push_str(" BidiLevel=\"1\"");
    }
    if !reading.text.is_empty() {
        // A brace at the start would mean something else.
        let escape = if reading.text.starts_with('{') {
            "{}"
        } else {
            ""
        };
        attribute(
            canvas.out,
            "UnicodeString",
            &format!("{escape}{}", reading.text),
        );
    }
    canvas.out.push_str(" Indices=\"");
    // Hundredths of an em along the line.
    let em = shape.size * shape.scale_x / 100.0;
    let mut pen = start;
    let mut clusters = reading.clusters.iter();
    let mut left = 0;
    for (at, (glyph, id)) in reading.glyphs.iter().zip(&ids).enumerate() {
        if at > 0 {
            canvas.out.push(';');
        }
        if left == 0 {
            let (units, count) = clusters.next().copied().unwrap_or((1, 1));
            if (units, count) != (1, 1) {
                let _ = write!(canvas.out, "({units}:{count})");
            }
            left = count;
        }
        left = left.saturating_sub(1);
        let _ = write!(canvas.out, "{id},");
        let next = reading
            .glyphs
            .get(at + 1)
            .map_or(edge(glyph) + sane(glyph.advance), edge);
        let advance = rounded(((next - pen) / em).max(0.0));
        number(canvas.out, advance);
        let across = rounded((edge(glyph) - pen) / em);
        let up = rounded((first.y - glyph.y) / shape.size * 100.0);
        if across != 0.0 || up != 0.0 {
            canvas.out.push(',');
            number(canvas.out, across);
            canvas.out.push(',');
            number(canvas.out, up);
        }
        pen += advance * em;
    }
    canvas.out.push('"');
    match brush {
        Brush::Element(element) => {
            let _ = write!(canvas.out, "><Glyphs.Fill>{element}</Glyphs.Fill></Glyphs>");
        }
        _ => canvas.out.push_str("/>"),
    }
    true
}

/// As it is written, so that what is lost does not add up.
fn rounded(value: f64) -> f64 {
    (value.clamp(-1e6, 1e6) * 1000.0).round() / 1000.0
}

fn draw_outlines(
    canvas: &mut FixedCanvas<'_>,
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
        if all.elements().is_empty() || !canvas.has_room() {
            continue;
        }
        let brush = canvas.brush(paint);
        canvas.fill_path(&all, FillRule::NonZero, &brush);
        if shape.embolden > 0.0 {
            let stroke = kurbo::Stroke::new(shape.embolden);
            let edge = kurbo::stroke(all.iter(), &stroke, &kurbo::StrokeOpts::default(), 0.05);
            canvas.fill_path(&edge, FillRule::NonZero, &brush);
        }
    }
}

/// Glyphs of a face that has some in colours, layer by layer.
fn draw_colored(
    canvas: &mut FixedCanvas<'_>,
    run: &GlyphRun,
    shape: &RunShape,
    glyphs: &[Glyph],
    paint: &Paint,
) {
    for glyph in glyphs {
        let place = shape.place(glyph.x, glyph.y);
        let layers =
            outlines::layers(&run.face, glyph.id).unwrap_or_else(|| vec![(glyph.id, None)]);
        for (layer, own) in layers {
            let outline = canvas.document.shared.outlines.get(&run.face, layer);
            let Some(outline) = outline.filter(|_| canvas.has_room()) else {
                continue;
            };
            let own = own.map(Paint::Solid);
            let brush = canvas.brush(own.as_ref().unwrap_or(paint));
            canvas.fill_path(&(place * &*outline), FillRule::NonZero, &brush);
        }
    }
}
