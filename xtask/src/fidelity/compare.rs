//! Two pictures of a page and how far they are apart.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use super::draw;
use crate::process;

/// One page of one deck.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) deck: String,
    pub(super) number: usize,
    /// Structural similarity where either page has content: 1 for equal pages, 0 for a missing one.
    pub(super) similarity: f64,
    /// The reference, ours and the difference, as far as they exist; names relative to the HTML page.
    pub(super) pictures: [Option<String>; 3],
}

/// Converts a deck and compares its pages with the reference.
pub(super) fn deck(slides: &Path, deck: &Path, html: &Path) -> Result<Vec<Page>> {
    let name = deck
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let folder = html.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let pdf = folder.join("slides.pdf");
    let converted = process::run(
        process::command(slides)
            .args(["convert", "--quiet"])
            .arg(fs::canonicalize(deck)?)
            .arg(&pdf),
    );
    let ours = match converted {
        Ok(()) => draw(&pdf, &folder, "ours")?,
        Err(error) => {
            eprintln!("{name}: {error}");
            Vec::new()
        }
    };
    let truth = draw(
        &fs::canonicalize(deck.with_extension("pdf"))?,
        &folder,
        "reference",
    )?;
    let shown = |path: &PathBuf| {
        path.file_name()
            .map(|file| format!("{name}/{}", file.to_string_lossy()))
    };
    let mut pages = Vec::new();
    for index in 0..truth.len().max(ours.len()) {
        let mut page = Page {
            deck: name.clone(),
            number: index + 1,
            similarity: 0.0,
            pictures: [
                truth.get(index).and_then(shown),
                ours.get(index).and_then(shown),
                None,
            ],
        };
        if let (Some(truth), Some(ours)) = (truth.get(index), ours.get(index)) {
            let (truth, ours) = (Picture::read(truth)?, Picture::read(ours)?);
            page.similarity = truth.similarity(&ours);
            let path = folder.join(format!("difference-{}.png", index + 1));
            truth.difference(&ours).write(&path)?;
            page.pictures[2] = shown(&path);
        }
        pages.push(page);
    }
    Ok(pages)
}

/// A grey picture, a byte a pixel.
#[derive(Debug)]
struct Picture {
    width: usize,
    height: usize,
    grey: Vec<u8>,
}

impl Picture {
    fn read(path: &Path) -> Result<Self> {
        let mut decoder = png::Decoder::new(BufReader::new(
            File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?,
        ));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut pixels = vec![
            0;
            reader
                .output_buffer_size()
                .context("the picture is too large")?
        ];
        let info = reader.next_frame(&mut pixels)?;
        let samples = info.color_type.samples();
        ensure!(
            samples >= 3 || samples == 1,
            "`{}` has an alpha channel",
            path.display()
        );
        let grey = pixels
            .chunks_exact(samples)
            .map(|pixel| match pixel {
                [red, green, blue, ..] => {
                    ((u32::from(*red) * 299 + u32::from(*green) * 587 + u32::from(*blue) * 114)
                        / 1000) as u8
                }
                _ => pixel[0],
            })
            .collect();
        Ok(Self {
            width: info.width as usize,
            height: info.height as usize,
            grey,
        })
    }

    /// White outside.
    fn at(&self, x: usize, y: usize) -> u8 {
        if x < self.width && y < self.height {
            self.grey.get(y * self.width + x).copied().unwrap_or(255)
        } else {
            255
        }
    }

    /// Mean structural similarity of blocks of 8 x 8 pixels; flat blocks that are equal do not count.
    fn similarity(&self, other: &Self) -> f64 {
        const SIDE: usize = 8;
        let (mut sum, mut count) = (0.0, 0.0);
        for top in (0..self.height.max(other.height)).step_by(SIDE) {
            for left in (0..self.width.max(other.width)).step_by(SIDE) {
                let [mut a, mut b, mut aa, mut bb, mut ab] = [0.0; 5];
                for y in top..top + SIDE {
                    for x in left..left + SIDE {
                        let (p, q) = (f64::from(self.at(x, y)), f64::from(other.at(x, y)));
                        a += p;
                        b += q;
                        aa += p * p;
                        bb += q * q;
                        ab += p * q;
                    }
                }
                let n = (SIDE * SIDE) as f64;
                let (a, b) = (a / n, b / n);
                let (aa, bb, ab) = (aa / n - a * a, bb / n - b * b, ab / n - a * b);
                if aa < 9.0 && bb < 9.0 && (a - b).abs() < 4.0 {
                    continue;
                }
                let (c1, c2) = (6.5025, 58.5225);
                sum +=
                    (2.0 * a * b + c1) * (2.0 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2));
                count += 1.0;
            }
        }
        if count == 0.0 {
            1.0
        } else {
            f64::max(sum / count, 0.0)
        }
    }

    /// Black where the pages are far apart.
    fn difference(&self, other: &Self) -> Self {
        let (width, height) = (self.width.max(other.width), self.height.max(other.height));
        let grey = (0..width * height)
            .map(|at| {
                let (x, y) = (at % width, at / width);
                255 - self.at(x, y).abs_diff(other.at(x, y))
            })
            .collect();
        Self {
            width,
            height,
            grey,
        }
    }

    fn write(&self, path: &Path) -> Result<()> {
        let file = File::create(path)
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        let mut encoder =
            png::Encoder::new(BufWriter::new(file), self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header()?.write_image_data(&self.grey)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;

    fn picture(pixel: impl Fn(usize, usize) -> u8) -> Picture {
        Picture {
            width: 32,
            height: 16,
            grey: (0..32 * 16).map(|at| pixel(at % 32, at / 32)).collect(),
        }
    }

    #[test]
    fn equal_pages_are_similar_and_others_are_not() {
        let stripes = picture(|x, _| if x % 4 < 2 { 0 } else { 255 });
        let moved = picture(|x, _| if x % 4 < 2 { 255 } else { 0 });
        let white = picture(|_, _| 255);
        assert!((stripes.similarity(&stripes) - 1.0).abs() < 1e-9);
        assert!((white.similarity(&white) - 1.0).abs() < 1e-9);
        assert!(stripes.similarity(&moved) < 0.1);
        assert!(stripes.similarity(&white) < 0.1);
        assert!(
            stripes
                .difference(&stripes)
                .grey
                .iter()
                .all(|pixel| *pixel == 255)
        );
        assert!(
            stripes
                .difference(&moved)
                .grey
                .iter()
                .all(|pixel| *pixel == 0)
        );
    }
}
