//! The ZIP container as parts with content types and relationships (ECMA-376 part 2).

mod name;
mod relationships;

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use zip::ZipArchive;

use name::percent_decode;
pub(crate) use name::{normalize, relationships_part, resolve};
pub use relationships::{Relationship, Relationships, Target};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::PackageLimits;
use crate::sniff::{CFB_MAGIC, Kind, sniff};
use crate::{crypto, xml};

/// Sizes up to here are exempt from the ratio check: small, well-packed XML is common.
const RATIO_FREE_BYTES: u64 = 1 << 20;

/// A package whose parts are inflated on demand.
///
/// Part names start with a slash and are compared without regard to ASCII case. Entries whose names climb
/// (`..`), are absolute or empty are not reachable. Of two entries with one name the last holds.
#[derive(Debug)]
pub struct Package {
    archive: ZipArchive<Cursor<Arc<[u8]>>>,
    entries: HashMap<String, Entry>,
    order: Vec<String>,
    types: ContentTypes,
    limits: PackageLimits,
    spent: AtomicU64,
    encrypted: bool,
}

#[derive(Debug)]
struct Entry {
    index: usize,
    name: String,
    /// Whether the part's bytes are in `Package::spent` already.
    counted: AtomicBool,
}

#[derive(Debug, Default)]
struct ContentTypes {
    defaults: HashMap<String, String>,
    overrides: HashMap<String, String>,
}

/// One ZIP entry as it is stored, for saving it again unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawEntry {
    /// Part name with a leading slash.
    pub name: String,
    /// ZIP compression method: 0 stored, 8 deflated.
    pub method: u16,
    /// CRC-32 of the inflated bytes.
    pub crc32: u32,
    /// Inflated size in bytes, as the directory says it.
    pub size: u64,
    /// The bytes as stored.
    pub bytes: Vec<u8>,
}

impl Package {
    /// Opens a package, decrypting it where it is encrypted. Bytes behind the end record are tolerated.
    ///
    /// A password for a package that is not encrypted is ignored. Without a password the default one of
    /// read-only files (`VelvetSweatshop`, MS-OFFCRYPTO 2.4.2.3) is tried.
    ///
    /// # Errors
    /// The bytes are no package, are encrypted otherwise than with this password, or pass a limit.
    pub fn open(
        bytes: impl Into<Arc<[u8]>>,
        password: Option<&str>,
        limits: &PackageLimits,
    ) -> Result<Self> {
        let bytes = bytes.into();
        if bytes.starts_with(&CFB_MAGIC) {
            return match sniff(&bytes) {
                Kind::Encrypted => {
                    let plain = crypto::decrypt(&bytes, password, limits)?;
                    drop(bytes);
                    Self::open_zip(plain.into(), limits, true)
                }
                kind => Err(unreadable(kind)),
            };
        }
        if !bytes.starts_with(b"PK\x03\x04") && !bytes.starts_with(b"PK\x05\x06") {
            return Err(unreadable(sniff(&bytes)));
        }
        Self::open_zip(bytes, limits, false)
    }

