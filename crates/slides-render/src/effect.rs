//! Raster effects over an offscreen picture.
use slides_scene::{EffectKind, Rgba};

/// Premultiplied RGBA of an effect's source, `scale` pixels to a point.
pub(crate) struct Source<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) premultiplied: &'a [u8],
    pub(crate) scale: f64,
    /// Where row 0 lies, in the coordinates in force.
    pub(crate) top: f64,
}

/// How far beyond the source's pixels an effect reaches, in points.
pub(crate) fn reach(kind: &EffectKind) -> f64 {
    let reach = match *kind {
        EffectKind::Shadow { sigma, .. } | EffectKind::Blur { sigma } => sigma * 3.0,
        EffectKind::InnerShadow { sigma, dx, dy, .. } => sigma * 3.0 + dx.abs().max(dy.abs()),
        EffectKind::Glow { radius, .. } | EffectKind::SoftEdge { radius } => radius,
        EffectKind::Fade { .. } => 0.0,
    };
    if reach.is_finite() {
        reach.clamp(0.0, 10_000.0)
    } else {
        0.0
    }
}

/// Pixels to a point beyond which an effect gains nothing: what is blurred needs few.
pub(crate) fn useful_scale(kind: &EffectKind) -> f64 {
    let soft = match *kind {
        EffectKind::Shadow { sigma, .. } => sigma,
        EffectKind::Glow { radius, .. } => radius / 4.0,
        // These show the source itself, or an edge of it.
        _ => return f64::INFINITY,
    };
    if soft > 0.0 {
        5.0 / soft
    } else {
        f64::INFINITY
    }
}

/// Whether an effect shows where its source is, and none of its colours.
pub(crate) fn is_of_outline(kind: &EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::Shadow { .. } | EffectKind::Glow { .. } | EffectKind::InnerShadow { .. }
    )
}

/// Straight RGBA of the result, the size of the source.
pub(crate) fn apply(kind: &EffectKind, source: &Source<'_>) -> Vec<u8> {
    let pixels = |length: f64| {
        if length.is_finite() {
            (length * source.scale).clamp(0.0, 4096.0)
        } else {
            0.0
        }
    };
    match *kind {
        EffectKind::Shadow { color, sigma } => {
            let mut alpha = alpha_plane(source);
            blur(&mut alpha, source.width, source.height, pixels(sigma));
            tinted(color, &alpha)
        }
        EffectKind::Glow { color, radius } => {
            let radius = pixels(radius).max(1e-3);
            let distances = distance(source, |alpha| alpha >= 128);
            let alpha: Vec<f32> = distances
                .iter()
                .map(|&away| edge_step((radius / 2.0 - f64::from(away)) / (radius / 4.0)))
                .collect();
            tinted(color, &alpha)
        }
        EffectKind::InnerShadow {
            color,
            sigma,
            dx,
            dy,
        } => {
            let shape = alpha_plane(source);
            let shift = |length: f64| {
                if length.is_finite() {
                    (length * source.scale).round().clamp(-8192.0, 8192.0) as i64
                } else {
                    0
                }
            };
            let mut outside =
                shifted_outside(&shape, source.width, source.height, shift(dx), shift(dy));
            blur(&mut outside, source.width, source.height, pixels(sigma));
            let alpha: Vec<f32> = outside
                .iter()
                .zip(&shape)
                .map(|(outside, inside)| outside * inside)
                .collect();
            tinted(color, &alpha)
        }
        EffectKind::SoftEdge { radius } => {
            let radius = pixels(radius).max(1e-3);
            let distances = distance(source, |alpha| alpha < 128);
            let mut out = source.premultiplied.to_vec();
            for (pixel, &inside) in out.chunks_exact_mut(4).zip(&distances) {
                let keep = edge_step((f64::from(inside) - radius / 2.0) / (radius / 4.0));
                for value in pixel {
                    *value = (f32::from(*value) * keep + 0.5) as u8;
                }
            }
            straight(out)
        }
        EffectKind::Blur { sigma } => {
            let mut out = source.premultiplied.to_vec();
            for channel in 0..4 {
                let mut plane: Vec<f32> = source
                    .premultiplied
                    .chunks_exact(4)
                    .map(|pixel| f32::from(pixel[channel]) / 255.0)
                    .collect();
                blur(&mut plane, source.width, source.height, pixels(sigma));
                for (pixel, value) in out.chunks_exact_mut(4).zip(&plane) {
                    pixel[channel] = to_byte(*value);
                }
            }
            straight(out)
        }
        EffectKind::Fade {
            from_y,
            to_y,
            start_alpha,
            end_alpha,
        } => {
            let mut out = source.premultiplied.to_vec();
            let span = to_y - from_y;
            for (row, line) in out.chunks_exact_mut(source.width.max(1) * 4).enumerate() {
                let y = source.top + (row as f64 + 0.5) / source.scale;
                let part = if span.abs() < 1e-9 || !span.is_finite() {
                    1.0
                } else {
                    ((y - from_y) / span).clamp(0.0, 1.0)
                };
                let alpha = (start_alpha + (end_alpha - start_alpha) * part as f32).clamp(0.0, 1.0);
                let alpha = if alpha.is_nan() { 0.0 } else { alpha };
                for value in line {
                    *value = (f32::from(*value) * alpha + 0.5) as u8;
                }
            }
            straight(out)
        }
    }
}

