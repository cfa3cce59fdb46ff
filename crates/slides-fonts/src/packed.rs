//! How faces are compiled in: a zstd frame after a skippable one (RFC 8878, 3.1.2) that says which characters the
//! face has, so that looking for a character unpacks nothing. Most of a family's faces, and some CJK ones, are packed
//! as what differs from another face, [`base`].
//!
//! To add a face, put its plain file into `fonts/` (a CJK one into that of `slides-fonts-cjk`), run this crate's tests with `SLIDES_BLESS=1`, which packs it, and
//! name it in `bundle.rs`.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use zstd::zstd_safe::{DCtx, get_frame_content_size};

use crate::bundle::Bundled;
use crate::coverage::Coverage;

/// The first magic number of skippable frames, little-endian.
const SKIPPABLE: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
/// A face above this is none of ours.
const MAX_FACE: u64 = 32 << 20;

/// A packed face, unpacked once when it is asked for.
pub(crate) struct Packed {
    bytes: &'static [u8],
    base: Option<Arc<Packed>>,
    file: OnceLock<Option<Arc<Vec<u8>>>>,
}

impl Packed {
    fn new(bytes: &'static [u8], base: Option<Arc<Self>>) -> Self {
        Self {
            bytes,
            base,
            file: OnceLock::new(),
        }
    }

    /// The faces by their paths, each joined with the one it is packed against.
    pub(crate) fn all(faces: &[&[Bundled]]) -> HashMap<&'static str, Arc<Self>> {
        let mut packed = HashMap::new();
        for face in faces.iter().copied().flatten() {
            // A base stands before the faces that need it.
            let base = base(face.path).and_then(|path| packed.get(path.as_str()).cloned());
            packed.insert(face.path, Arc::new(Self::new(face.packed, base)));
        }
        packed
    }

    /// The characters, encoded, and the frame.
    fn parts(&self) -> Option<(&'static [u8], &'static [u8])> {
        let rest = self.bytes.strip_prefix(&SKIPPABLE)?;
        let (length, rest) = rest.split_first_chunk()?;
        rest.split_at_checked(u32::from_le_bytes(*length) as usize)
    }

    /// The font file.
    pub(crate) fn file(&self) -> Option<Arc<Vec<u8>>> {
        self.file
            .get_or_init(|| self.unpack().map(Arc::new))
            .clone()
    }

    fn unpack(&self) -> Option<Vec<u8>> {
        let (_, frame) = self.parts()?;
        let size = get_frame_content_size(frame).ok()??;
        if size > MAX_FACE {
            return None;
        }
        let mut file = Vec::with_capacity(usize::try_from(size).ok()?);
        let base = match &self.base {
            Some(base) => base.file()?,
            None => Arc::default(),
        };
        let mut context = DCtx::try_create()?;
        context.ref_prefix(&base).ok()?;
        context.decompress(&mut file, frame).ok()?;
        Some(file)
    }

    /// The characters that the face has a glyph for.
    pub(crate) fn coverage(&self) -> Coverage {
        let encoded = self.parts().map_or(&[][..], |(encoded, _)| encoded);
        Coverage::decode(encoded)
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.bytes.len())
    }
}

