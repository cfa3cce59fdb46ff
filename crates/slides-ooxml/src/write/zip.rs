//! A ZIP container written front to back: every size is known before its entry, so nothing is sought or patched.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression as Level, Crc};

use crate::error::{Error, ErrorKind, Result};
use crate::package::RawEntry;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// 1 January 1980, midnight: the same deck gives the same bytes.
const DOS_TIME: u32 = 0x0021_0000;
/// Names are in UTF-8 (APPNOTE 4.4.4, bit 11).
const UTF8_NAMES: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// How a package is written.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WriteOptions {
    /// When ZIP64 records are written.
    pub zip64: Zip64,
    /// How parts are packed.
    pub compression: Compression,
    /// Bytes the package may have; none sets no bound.
    pub max_bytes: Option<u64>,
}

/// When ZIP64 records (APPNOTE 4.3.14) are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zip64 {
    /// Never; a package that needs them is refused.
    Never,
    /// Where a size, an offset or the number of parts needs them.
    #[default]
    IfNecessary,
    /// For every entry.
    Always,
}

/// How parts are packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Unchanged parts keep the bytes they are stored with, new ones are deflated.
    #[default]
    Keep,
    /// Every part is stored as it is.
    Store,
    /// Every part is deflated anew with this level, 1 to 9.
    Deflate(u8),
}

struct Written {
    name: String,
    method: u16,
    crc32: u32,
    packed: u64,
    size: u64,
    offset: u64,
}

/// Writes entries one after another; [`finish`](ZipStream::finish) writes the directory.
pub(crate) struct ZipStream<'a> {
    out: &'a mut dyn Write,
    options: WriteOptions,
    position: u64,
    entries: Vec<Written>,
}

impl<'a> ZipStream<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, options: WriteOptions) -> Self {
        Self {
            out,
            options,
            position: 0,
            entries: Vec::new(),
        }
    }

    /// Adds an entry with the bytes it is stored with.
    pub(crate) fn raw(&mut self, name: &str, entry: &RawEntry) -> Result<()> {
        self.entry(name, entry.method, entry.crc32, entry.size, &entry.bytes)
    }

    /// Adds a part, packed as the options say.
    pub(crate) fn part(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut crc = Crc::new();
        crc.update(bytes);
        let level = match self.options.compression {
            Compression::Keep => Level::default(),
            Compression::Store => Level::none(),
            Compression::Deflate(level) => Level::new(u32::from(level.clamp(1, 9))),
        };
        let size = bytes.len() as u64;
        if self.options.compression != Compression::Store {
            let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 4), level);
            let packed = encoder
                .write_all(bytes)
                .and_then(|()| encoder.finish())
                .map_err(output)?;
            if packed.len() < bytes.len() {
                return self.entry(name, DEFLATED, crc.sum(), size, &packed);
            }
        }
        self.entry(name, STORED, crc.sum(), size, bytes)
    }

    fn entry(
        &mut self,
        name: &str,
        method: u16,
        crc32: u32,
        size: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let name = name.trim_start_matches('/').to_owned();
        let packed = bytes.len() as u64;
        let long = self.is_long(size.max(packed))?;
        let mut head = Vec::with_capacity(50 + name.len());
        put32(&mut head, LOCAL);
        put16(&mut head, if long { 45 } else { 20 });
        put16(&mut head, flags(&name));
        put16(&mut head, method);
        put32(&mut head, DOS_TIME);
        put32(&mut head, crc32);
        put32(&mut head, short(packed, long));
        put32(&mut head, short(size, long));
        put16(&mut head, name_len(&name)?);
        put16(&mut head, if long { 20 } else { 0 });
        head.extend_from_slice(name.as_bytes());
        if long {
            put16(&mut head, 1);
            put16(&mut head, 16);
            put64(&mut head, size);
            put64(&mut head, packed);
        }
        let offset = self.position;
        self.write(&head)?;
        self.write(bytes)?;
        self.entries.push(Written {
            name,
            method,
            crc32,
            packed,
            size,
            offset,
        });
        Ok(())
    }

    /// Writes the directory; gives the number of bytes of the package.
    pub(crate) fn finish(mut self) -> Result<u64> {
        let start = self.position;
        let entries = std::mem::take(&mut self.entries);
        for entry in &entries {
            let long = self.is_long(entry.size.max(entry.packed).max(entry.offset))?;
            let mut head = Vec::with_capacity(80 + entry.name.len());
            put32(&mut head, CENTRAL);
            put16(&mut head, if long { 45 } else { 20 });
            put16(&mut head, if long { 45 } else { 20 });
            put16(&mut head, flags(&entry.name));
            put16(&mut head, entry.method);
            put32(&mut head, DOS_TIME);
            put32(&mut head, entry.crc32);
            put32(&mut head, short(entry.packed, long));
            put32(&mut head, short(entry.size, long));
            put16(&mut head, name_len(&entry.name)?);
            put16(&mut head, if long { 28 } else { 0 });
            // Comment, disk and attributes.
            head.extend_from_slice(&[0; 10]);
            put32(&mut head, short(entry.offset, long));
            head.extend_from_slice(entry.name.as_bytes());
            if long {
                put16(&mut head, 1);
                put16(&mut head, 24);
                put64(&mut head, entry.size);
                put64(&mut head, entry.packed);
                put64(&mut head, entry.offset);
            }
            self.write(&head)?;
        }
        let size = self.position - start;
        let count = entries.len() as u64;
        let long = self.is_long(start.max(size))? || self.is_long_count(count)?;
        let mut end = Vec::with_capacity(100);
        if long {
            let record = self.position;
            put32(&mut end, END_64);
            put64(&mut end, 44);
            put16(&mut end, 45);
            put16(&mut end, 45);
            end.extend_from_slice(&[0; 8]);
            put64(&mut end, count);
            put64(&mut end, count);
            put64(&mut end, size);
            put64(&mut end, start);
            put32(&mut end, LOCATOR_64);
            put32(&mut end, 0);
            put64(&mut end, record);
            put32(&mut end, 1);
        }
        let count = if long { u16::MAX } else { count as u16 };
        put32(&mut end, END);
        end.extend_from_slice(&[0; 4]);
        put16(&mut end, count);
        put16(&mut end, count);
        put32(&mut end, short(size, long));
        put32(&mut end, short(start, long));
        put16(&mut end, 0);
        self.write(&end)?;
        self.out.flush().map_err(output)?;
        Ok(self.position)
    }

    fn is_long(&self, value: u64) -> Result<bool> {
        self.long(value >= u64::from(u32::MAX))
    }

    fn is_long_count(&self, count: u64) -> Result<bool> {
        self.long(count >= u64::from(u16::MAX))
    }

    fn long(&self, needed: bool) -> Result<bool> {
        match self.options.zip64 {
            Zip64::Always => Ok(true),
            Zip64::IfNecessary => Ok(needed),
            Zip64::Never if needed => Err(Error::limit(
                "the package is too large for a ZIP without ZIP64 records: allow them with `zip64Mode`",
            )),
            Zip64::Never => Ok(false),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let position = self.position.saturating_add(bytes.len() as u64);
        if let Some(limit) = self.options.max_bytes
            && position > limit
        {
            return Err(Error::limit(format!(
                "the output has more than {limit} bytes, which passes the limit `max_output_bytes`"
            )));
        }
        self.out.write_all(bytes).map_err(output)?;
        self.position = position;
        Ok(())
    }
}