fn to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

fn alpha_plane(source: &Source<'_>) -> Vec<f32> {
    source
        .premultiplied
        .chunks_exact(4)
        .map(|pixel| f32::from(pixel[3]) / 255.0)
        .collect()
}

fn tinted(color: Rgba, alpha: &[f32]) -> Vec<u8> {
    let plateau = f32::from(color.a) / 255.0;
    let mut out = vec![0; alpha.len() * 4];
    for (pixel, value) in out.as_chunks_mut::<4>().0.iter_mut().zip(alpha) {
        *pixel = [color.r, color.g, color.b, to_byte(value * plateau)];
    }
    out
}

/// Premultiplied to straight.
pub(crate) fn straight(mut pixels: Vec<u8>) -> Vec<u8> {
    for pixel in pixels.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        if alpha != 0 && alpha != 255 {
            for value in pixel.iter_mut().take(3) {
                *value = ((u32::from(*value) * 255 + alpha / 2) / alpha).min(255) as u8;
            }
        }
    }
    pixels
}

/// The Gaussian step function: 0 far below, 0.5 at 0, 1 far above.
fn edge_step(sigmas: f64) -> f32 {
    // A logistic curve is within 0.01 of the normal distribution's.
    (1.0 / (1.0 + (-1.702 * sigmas).exp())) as f32
}

/// Standard deviations in pixels from which three box blurs stand for the Gaussian (within 3 %): their cost does
/// not grow with it.
const BOXES_FROM: f64 = 6.0;

/// Gaussian blur; beyond the borders all is 0.
fn blur(plane: &mut [f32], width: usize, height: usize, sigma: f64) {
    if sigma < 0.05 || width == 0 || height == 0 || plane.len() != width * height {
        return;
    }
    if sigma < BOXES_FROM {
        let kernel = gaussian(sigma);
        convolve_rows(plane, width, &kernel);
        convolve_columns(plane, width, &kernel);
    } else {
        for radius in box_radii(sigma) {
            let mut line = Vec::new();
            for row in plane.chunks_exact_mut(width) {
                box_row(row, radius, &mut line);
            }
            box_columns(plane, width, height, radius);
        }
    }
}

/// The kernel's centre and one of its halves.
fn gaussian(sigma: f64) -> Vec<f32> {
    let radius = (sigma * 3.0).ceil().max(1.0) as usize;
    let mut kernel: Vec<f32> = (0..=radius)
        .map(|at| (-((at * at) as f64) / (2.0 * sigma * sigma)).exp() as f32)
        .collect();
    let sum = kernel.first().copied().unwrap_or(1.0) + 2.0 * kernel.iter().skip(1).sum::<f32>();
    for weight in &mut kernel {
        *weight /= sum;
    }
    kernel
}

