//! Slides as pixels.

use std::io::Cursor;
use std::path::Path;

use serde_json::json;
use slides_service::engine::{Job, MemorySink, NativeEngine, NativeOptions, Unmonitored};

use crate::failure::{Exit, Failure};
use crate::inspect::OpenDeck;
use crate::sdk::{ExportFormat, ExportOptions};

/// A slide as a PNG file.
pub(crate) struct Picture {
    pub(crate) slide: u32,
    pub(crate) png: Vec<u8>,
}

/// Pixels of red, green and blue.
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<u8>,
}

/// Draws slides in this width; none named means all, the hidden ones if asked for.
pub(crate) fn draw(
    deck: &OpenDeck,
    width: u32,
    slides: &[u32],
    with_hidden: bool,
) -> Result<Vec<Picture>, Failure> {
    let options = ExportOptions::from_json(
        ExportFormat::Png,
        &json!({ "showHiddenSlides": with_hidden }),
    )
    .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let mut job = Job::new(&deck.bytes, ExportFormat::Png);
    job.password = deck.password();
    job.options = Some(&options);
    job.slides = slides;
    job.size = (Some(width), None);
    let mut sink = MemorySink::default();
    slides_service::engine::Engine::convert(
        &NativeEngine::new(NativeOptions::default()),
        &job,
        &mut sink,
        &Unmonitored,
    )
    .map_err(|error| deck.failure(&error))?;
    let pictures = sink.files.into_iter().zip(1..);
    Ok(pictures
        .map(|((file, png), number)| Picture {
            slide: file.slide.unwrap_or(number),
            png,
        })
        .collect())
}

impl Picture {
    pub(crate) fn pixels(&self) -> Result<Pixels, Failure> {
        decode(&self.png).map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("the picture of slide {} cannot be read again", self.slide),
            )
            .caused_by(&error)
        })
    }
}

fn decode(bytes: &[u8]) -> Result<Pixels, png::DecodingError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let mut buffer = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let info = reader.next_frame(&mut buffer)?;
    buffer.truncate(info.buffer_size());
    let samples = info.color_type.samples();
    let rgb = buffer
        .chunks_exact(samples)
        .flat_map(|pixel| match pixel {
            [red, green, blue, ..] => [*red, *green, *blue],
            [gray, ..] => [*gray; 3],
            [] => [0; 3],
        })
        .collect();
    Ok(Pixels {
        width: info.width as usize,
        height: info.height as usize,
        rgb,
    })
}

impl Pixels {
    /// All of one gray.
    pub(crate) fn plain(width: usize, height: usize, gray: u8) -> Self {
        Self {
            width,
            height,
            rgb: vec![gray; width * height * 3],
        }
    }

    /// Puts a smaller picture into this one; what does not fit is cut off.
    pub(crate) fn put(&mut self, other: &Self, left: usize, top: usize) {
        let columns = other.width.min(self.width.saturating_sub(left)) * 3;
        for row in 0..other.height.min(self.height.saturating_sub(top)) {
            let from = row * other.width * 3;
            let to = ((top + row) * self.width + left) * 3;
            if let (Some(from), Some(to)) = (
                other.rgb.get(from..from + columns),
                self.rgb.get_mut(to..to + columns),
            ) {
                to.copy_from_slice(from);
            }
        }
    }

    pub(crate) fn save(&self, path: &Path) -> Result<(), Failure> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            Failure::new(Exit::Failed, format!("cannot write `{}`", path.display()))
                .caused_by(error)
        };
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&self.rgb))
            .map_err(|error| failed(&error))?;
        crate::save::bytes(path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_where_they_are_put() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let mut sheet = Pixels::plain(4, 3, 9);
        sheet.put(&Pixels::plain(2, 2, 200), 3, 1);
        sheet.save(&path).unwrap();
        let read = decode(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!((read.width, read.height), (4, 3));
        let gray: Vec<u8> = read.rgb.iter().copied().step_by(3).collect();
        assert_eq!(gray, [9, 9, 9, 9, 9, 9, 9, 200, 9, 9, 9, 200]);
    }
}
