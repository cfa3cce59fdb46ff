//! Pictures as a document holds them: each once, as it came where that can be.
use std::collections::HashMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kurbo::Rect;

use super::SvgOptions;
use crate::coded::{Coded, Request};
use crate::error::Warnings;
use crate::picture::{Allowance, Pixels};

/// A picture of the document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held {
    /// Its element.
    pub(super) id: String,
    /// Pixels, which are the element's size.
    pub(super) size: (u32, u32),
    /// The part of the whole picture that it shows, in fractions.
    pub(super) part: Rect,
}

/// A file beside the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFile {
    /// Its name below the document's folder, with `/` between folders.
    pub name: String,
    /// File extension without a dot.
    pub extension: &'static str,
    /// Media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The pictures of one document.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    known: HashMap<String, Option<Held>>,
    allowance: Allowance,
    count: usize,
    /// Files made since they were last taken.
    pub(super) files: Vec<SideFile>,
}

impl Pictures {
    pub(super) fn begin_page(&mut self) {
        self.allowance = Allowance::default();
    }

    /// The picture's element, written to `out` when it is new.
    pub(super) fn get(
        &mut self,
        request: &Request<'_>,
        options: &SvgOptions,
        out: &mut String,
        warnings: &mut Warnings,
    ) -> Option<Held> {
        let key = &request.image.key;
        let name = request.name();
        if let Some(known) = self.known.get(&name) {
            return known.clone();
        }
        if !self
            .allowance
            .decode(request.image, &options.limits, warnings)
        {
            return None;
        }
        let held = match Coded::of(request, options.jpeg_quality, &options.limits) {
            Ok(coded) => {
                if let Some(lost) = &coded.lost {
                    warnings.add("picture", format!("picture `{key}` {lost}"));
                }
                Some(self.write(coded, options, out))
            }
            Err(reason) => {
                warnings.add(
                    "picture",
                    format!("picture `{key}` {reason}; it was left out"),
                );
                None
            }
        };
        self.known.insert(name, held.clone());
        held
    }

    /// Pixels that were drawn for this place alone.
    pub(super) fn pixels(
        &mut self,
        pixels: Pixels,
        options: &SvgOptions,
        out: &mut String,
    ) -> Option<Held> {
        let coded = Coded::of_pixels(pixels).ok()?;
        Some(self.write(coded, options, out))
    }

    fn write(&mut self, coded: Coded, options: &SvgOptions, out: &mut String) -> Held {
        self.count += 1;
        let held = Held {
            id: format!("{}p{}", options.id_prefix, self.count),
            size: coded.size,
            part: coded.part,
        };
        let _ = write!(
            out,
            "<defs><image id=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" xlink:href=\"",
            held.id, coded.size.0, coded.size.1
        );
        let (extension, media_type) = coded.kind();
        if let Some(folder) = &options.picture_folder {
            let name = format!(
                "{folder}/{}picture{}.{extension}",
                options.picture_prefix, self.count
            );
            super::markup::escape(out, &name.replace(' ', "%20"));
            self.files.push(SideFile {
                name,
                extension,
                media_type,
                bytes: coded.bytes,
            });
        } else {
            let _ = write!(out, "data:{media_type};base64,");
            STANDARD.encode_string(&coded.bytes, out);
        }
        out.push_str("\"/></defs>");
        held
    }
}