/// Convolves each row. Most of a shape is its inside, where a blur changes nothing: only what lies within the kernel's
/// reach of a change is worked on.
fn convolve_rows(plane: &mut [f32], width: usize, kernel: &[f32]) {
    let reach = kernel.len() - 1;
    let mut padded = vec![0.0; width + 2 * reach];
    for row in plane.chunks_exact_mut(width) {
        if let Some(inner) = padded.get_mut(reach..reach + width) {
            inner.copy_from_slice(row);
        }
        let mut done = 0;
        // Where the value is another than the one before it, both borders among them.
        let changes = (reach..=reach + width).filter(|&at| padded.get(at) != padded.get(at - 1));
        let mut span: Option<(usize, usize)> = None;
        let mut work = |(first, end): (usize, usize)| {
            let first = first.max(done);
            if let Some(out) = row.get_mut(first..end) {
                symmetric(out, kernel, |offset| {
                    (
                        padded.get(first + reach - offset..).unwrap_or_default(),
                        padded.get(first + reach + offset..).unwrap_or_default(),
                    )
                });
                done = end;
            }
        };
        for at in changes {
            // In the row's own places, `at - reach` and the one before it differ.
            let (first, end) = ((at - reach).saturating_sub(reach), at.min(width));
            span = match span {
                Some((start, known)) if first <= known => Some((start, end)),
                Some(known) => {
                    work(known);
                    Some((first, end))
                }
                None => Some((first, end)),
            };
        }
        if let Some(known) = span {
            work(known);
        }
    }
}

/// Convolves each column. Rows are added whole, so that the memory is walked in order, and a row among equal ones stays.
fn convolve_columns(plane: &mut [f32], width: usize, kernel: &[f32]) {
    let reach = kernel.len() - 1;
    let height = plane.len() / width;
    let mut padded = vec![0.0; (height + 2 * reach) * width];
    if let Some(inner) = padded.get_mut(reach * width..(reach + height) * width) {
        inner.copy_from_slice(plane);
    }
    let row_at = |y: usize| padded.get(y * width..(y + 1) * width).unwrap_or_default();
    // How many rows from each on, in the padded plane, are like it.
    let mut alike = vec![1_usize; height + 2 * reach];
    for y in (0..alike.len() - 1).rev() {
        if row_at(y) == row_at(y + 1) {
            let next = alike.get(y + 1).copied().unwrap_or(1);
            if let Some(count) = alike.get_mut(y) {
                *count = next + 1;
            }
        }
    }
    for (y, row) in plane.chunks_exact_mut(width).enumerate() {
        if alike.get(y).is_none_or(|&count| count <= 2 * reach) {
            symmetric(row, kernel, |offset| {
                (row_at(y + reach - offset), row_at(y + reach + offset))
            });
        }
    }
}

/// Sums what lies each distance to both sides, weighted by the kernel.
fn symmetric<'a>(out: &mut [f32], kernel: &[f32], sides: impl Fn(usize) -> (&'a [f32], &'a [f32])) {
    let mut weights = kernel.iter();
    let center = weights.next().copied().unwrap_or(1.0);
    for (to, value) in out.iter_mut().zip(sides(0).0) {
        *to = value * center;
    }
    for (offset, weight) in weights.enumerate() {
        let (before, after) = sides(offset + 1);
        for (to, (before, after)) in out.iter_mut().zip(before.iter().zip(after)) {
            *to += (before + after) * weight;
        }
    }
}

/// Radii of three boxes whose variances add up to the Gaussian's.
fn box_radii(sigma: f64) -> [usize; 3] {
    let ideal = ((12.0 * sigma * sigma / 3.0 + 1.0).sqrt() - 1.0) / 2.0;
    let low = ideal.floor();
    // A box of radius r has the variance ((2r + 1)^2 - 1) / 12.
    let variance = |radius: f64| ((2.0 * radius + 1.0).powi(2) - 1.0) / 12.0;
    let missing = (sigma * sigma - 3.0 * variance(low)) / (variance(low + 1.0) - variance(low));
    let larger = missing.round().clamp(0.0, 3.0) as usize;
    std::array::from_fn(|at| low as usize + usize::from(at < larger))
}

fn box_row(row: &mut [f32], radius: usize, line: &mut Vec<f32>) {
    line.clear();
    line.extend_from_slice(row);
    let weight = 1.0 / (2 * radius + 1) as f64;
    let mut sum: f64 = line
        .iter()
        .take(radius)
        .map(|value| f64::from(*value))
        .sum();
    for (at, to) in row.iter_mut().enumerate() {
        sum += line.get(at + radius).copied().map_or(0.0, f64::from);
        *to = (sum * weight) as f32;
        sum -= at
            .checked_sub(radius)
            .and_then(|gone| line.get(gone))
            .copied()
            .map_or(0.0, f64::from);
    }
}