    fn open_zip(bytes: Arc<[u8]>, limits: &PackageLimits, encrypted: bool) -> Result<Self> {
        check_entry_count(&bytes, limits)?;
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|cause| {
            Error::new(
                ErrorKind::NotAPackage,
                "the file is no readable ZIP package: it is cut short or damaged",
            )
            .caused_by(cause)
        })?;
        too_many_parts(archive.len() as u64, limits)?;
        let mut entries: HashMap<String, Entry> = HashMap::with_capacity(archive.len());
        let mut order = Vec::with_capacity(archive.len());
        for (index, raw) in archive.file_names_raw().enumerate() {
            let Some(name) = normalize(&String::from_utf8_lossy(raw)) else {
                continue;
            };
            let entry = |key: &str| {
                let entry = Entry {
                    index,
                    name: name.clone(),
                    counted: AtomicBool::new(false),
                };
                (key.to_ascii_lowercase(), entry)
            };
            // Names may be percent-encoded in the directory as they are in the relationships that lead to them.
            let decoded = percent_decode(&name);
            if decoded != name {
                let (key, entry) = entry(&decoded);
                entries.entry(key).or_insert(entry);
            }
            let (key, entry) = entry(&name);
            if entries.insert(key, entry).is_none() {
                order.push(name);
            }
        }
        let mut package = Self {
            archive,
            entries,
            order,
            types: ContentTypes::default(),
            limits: limits.clone(),
            spent: AtomicU64::new(0),
            encrypted,
        };
        // A package without content types can be read by its relationships alone.
        if package.contains("/[Content_Types].xml") {
            package.types = package
                .read_content_types()
                .or_else(|error| match error.kind {
                    ErrorKind::Limit => Err(error),
                    _ => Ok(ContentTypes::default()),
                })?;
        }
        Ok(package)
    }

    fn read_content_types(&self) -> Result<ContentTypes> {
        const PART: &str = "/[Content_Types].xml";
        let bytes = self.part(PART)?;
        xml::read(PART, &bytes, &self.limits, |root| {
            let mut types = ContentTypes::default();
            for child in root.children().filter(roxmltree::Node::is_element) {
                let Some(kind) = child.attribute("ContentType") else {
                    continue;
                };
                match child.tag_name().name() {
                    "Default" => {
                        let Some(extension) = child.attribute("Extension") else {
                            continue;
                        };
                        types
                            .defaults
                            .insert(extension.to_ascii_lowercase(), kind.to_owned());
                    }
                    "Override" => {
                        let Some(name) = child.attribute("PartName") else {
                            continue;
                        };
                        types
                            .overrides
                            .insert(name.to_ascii_lowercase(), kind.to_owned());
                    }
                    _ => {}
                }
            }
            Ok(types)
        })
    }

    /// Whether the package was encrypted.
    pub fn was_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The limits it was opened with.
    pub fn limits(&self) -> &PackageLimits {
        &self.limits
    }

    /// Part names in the order of the ZIP directory.
    pub fn part_names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// Whether there is such a part.
    pub fn contains(&self, part: &str) -> bool {
        self.entries.contains_key(&part.to_ascii_lowercase())
    }

    /// Content type of a part by override or extension.
    pub fn content_type(&self, part: &str) -> Option<&str> {
        let lower = part.to_ascii_lowercase();
        let by_extension = || {
            let (_, extension) = lower.rsplit_once('.')?;
            self.types.defaults.get(extension)
        };
        self.types
            .overrides
            .get(&lower)
            .or_else(by_extension)
            .map(String::as_str)
    }

    /// Extensions, lower case, with the content type their parts have by default.
    pub(crate) fn default_types(&self) -> impl Iterator<Item = (&str, &str)> {
        let defaults = self.types.defaults.iter();
        defaults.map(|(extension, kind)| (extension.as_str(), kind.as_str()))
    }

    /// CRC-32 and inflated size of a part as the directory says them: equal parts have them equal.
    pub(crate) fn fingerprint(&self, part: &str) -> Option<(u32, u64)> {
        let entry = self.entries.get(&part.to_ascii_lowercase())?;
        let mut archive = self.archive.clone();
        let file = archive.by_index_raw(entry.index).ok()?;
        Some((file.crc32(), file.size()))
    }

    /// First part whose content type satisfies `accept`.
    pub(crate) fn part_of_type(&self, accept: impl Fn(&str) -> bool) -> Option<&str> {
        self.order
            .iter()
            .map(String::as_str)
            .find(|part| self.content_type(part).is_some_and(&accept))
    }

    /// Inflated bytes of a part.
    ///
    /// # Errors
    /// There is no such part, its data is damaged, or it passes a limit.
    pub fn part(&self, part: &str) -> Result<Arc<[u8]>> {
        let lower = part.to_ascii_lowercase();
        let is_xml = [".xml", ".rels", ".vml"]
            .iter()
            .any(|extension| lower.ends_with(extension));
        let (cap, setting) = if is_xml {
            (self.limits.max_xml_part_bytes, "max_xml_part_bytes")
        } else {
            (self.limits.max_media_part_bytes, "max_media_part_bytes")
        };
        let entry = self
            .entries
            .get(&lower)
            .ok_or_else(|| Error::damaged(format!("the package has no part `{part}`")))?;
        let spent = self.spent.load(Ordering::Relaxed);
        let counted = entry.counted.load(Ordering::Relaxed);
        let left = if counted {
            u64::MAX
        } else {
            self.limits.max_total_bytes.saturating_sub(spent)
        };

        // The clone shares directory and bytes; only the cursor is its own.
        let mut archive = self.archive.clone();
        let mut file = archive
            .by_index(entry.index)
            .map_err(|cause| unpackable(part, cause))?;
        let ratio_cap =
            RATIO_FREE_BYTES.max(file.compressed_size().saturating_mul(self.limits.max_ratio));
        let (allowed, setting) = [
            (cap, setting),
            (left, "max_total_bytes"),
            (ratio_cap, "max_ratio"),
        ]
        .into_iter()
        .min()
        .unwrap_or((cap, setting));
        // The directory's size is a claim: reserve little, read no more than allowed.
        let mut bytes = Vec::with_capacity(file.size().min(allowed).min(4 << 20) as usize);
        (&mut file)
            .take(allowed.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|cause| unpackable(part, cause))?;
        if bytes.len() as u64 > allowed {
            return Err(Error::limit(format!(
                "part `{part}` inflates to more than {allowed} bytes, which passes the limit `{setting}`"
            )));
        }
        if !entry.counted.swap(true, Ordering::Relaxed) {
            self.spent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        Ok(bytes.into())
    }

    /// The first bytes of a part up to where `is_enough` holds, at most `len`; empty when the part cannot be read.
    ///
    /// Inflating stops there, which is what makes looking at the start of a thousand slides cheap.
    pub(crate) fn part_head(
        &self,
        part: &str,
        len: u64,
        is_enough: impl Fn(&[u8]) -> bool,
    ) -> Vec<u8> {
        const STEP: u64 = 1 << 10;
        let mut head = Vec::new();
        if let Some(entry) = self.entries.get(&part.to_ascii_lowercase()) {
            let mut archive = self.archive.clone();
            if let Ok(mut file) = archive.by_index(entry.index) {
                while (head.len() as u64) < len && !is_enough(&head) {
                    let step = STEP.min(len - head.len() as u64);
                    // A damaged tail does not matter here; what was read counts.
                    match (&mut file).take(step).read_to_end(&mut head) {
                        Ok(0) | Err(_) => break,
                        Ok(_) => {}
                    }
                }
            }
        }
        head
    }

    /// A part as it is stored in the container.
    ///
    /// # Errors
    /// There is no such part or its entry is damaged.
    pub fn raw_entry(&self, part: &str) -> Result<RawEntry> {
        let entry = self
            .entries
            .get(&part.to_ascii_lowercase())
            .ok_or_else(|| Error::damaged(format!("the package has no part `{part}`")))?;
        let mut archive = self.archive.clone();
        let mut file = archive
            .by_index_raw(entry.index)
            .map_err(|cause| unpackable(part, cause))?;
        let method = match file.compression() {
            zip::CompressionMethod::Stored => 0,
            zip::CompressionMethod::Deflated => 8,
            other => {
                return Err(Error::damaged(format!(
                    "part `{part}` is packed with the method `{other}`"
                )));
            }
        };
        let (crc32, size) = (file.crc32(), file.size());
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|cause| unpackable(part, cause))?;
        Ok(RawEntry {
            name: entry.name.clone(),
            method,
            crc32,
            size,
            bytes,
        })
    }

    /// Relationships of a part; of the package itself for `/`. Empty when there are none.
    ///
    /// # Errors
    /// The relationships part is damaged or passes a limit.
    pub fn relationships(&self, part: &str) -> Result<Relationships> {
        let name = relationships_part(part);
        if !self.contains(&name) {
            return Ok(Relationships::default());
        }
        let bytes = self.part(&name)?;
        Relationships::read(part, &name, &bytes, &self.limits)
    }
}

