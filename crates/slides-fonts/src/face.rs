use std::fmt;
use std::sync::Arc;

/// Identity of a face within one font book: equal ids are the same bytes and index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FaceId(pub u64);

/// Bytes of a font file, shared and never copied.
pub type FontBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// One face of a font file; cheap to clone.
#[derive(Clone)]
pub struct Face(Arc<Inner>);

struct Inner {
    id: FaceId,
    family: String,
    bold: bool,
    italic: bool,
    index: u32,
    data: FontBytes,
}

impl Face {
    /// Wraps a face of a font file.
    pub fn new(
        id: FaceId,
        family: impl Into<String>,
        bold: bool,
        italic: bool,
        data: FontBytes,
        index: u32,
    ) -> Self {
        Self(Arc::new(Inner {
            id,
            family: family.into(),
            bold,
            italic,
            index,
            data,
        }))
    }

    /// Identity.
    pub fn id(&self) -> FaceId {
        self.0.id
    }

    /// Family name of the face itself (not of the family that was asked for).
    pub fn family(&self) -> &str {
        &self.0.family
    }

    /// Whether the face is drawn bold.
    pub fn is_bold(&self) -> bool {
        self.0.bold
    }

    /// Whether the face is drawn italic.
    pub fn is_italic(&self) -> bool {
        self.0.italic
    }

    /// Index of the face in a collection.
    pub fn index(&self) -> u32 {
        self.0.index
    }

    /// The file's bytes.
    pub fn data(&self) -> &[u8] {
        (*self.0.data).as_ref()
    }

    /// The file's bytes, shared.
    pub fn shared_data(&self) -> FontBytes {
        self.0.data.clone()
    }

    /// The face for reading metrics, outlines and character maps; `None` when the bytes are no font.
    pub fn font_ref(&self) -> Option<skrifa::FontRef<'_>> {
        skrifa::FontRef::from_index(self.data(), self.0.index).ok()
    }
}

impl PartialEq for Face {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Face {}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face")
            .field("id", &self.0.id)
            .field("family", &self.0.family)
            .field("bold", &self.0.bold)
            .field("italic", &self.0.italic)
            .finish_non_exhaustive()
    }
}