fn box_columns(plane: &mut [f32], width: usize, height: usize, radius: usize) {
    let source = plane.to_vec();
    let row_of = |y: usize| source.get(y * width..(y + 1) * width).unwrap_or_default();
    let weight = 1.0 / (2 * radius + 1) as f64;
    let mut sums = vec![0f64; width];
    for y in 0..radius.min(height) {
        for (sum, value) in sums.iter_mut().zip(row_of(y)) {
            *sum += f64::from(*value);
        }
    }
    for (y, row) in plane.chunks_exact_mut(width).enumerate() {
        for (sum, value) in sums.iter_mut().zip(row_of(y + radius)) {
            *sum += f64::from(*value);
        }
        for (to, sum) in row.iter_mut().zip(&sums) {
            *to = (*sum * weight) as f32;
        }
        if let Some(gone) = y.checked_sub(radius) {
            for (sum, value) in sums.iter_mut().zip(row_of(gone)) {
                *sum -= f64::from(*value);
            }
        }
    }
}

/// What lies outside the shape moved by `dx`, `dy`.
fn shifted_outside(shape: &[f32], width: usize, height: usize, dx: i64, dy: i64) -> Vec<f32> {
    let mut out = vec![1.0; shape.len()];
    for y in 0..height {
        let Ok(from_y) = usize::try_from(y as i64 - dy) else {
            continue;
        };
        if from_y >= height {
            continue;
        }
        for x in 0..width {
            let Ok(from_x) = usize::try_from(x as i64 - dx) else {
                continue;
            };
            if from_x < width
                && let (Some(to), Some(value)) = (
                    out.get_mut(y * width + x),
                    shape.get(from_y * width + from_x),
                )
            {
                *to = 1.0 - value;
            }
        }
    }
    out
}

