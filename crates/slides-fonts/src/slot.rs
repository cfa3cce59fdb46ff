//! A face that is known of but read only when it is needed.
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::coverage::Coverage;
use crate::embedded;
use crate::face::FontBytes;
use crate::packed::Packed;
use crate::{Face, FaceId, Style};

/// Files above this are no fonts we read (the largest CJK collections are under 64 MiB).
const MAX_FONT_FILE: u64 = 256 << 20;

#[derive(Clone)]
pub(crate) enum Source {
    /// A bundled face, unpacked when it is first drawn with.
    Packed(Arc<Packed>),
    Shared(FontBytes),
    /// A deck's font part, unpacked when it is first drawn with.
    Embedded(Arc<[u8]>),
    File(PathBuf),
}

pub(crate) struct Slot {
    pub(crate) id: FaceId,
    pub(crate) family: String,
    /// All names of the family, lower case.
    pub(crate) names: Vec<String>,
    pub(crate) style: Style,
    pub(crate) weight: u16,
    pub(crate) index: u32,
    pub(crate) source: Source,
    face: OnceLock<Option<Face>>,
    coverage: OnceLock<Coverage>,
}

impl Slot {
    pub(crate) fn new(
        id: FaceId,
        family: String,
        names: Vec<String>,
        style: Style,
        weight: u16,
        index: u32,
        source: Source,
    ) -> Self {
        Self {
            id,
            family,
            names,
            style,
            weight,
            index,
            source,
            face: OnceLock::new(),
            coverage: OnceLock::new(),
        }
    }

    /// The face; `None` when its file cannot be read or is no font.
    pub(crate) fn face(&self) -> Option<&Face> {
        self.face
            .get_or_init(|| {
                let data: FontBytes = match &self.source {
                    Source::Packed(packed) => packed.file()?,
                    Source::Shared(bytes) => bytes.clone(),
                    Source::Embedded(part) => Arc::new(embedded::font_program(part)?),
                    Source::File(path) => {
                        if std::fs::metadata(path).ok()?.len() > MAX_FONT_FILE {
                            return None;
                        }
                        Arc::new(std::fs::read(path).ok()?)
                    }
                };
                let face = Face::new(
                    self.id,
                    self.family.clone(),
                    self.style.bold,
                    self.style.italic,
                    data,
                    self.index,
                );
                face.font_ref().is_some().then_some(face)
            })
            .as_ref()
    }

    pub(crate) fn covers(&self, ch: char) -> bool {
        self.coverage().has(ch)
    }

    fn coverage(&self) -> &Coverage {
        self.coverage.get_or_init(|| {
            match (&self.source, self.face.get()) {
                (Source::Packed(packed), _) => packed.coverage(),
                // Looking through the machine's faces must not keep all of them in memory.
                (Source::File(path), None) => map_file(path, self.index),
                _ => self
                    .face()
                    .and_then(Face::font_ref)
                    .map(|font| Coverage::of(&font))
                    .unwrap_or_default(),
            }
        })
    }

    /// How far the slot is from a style; 0 is the style itself.
    pub(crate) fn distance(&self, style: Style) -> u32 {
        let weight = if style.bold { 700 } else { 400 };
        u32::from(self.style.italic != style.italic) * 2000
            + u32::from(self.style.bold != style.bold) * 1000
            + u32::from(self.weight.abs_diff(weight))
    }
}

fn map_file(path: &std::path::Path, index: u32) -> Coverage {
    let mut database = fontdb::Database::new();
    // fontdb maps the file instead of reading it.
    let ids = database.load_font_source(fontdb::Source::File(path.to_path_buf()));
    let id = ids
        .iter()
        .copied()
        .find(|&id| database.face(id).is_some_and(|face| face.index == index));
    id.and_then(|id| {
        database.with_face_data(id, |data, index| {
            skrifa::FontRef::from_index(data, index)
                .ok()
                .map(|font| Coverage::of(&font))
        })
    })
    .flatten()
    .unwrap_or_default()
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("id", &self.id)
            .field("family", &self.family)
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}