/// The path of the face that another is packed against, if that is there.
fn base(path: &str) -> Option<String> {
    // Of the CJK faces those that share most ideographs, not the other weight.
    match path {
        "cjk/NotoSansCJKsc-Regular.otf" => return Some("cjk/NotoSansCJKjp-Regular.otf".to_owned()),
        "cjk/NotoSansCJKsc-Bold.otf" => return Some("cjk/NotoSansCJKjp-Bold.otf".to_owned()),
        "cjk/NotoSansCJKtc-Regular.otf" => return Some("cjk/NotoSansCJKsc-Regular.otf".to_owned()),
        _ if path.starts_with("cjk/") => return None,
        _ => {}
    }
    let (family, style) = path.rsplit_once('-')?;
    let (style, ending) = style.rsplit_once('.')?;
    (style != "Regular").then(|| format!("{family}-Regular.{ending}"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use zstd::zstd_safe::{CCtx, CParameter, compress_bound};

    use super::*;
    use crate::bundle;

    /// A window for a face and its base.
    const WINDOW_LOG: u32 = 24;

    fn pack(font: &[u8], base: &[u8]) -> Vec<u8> {
        let coverage = Coverage::of(&skrifa::FontRef::new(font).unwrap()).encode();
        let length = u32::try_from(coverage.len()).unwrap();
        let mut context = CCtx::create();
        for parameter in [
            CParameter::CompressionLevel(22),
            CParameter::WindowLog(WINDOW_LOG),
            // Tells a face whose base was changed.
            CParameter::ChecksumFlag(true),
        ] {
            context.set_parameter(parameter).unwrap();
        }
        context.ref_prefix(base).unwrap();
        let mut frame = Vec::with_capacity(compress_bound(font.len()));
        context.compress2(&mut frame, font).unwrap();
        [&SKIPPABLE[..], &length.to_le_bytes(), &coverage, &frame].concat()
    }

    /// Where packed faces lie; a published package has the first alone.
    const FOLDERS: [&str; 2] = [
        concat!(env!("CARGO_MANIFEST_DIR"), "/fonts"),
        concat!(env!("CARGO_MANIFEST_DIR"), "/../slides-fonts-cjk/fonts"),
    ];

    fn plain_fonts(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(plain_fonts(&path));
            } else if path
                .extension()
                .is_some_and(|ending| ending == "ttf" || ending == "otf")
            {
                found.push(path);
            }
        }
        found
    }

    /// The plain file of a face, packed or not.
    fn plain(folder: &Path, path: &str) -> Option<Vec<u8>> {
        if let Ok(file) = std::fs::read(folder.join(path)) {
            return Some(file);
        }
        let bytes = std::fs::read(folder.join(format!("{path}.zst"))).ok()?;
        let own = base(path).and_then(|path| plain(folder, &path));
        let base = own.map(|file| Packed {
            bytes: &[],
            base: None,
            file: OnceLock::from(Some(Arc::new(file))),
        });
        Packed::new(bytes.leak(), base.map(Arc::new)).unpack()
    }

    /// With `SLIDES_BLESS` set, packs the font files that lie in `fonts/` and takes the plain ones away.
    #[test]
    fn faces_are_packed() {
        for folder in FOLDERS.map(Path::new).into_iter().filter(|it| it.is_dir()) {
            let found = plain_fonts(folder);
            if std::env::var_os("SLIDES_BLESS").is_none() {
                assert!(found.is_empty(), "pack with SLIDES_BLESS=1: {found:?}");
                continue;
            }
            for file in &found {
                let path = file.strip_prefix(folder).unwrap().to_str().unwrap();
                let base = base(path).and_then(|path| plain(folder, &path));
                let packed = pack(&std::fs::read(file).unwrap(), &base.unwrap_or_default());
                std::fs::write(folder.join(format!("{path}.zst")), packed).unwrap();
            }
            for file in found {
                std::fs::remove_file(file).unwrap();
            }
        }
    }

    #[test]
    fn packed_faces_say_what_they_hold() {
        let packed = Packed::all(bundle::FAMILIES);
        for face in bundle::FAMILIES.iter().copied().flatten() {
            let packed = &packed[face.path];
            let file = packed.file().unwrap();
            let font = skrifa::FontRef::new(&file).unwrap();
            assert_eq!(packed.coverage(), Coverage::of(&font), "{}", face.path);
        }
    }

    #[test]
    fn what_is_no_packed_face_gives_none() {
        for bytes in [
            &b""[..],
            b"P*M\x18",
            b"P*M\x18\xff\xff\xff\xff1",
            b"P*M\x18\x01\0\0\0\x801",
            b"OTTO\0\0\0\0",
        ] {
            let packed = Packed::new(bytes, None);
            assert!(packed.file().is_none());
            assert_eq!(packed.coverage(), Coverage::default());
        }
    }
}