/// Distance in pixels of each pixel to the nearest one whose alpha is in the set. For the outside, the
/// picture's border counts as part of it.
fn distance(source: &Source<'_>, member: impl Fn(u8) -> bool) -> Vec<f32> {
    const FAR: f32 = 1e9;
    let (width, height) = (source.width, source.height);
    let border = if member(0) { 1.0 } else { FAR };
    let mut squares: Vec<f32> = source
        .premultiplied
        .chunks_exact(4)
        .map(|pixel| if member(pixel[3]) { 0.0 } else { FAR })
        .collect();
    if width == 0 || height == 0 {
        return squares;
    }
    // Distances along each column, then the lower envelope of parabolas along each row.
    for x in 0..width {
        let mut run = border;
        let mut walk = |y: usize, squares: &mut Vec<f32>| {
            if let Some(value) = squares.get_mut(y * width + x) {
                run = if *value == 0.0 {
                    0.0
                } else {
                    run.min(value.sqrt())
                };
                *value = value.min(run * run);
                run += 1.0;
            }
        };
        for y in 0..height {
            walk(y, &mut squares);
        }
        let mut run = border;
        for y in (0..height).rev() {
            if let Some(value) = squares.get_mut(y * width + x) {
                run = run.min(value.sqrt());
                *value = value.min(run * run);
                run = run.min(value.sqrt()) + 1.0;
            }
        }
    }
    let mut centers: Vec<usize> = Vec::new();
    let mut starts: Vec<f32> = Vec::new();
    let mut line = Vec::with_capacity(width);
    for row in squares.chunks_exact_mut(width) {
        centers.clear();
        starts.clear();
        for (x, &height_here) in row.iter().enumerate() {
            let meets = |other: usize| {
                let there = row.get(other).copied().unwrap_or(FAR);
                ((height_here + (x * x) as f32) - (there + (other * other) as f32))
                    / (2.0 * (x as f32 - other as f32))
            };
            let mut start = f32::NEG_INFINITY;
            while let Some(&last) = centers.last() {
                let meeting = meets(last);
                if meeting > starts.last().copied().unwrap_or(f32::NEG_INFINITY) {
                    start = meeting;
                    break;
                }
                centers.pop();
                starts.pop();
            }
            centers.push(x);
            starts.push(start);
        }
        line.clear();
        let mut at = 0;
        for x in 0..width {
            while starts.get(at + 1).is_some_and(|&next| next <= x as f32) {
                at += 1;
            }
            let center = centers.get(at).copied().unwrap_or(x);
            let across = x as f32 - center as f32;
            let mut square = across * across + row.get(center).copied().unwrap_or(FAR);
            if border < FAR {
                let edge = (x + 1).min(width - x) as f32;
                square = square.min(edge * edge);
            }
            line.push(square.sqrt());
        }
        row.copy_from_slice(&line);
    }
    squares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An opaque square of 20 pixels in the middle of 60 x 60.
    fn square() -> Vec<u8> {
        (0..3600)
            .flat_map(|at| {
                if (20..40).contains(&(at % 60)) && (20..40).contains(&(at / 60)) {
                    [10, 20, 30, 255]
                } else {
                    [0; 4]
                }
            })
            .collect()
    }

    fn source(pixels: &[u8]) -> Source<'_> {
        Source {
            width: 60,
            height: 60,
            premultiplied: pixels,
            scale: 1.0,
            top: 0.0,
        }
    }

    fn alpha(pixels: &[u8], x: usize, y: usize) -> u8 {
        pixels[(y * 60 + x) * 4 + 3]
    }

    #[test]
    fn a_shadow_is_a_gaussian_step() {
        let color = Rgba {
            r: 1,
            g: 2,
            b: 3,
            a: 200,
        };
        let out = apply(
            &EffectKind::Shadow { color, sigma: 3.0 },
            &source(&square()),
        );
        assert!(
            alpha(&out, 30, 30).abs_diff(200) <= 3,
            "the plateau is the colour's alpha"
        );
        let edge = f32::midpoint(
            f32::from(alpha(&out, 19, 30)),
            f32::from(alpha(&out, 20, 30)),
        );
        assert!((edge - 100.0).abs() < 3.0, "half at the edge, not {edge}");
        assert_eq!((alpha(&out, 2, 30), &out[..3]), (0, &[1u8, 2, 3][..]));
    }

    #[test]
    fn a_glow_fades_out_over_its_radius() {
        let out = apply(
            &EffectKind::Glow {
                color: Rgba::BLACK,
                radius: 12.0,
            },
            &source(&square()),
        );
        assert!(alpha(&out, 30, 30) > 240 && alpha(&out, 19, 30) > 200);
        assert!(alpha(&out, 14, 30).abs_diff(128) < 30);
        assert!(alpha(&out, 6, 30) < 12);
    }

    #[test]
    fn soft_edges_fade_inwards() {
        let out = apply(&EffectKind::SoftEdge { radius: 8.0 }, &source(&square()));
        assert!(alpha(&out, 20, 30) < 40 && alpha(&out, 30, 30) > 240);
        assert!(alpha(&out, 23, 30).abs_diff(128) < 20);
        assert_eq!(&out[(30 * 60 + 30) * 4..][..3], [10, 20, 30]);
    }

    #[test]
    fn inner_shadows_lie_inside() {
        let out = apply(
            &EffectKind::InnerShadow {
                color: Rgba::BLACK,
                sigma: 1.0,
                dx: 4.0,
                dy: 0.0,
            },
            &source(&square()),
        );
        assert!(alpha(&out, 21, 30) > 200 && alpha(&out, 35, 30) < 20 && alpha(&out, 15, 30) == 0);
    }

    #[test]
    fn fades_follow_the_height() {
        let out = apply(
            &EffectKind::Fade {
                from_y: 20.0,
                to_y: 40.0,
                start_alpha: 1.0,
                end_alpha: 0.0,
            },
            &source(&square()),
        );
        assert!(
            alpha(&out, 30, 20) > 240
                && alpha(&out, 30, 30).abs_diff(122) < 8
                && alpha(&out, 30, 39) < 12
        );
    }

    #[test]
    fn distances_are_euclidean() {
        let pixels = square();
        let away = distance(&source(&pixels), |alpha| alpha >= 128);
        assert!((away[(10 * 60) + 10] - 200f32.sqrt()).abs() < 1e-3);
        assert_eq!(away[(30 * 60) + 30], 0.0);
        let inside = distance(&source(&pixels), |alpha| alpha < 128);
        assert_eq!(inside[(30 * 60) + 22], 3.0);
        let full = vec![255; 3600 * 4];
        assert_eq!(
            distance(&source(&full), |alpha| alpha < 128)[30],
            1.0,
            "the border counts as outside"
        );
    }

    #[test]
    fn boxes_stand_for_wide_gaussians() {
        let step = || {
            (0..200 * 8)
                .map(|at| if at % 200 < 100 { 1.0 } else { 0.0 })
                .collect::<Vec<f32>>()
        };
        for sigma in [6.0, 9.3, 20.0] {
            let mut plane = step();
            for radius in box_radii(sigma) {
                let mut line = Vec::new();
                for row in plane.chunks_exact_mut(200) {
                    box_row(row, radius, &mut line);
                }
            }
            for (at, found) in plane.iter().enumerate().take(200).skip(70).take(60) {
                let wanted = edge_step((99.5 - at as f64) / sigma);
                assert!(
                    (found - wanted).abs() < 0.03,
                    "sigma {sigma}, {at}: {found} instead of {wanted}"
                );
            }
        }
        let mut dot = vec![0.0; 61 * 61];
        dot[30 * 61 + 30] = 1000.0;
        blur(&mut dot, 61, 61, 7.0);
        assert!(
            (dot[30 * 61 + 20] - dot[20 * 61 + 30]).abs() < 1e-3,
            "rows and columns are treated alike"
        );
    }

    #[test]
    fn leaving_out_what_is_even_changes_nothing() {
        let (width, height) = (90, 70);
        let plane: Vec<f32> = (0..width * height)
            .map(|at| {
                let (x, y) = (at % width, at / width);
                let inside = (x < 40 && y > 20) || (60..62).contains(&x) || (x == 80 && y == 3);
                if inside {
                    1.0
                } else {
                    0.25 * f32::from(y > 60)
                }
            })
            .collect();
        for sigma in [0.1, 1.3, 5.9] {
            let kernel = gaussian(sigma);
            let at = |plane: &[f32], x: usize, y: usize, dx: i64, dy: i64| -> f32 {
                match (
                    usize::try_from(x as i64 + dx),
                    usize::try_from(y as i64 + dy),
                ) {
                    (Ok(x), Ok(y)) if x < width && y < height => plane[y * width + x],
                    _ => 0.0,
                }
            };
            let pass = |plane: &[f32], dx: i64, dy: i64| -> Vec<f32> {
                let sum = |x: usize, y: usize| {
                    let taps = kernel.iter().enumerate().skip(1);
                    let sides = taps.map(|(offset, weight)| {
                        let offset = offset as i64;
                        weight
                            * (at(plane, x, y, dx * offset, dy * offset)
                                + at(plane, x, y, -dx * offset, -dy * offset))
                    });
                    plane[y * width + x] * kernel[0] + sides.sum::<f32>()
                };
                (0..width * height)
                    .map(|at| sum(at % width, at / width))
                    .collect()
            };
            let wanted = pass(&pass(&plane, 1, 0), 0, 1);
            let mut found = plane.clone();
            blur(&mut found, width, height, sigma);
            let worst = found
                .iter()
                .zip(&wanted)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(worst < 1e-5, "sigma {sigma}: {worst}");
        }
    }

    #[test]
    fn odd_values_do_no_harm() {
        let pixels = square();
        for kind in [
            EffectKind::Shadow {
                color: Rgba::BLACK,
                sigma: f64::NAN,
            },
            EffectKind::Glow {
                color: Rgba::BLACK,
                radius: f64::INFINITY,
            },
            EffectKind::InnerShadow {
                color: Rgba::BLACK,
                sigma: -1.0,
                dx: f64::NAN,
                dy: 1e300,
            },
            EffectKind::SoftEdge { radius: 0.0 },
            EffectKind::Blur { sigma: 1e9 },
            EffectKind::Fade {
                from_y: f64::NAN,
                to_y: 0.0,
                start_alpha: f32::NAN,
                end_alpha: 2.0,
            },
        ] {
            assert_eq!(
                apply(&kind, &source(&pixels)).len(),
                pixels.len(),
                "{kind:?}"
            );
            assert!(reach(&kind).is_finite());
        }
    }
}