fn unpackable(part: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::damaged(format!(
        "part `{part}` cannot be unpacked: its data is damaged"
    ))
    .caused_by(cause)
}

/// Says what the bytes are when they are no package, and what to do.
pub(crate) fn unreadable(kind: Kind) -> Error {
    let what = kind.description();
    match kind {
        Kind::Empty => Error::new(
            ErrorKind::Empty,
            "the file is empty: send a PPTX presentation",
        ),
        Kind::Ppt => Error::new(
            ErrorKind::LegacyPpt,
            "the file is a PowerPoint 97-2003 file (.ppt): save it as PPTX in PowerPoint or convert it with LibreOffice",
        ),
        Kind::Pdf => Error::new(
            ErrorKind::Pdf,
            "the file is a PDF, not a presentation: send a PPTX presentation",
        ),
        Kind::Odp | Kind::OpenDocument => Error::new(
            ErrorKind::OpenDocument,
            format!("the file is {what}: save it as PPTX or convert it with LibreOffice"),
        ),
        Kind::Zip | Kind::Docx | Kind::Xlsx | Kind::Doc | Kind::Xls => Error::new(
            ErrorKind::NotAPresentation,
            format!("the file is {what}, not a presentation: send a PPTX presentation"),
        ),
        _ => Error::new(
            ErrorKind::NotAPackage,
            format!("the file is {what}, not a presentation: send a PPTX presentation"),
        ),
    }
}

fn too_many_parts(count: u64, limits: &PackageLimits) -> Result<()> {
    if count > limits.max_parts as u64 {
        return Err(Error::limit(format!(
            "the package has {count} entries, which passes the limit `max_parts` of {}",
            limits.max_parts
        )));
    }
    Ok(())
}

/// Refuses absurd ZIP64 entry counts before the directory is read into memory. Without ZIP64 the count
/// is at most 65,535.
fn check_entry_count(bytes: &[u8], limits: &PackageLimits) -> Result<()> {
    const LOCATOR: &[u8; 4] = b"PK\x06\x07";
    const RECORD: &[u8; 4] = b"PK\x06\x06";
    let tail_start = bytes.len().saturating_sub((64 << 10) + 512);
    let tail = bytes.get(tail_start..).unwrap_or_default();
    if !tail.windows(4).any(|window| window == LOCATOR) {
        return Ok(());
    }
    // The record lies before the locator; every candidate near the end is checked.
    for (at, window) in tail.windows(40).enumerate() {
        if window.starts_with(RECORD)
            && let Some(count) = tail.get(at + 32..at + 40).and_then(|b| b.try_into().ok())
        {
            too_many_parts(u64::from_le_bytes(count), limits)?;
        }
    }
    Ok(())
}
