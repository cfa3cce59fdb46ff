//! Files are read back by decoders that are not ours.
use std::io::Cursor;
use std::sync::Arc;

use slides_scene::{FillRule, GradientStop, Op, Page, Paint, Rgba};

use super::*;
use crate::geometry::rect_path;
use crate::raster::{RasterOptions, Rasterizer};

/// A red box and a gradient on white, 61 x 40 pixels: rows do not end at whole bytes.
fn drawn() -> Pixmap {
    let rect = |x0, y0, x1, y1| Arc::new(rect_path(kurbo::Rect::new(x0, y0, x1, y1)));
    let gradient = Paint::Linear {
        start: (30.0, 0.0).into(),
        end: (61.0, 20.0).into(),
        stops: vec![
            GradientStop {
                offset: 0.0,
                color: Rgba::rgb(0, 0, 255),
            },
            GradientStop {
                offset: 1.0,
                color: Rgba::rgb(255, 255, 0),
            },
        ],
    };
    let page = Page {
        size: kurbo::Size::new(61.0, 40.0),
        number: 1,
        ops: vec![
            Op::Fill(
                rect(5.0, 5.0, 20.0, 30.0),
                FillRule::NonZero,
                Paint::Solid(Rgba::rgb(255, 0, 0)),
            ),
            Op::Fill(rect(30.0, 0.0, 61.0, 40.0), FillRule::NonZero, gradient),
        ],
        ..Page::default()
    };
    let mut rasterizer = Rasterizer::new(RasterOptions::default());
    rasterizer.page(&page, 61, 40).unwrap()
}

fn rgb(pixmap: &Pixmap) -> Vec<u8> {
    let pixels = pixmap.rgba().as_chunks::<4>().0.iter();
    pixels.flat_map(|[r, g, b, _]| [*r, *g, *b]).collect()
}

fn far(found: &[u8], wanted: &[u8]) -> u8 {
    assert_eq!(found.len(), wanted.len());
    let pairs = found.iter().zip(wanted);
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

fn tiff_of(pixmap: &Pixmap, pages: u32, options: &TiffOptions) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = TiffWriter::new(&mut bytes, pages);
    for _ in 0..pages {
        writer
            .page(&encode_tiff_page(pixmap, options).unwrap())
            .unwrap();
    }
    writer.finish().unwrap();
    bytes
}

#[test]
fn tiffs_are_read_in_every_packing() {
    use ::tiff::decoder::{Decoder, DecodingResult};
    let pixmap = drawn();
    for compression in [
        TiffCompression::None,
        TiffCompression::Lzw,
        TiffCompression::PackBits,
    ] {
        for pixels in [TiffPixels::Rgb, TiffPixels::Rgba] {
            let options = TiffOptions {
                compression,
                pixels,
                dpi: (150.0, 75.5),
                ..TiffOptions::default()
            };
            let bytes = tiff_of(&pixmap, 3, &options);
            assert_eq!(bytes, tiff_of(&pixmap, 3, &options));
            let mut decoder = Decoder::new(Cursor::new(&bytes)).unwrap();
            for page in 0..3 {
                assert_eq!(decoder.dimensions().unwrap(), (61, 40));
                let tag = ::tiff::tags::Tag::YResolution;
                let found = decoder.get_tag(tag).unwrap();
                let wanted = ::tiff::decoder::ifd::Value::Rational(7550, 100);
                assert_eq!(found, wanted);
                let DecodingResult::U8(found) = decoder.read_image().unwrap() else {
                    panic!("not bytes")
                };
                if pixels == TiffPixels::Rgb {
                    assert_eq!(found, rgb(&pixmap), "{compression:?}");
                } else {
                    assert_eq!(found, pixmap.rgba(), "{compression:?}");
                }
                assert_eq!(decoder.more_images(), page < 2);
                if page < 2 {
                    decoder.next_image().unwrap();
                }
            }
        }
    }
}

#[test]
fn faxes_and_black_and_white_agree() {
    use ::tiff::decoder::{Decoder, DecodingResult};
    let pixmap = drawn();
    for black_white in [
        BlackWhite::Dithered,
        BlackWhite::Otsu,
        BlackWhite::Threshold(0.25),
        BlackWhite::Threshold(0.75),
    ] {
        let read = |compression| {
            let options = TiffOptions {
                compression,
                pixels: TiffPixels::BlackWhite,
                black_white,
                ..TiffOptions::default()
            };
            let bytes = tiff_of(&pixmap, 2, &options);
            let mut decoder = Decoder::new(Cursor::new(&bytes)).unwrap();
            let DecodingResult::U8(mut found) = decoder.read_image().unwrap() else {
                panic!("not bytes")
            };
            // What pads a row is the decoder's.
            for row in found.chunks_mut(61_usize.div_ceil(8)) {
                row[7] &= 0b1111_1000;
            }
            found
        };
        let plain = read(TiffCompression::None);
        assert_eq!(plain.len(), 61_usize.div_ceil(8) * 40);
        assert!(plain.contains(&0xFF) && plain.iter().any(|byte| *byte != 0xFF));
        for compression in [
            TiffCompression::PackBits,
            TiffCompression::Lzw,
            TiffCompression::Ccitt4,
        ] {
            assert_eq!(read(compression), plain, "{compression:?} {black_white:?}");
        }
    }
}