fn output(cause: io::Error) -> Error {
    Error::new(ErrorKind::Output, "the package could not be written").caused_by(cause)
}

fn flags(name: &str) -> u16 {
    if name.is_ascii() { 0 } else { UTF8_NAMES }
}

fn name_len(name: &str) -> Result<u16> {
    u16::try_from(name.len()).map_err(|_| {
        Error::limit(format!(
            "a part's name has {} bytes, more than a ZIP entry allows",
            name.len()
        ))
    })
}

/// The value, or the mark that it stands in the ZIP64 record.
fn short(value: u64, long: bool) -> u32 {
    if long { u32::MAX } else { value as u32 }
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    fn written(options: WriteOptions) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut zip = ZipStream::new(&mut bytes, options);
        zip.part("/a.xml", "<a>".repeat(500).as_bytes()).unwrap();
        zip.part("/b/ü.bin", b"\x01\x02").unwrap();
        assert_eq!(zip.finish().unwrap(), bytes.len() as u64);
        bytes
    }

    #[test]
    fn another_reader_reads_every_mode() {
        for zip64 in [Zip64::Never, Zip64::IfNecessary, Zip64::Always] {
            for compression in [
                Compression::Keep,
                Compression::Store,
                Compression::Deflate(9),
            ] {
                let bytes = written(WriteOptions {
                    zip64,
                    compression,
                    max_bytes: None,
                });
                let has_zip64 = bytes.windows(4).any(|w| w == END_64.to_le_bytes());
                assert_eq!(has_zip64, zip64 == Zip64::Always);
                let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
                let mut text = String::new();
                archive
                    .by_name("a.xml")
                    .unwrap()
                    .read_to_string(&mut text)
                    .unwrap();
                assert_eq!(text, "<a>".repeat(500));
                let stored = archive.by_name("a.xml").unwrap().compression()
                    == ::zip::CompressionMethod::Stored;
                assert_eq!(stored, compression == Compression::Store);
                assert_eq!(archive.by_name("b/ü.bin").unwrap().size(), 2);
            }
        }
    }

    #[test]
    fn the_bound_names_its_setting() {
        let mut bytes = Vec::new();
        let options = WriteOptions {
            max_bytes: Some(20),
            ..WriteOptions::default()
        };
        let error = ZipStream::new(&mut bytes, options)
            .part("/a", b"12345")
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
        assert!(error.to_string().contains("max_output_bytes"), "{error}");
    }

    #[test]
    fn without_zip64_large_values_are_refused() {
        let mut bytes = Vec::new();
        let options = WriteOptions {
            zip64: Zip64::Never,
            ..WriteOptions::default()
        };
        let zip = ZipStream::new(&mut bytes, options);
        assert!(!zip.is_long(1000).unwrap());
        let error = zip.is_long(1 << 33).unwrap_err();
        assert!(error.to_string().contains("zip64Mode"), "{error}");
    }
}