/// Group 3 is read by no crate of the tree: its lines are taken apart with the code table of the `fax` crate.
#[test]
fn group_3_lines_hold_their_runs() {
    let pixmap = drawn();
    let options = TiffOptions {
        compression: TiffCompression::Ccitt3,
        black_white: BlackWhite::Threshold(0.5),
        ..TiffOptions::default()
    };
    let page = encode_tiff_page(&pixmap, &options).unwrap();
    let mut rows = Vec::new();
    fax::decoder::decode_g3(page.strip().iter().copied(), |runs| {
        rows.push(runs.to_vec());
    });
    // The decoder ends a line where the next one begins.
    assert_eq!(rows.len(), 39);
    // Row 10 crosses the red box: black from 5 to 20.
    assert_eq!(rows[10][..2], [5, 20], "{:?}", rows[10]);
}

#[test]
fn indexed_tiffs_have_their_colours() {
    use ::tiff::decoder::Decoder;
    let pixmap = drawn();
    for (pixels, bits) in [(TiffPixels::Colors16, 4), (TiffPixels::Colors256, 8)] {
        let options = TiffOptions {
            pixels,
            ..TiffOptions::default()
        };
        let bytes = tiff_of(&pixmap, 1, &options);
        let mut decoder = Decoder::new(Cursor::new(&bytes)).unwrap();
        let map = decoder
            .get_tag_u16_vec(::tiff::tags::Tag::ColorMap)
            .unwrap();
        assert_eq!(map.len(), 3 << bits);
        assert_eq!(
            decoder
                .get_tag_u32(::tiff::tags::Tag::BitsPerSample)
                .unwrap(),
            bits
        );
    }
}

#[test]
fn a_gif_plays_its_frames() {
    let pixmap = drawn();
    let mut bytes = Vec::new();
    let mut writer = GifWriter::new(&mut bytes);
    for delay in [50, 200] {
        writer
            .frame(&encode_gif_frame(&pixmap, delay).unwrap())
            .unwrap();
    }
    writer.finish().unwrap();
    let mut options = ::gif::DecodeOptions::new();
    options.set_color_output(::gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(Cursor::new(&bytes)).unwrap();
    assert_eq!(decoder.repeat(), ::gif::Repeat::Infinite);
    for delay in [50, 200] {
        let frame = decoder.read_next_frame().unwrap().unwrap();
        assert_eq!((frame.delay, frame.width, frame.height), (delay, 61, 40));
        assert!(far(&frame.buffer, pixmap.rgba()) <= 24);
        // Flat colours stay exact.
        let at = (10 * 61 + 10) * 4;
        assert_eq!(frame.buffer[at..at + 3], [255, 0, 0]);
        assert_eq!(frame.buffer[..3], [255; 3]);
    }
    assert!(decoder.read_next_frame().unwrap().is_none());
}

#[test]
fn a_jpeg_is_near_and_has_its_resolution() {
    let pixmap = drawn();
    let bytes = encode_jpeg(&pixmap, 95, Some(96.0)).unwrap();
    let mut decoder = zune_jpeg::JpegDecoder::new(Cursor::new(&bytes));
    let found = decoder.decode().unwrap();
    assert!(far(&found, &rgb(&pixmap)) < 40);
    // JFIF: dots per inch, 96 x 96.
    assert_eq!(bytes[13..18], [1, 0, 96, 0, 96]);
    assert!(encode_jpeg(&pixmap, 20, None).unwrap().len() < bytes.len());
}

#[test]
fn a_bmp_is_laid_out_as_windows_reads_it() {
    let pixmap = drawn();
    let bytes = encode_bmp(&pixmap, Some(96.0));
    let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert!(bytes.starts_with(b"BM"));
    assert_eq!(long(2) as usize, bytes.len());
    assert_eq!((long(18), long(22)), (61, 40));
    assert_eq!(bytes[26..30], [1, 0, 24, 0]);
    assert_eq!(long(38), 3780);
    // Rows from the bottom, each of 184 bytes, blue first.
    let at = 54 + (39 - 10) * 184 + 10 * 3;
    assert_eq!(bytes[at..at + 3], [0, 0, 255]);
    assert_eq!(bytes.len(), 54 + 184 * 40);
}
