use std::io::Cursor;

/// What a file is, judged by its bytes and never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A PresentationML package (PPTX, PPTM, PPSX, POTX …).
    Pptx,
    /// An encrypted Office package: a compound file with an `EncryptedPackage` stream.
    Encrypted,
    /// PowerPoint 97-2003.
    Ppt,
    /// An OpenDocument presentation.
    Odp,
    /// Another OpenDocument file.
    OpenDocument,
    /// A WordprocessingML package.
    Docx,
    /// A SpreadsheetML package.
    Xlsx,
    /// Word 97-2003.
    Doc,
    /// Excel 97-2003.
    Xls,
    /// Another compound file.
    CompoundFile,
    /// A ZIP archive without a known document in it.
    Zip,
    /// A PDF.
    Pdf,
    /// Rich text.
    Rtf,
    /// HTML.
    Html,
    /// Other XML.
    Xml,
    /// A picture.
    Image,
    /// Plain text.
    Text,
    /// No bytes.
    Empty,
    /// Anything else.
    Unknown,
}

impl Kind {
    /// What to call it in a sentence: `a PDF`, `a Word document`.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Pptx => "a PowerPoint presentation",
            Self::Encrypted => "an encrypted Office document",
            Self::Ppt => "a PowerPoint 97-2003 file",
            Self::Odp => "an OpenDocument presentation",
            Self::OpenDocument => "an OpenDocument file",
            Self::Docx | Self::Doc => "a Word document",
            Self::Xlsx | Self::Xls => "an Excel workbook",
            Self::CompoundFile => "a compound file without a presentation",
            Self::Zip => "a ZIP archive without a presentation",
            Self::Pdf => "a PDF",
            Self::Rtf => "a rich text file",
            Self::Html => "an HTML page",
            Self::Xml => "an XML file",
            Self::Image => "a picture",
            Self::Text => "plain text",
            Self::Empty => "an empty file",
            Self::Unknown => "a file of unknown kind",
        }
    }
}

pub(crate) const CFB_MAGIC: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Tells what the bytes are. Looks at signatures and, for containers, at the names inside; inflates nothing
/// but the first bytes of an OpenDocument `mimetype` entry.
pub fn sniff(bytes: &[u8]) -> Kind {
    if bytes.is_empty() {
        return Kind::Empty;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return sniff_zip(bytes);
    }
    if bytes.starts_with(&CFB_MAGIC) {
        return sniff_cfb(bytes);
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or(bytes);
    // Readers look for the header within the first kilobyte.
    if find(head, b"%PDF-").is_some() {
        return Kind::Pdf;
    }
    const IMAGES: [&[u8]; 6] = [
        b"\x89PNG\r\n",
        b"\xFF\xD8\xFF",
        b"GIF8",
        b"BM",
        b"II*\0",
        b"MM\0*",
    ];
    if IMAGES.iter().any(|magic| head.starts_with(magic)) {
        return Kind::Image;
    }
    sniff_text(head)
}

fn sniff_text(head: &[u8]) -> Kind {
    let text = head
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(head)
        .trim_ascii_start();
    let lower: Vec<u8> = text.to_ascii_lowercase();
    if lower.starts_with(b"{\\rtf") {
        Kind::Rtf
    } else if find(&lower, b"urn:oasis:names:tc:opendocument").is_some() {
        if find(&lower, b"opendocument.presentation").is_some() {
            Kind::Odp
        } else {
            Kind::OpenDocument
        }
    } else if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
        Kind::Html
    } else if lower.starts_with(b"<?xml") {
        Kind::Xml
    } else if head
        .iter()
        .all(|b| *b >= 0x20 || matches!(b, b'\t' | b'\n' | b'\r' | 0x0C))
    {
        Kind::Text
    } else {
        Kind::Unknown
    }
}

fn sniff_zip(bytes: &[u8]) -> Kind {
    let Ok(archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return Kind::Zip;
    };
    kind_of_names(archive.file_names_raw(), || {
        // `mimetype` is stored first and uncompressed, so its text is in the first bytes.
        let head = bytes.get(..bytes.len().min(200)).unwrap_or(bytes);
        find(head, b"opendocument.presentation").is_some()
    })
}

pub(crate) fn kind_of_names<'a>(
    names: impl Iterator<Item = &'a [u8]>,
    is_presentation_mimetype: impl FnOnce() -> bool,
) -> Kind {
    let (mut word, mut excel, mut mimetype) = (false, false, false);
    for name in names {
        match name {
            b"ppt/presentation.xml" => return Kind::Pptx,
            b"mimetype" => mimetype = true,
            _ if name.starts_with(b"ppt/slides/") => return Kind::Pptx,
            _ if name.starts_with(b"word/") => word = true,
            _ if name.starts_with(b"xl/") => excel = true,
            _ => {}
        }
    }
    if mimetype {
        return if is_presentation_mimetype() {
            Kind::Odp
        } else {
            Kind::OpenDocument
        };
    }
    match (word, excel) {
        (true, _) => Kind::Docx,
        (_, true) => Kind::Xlsx,
        _ => Kind::Zip,
    }
}

fn sniff_cfb(bytes: &[u8]) -> Kind {
    // The directory's names are listed rather than looked up: careless writers do not sort its tree.
    let names: Vec<String> = match cfb::CompoundFile::open(Cursor::new(bytes)) {
        Ok(file) => file
            .read_root_storage()
            .take(1000)
            .map(|entry| entry.name().to_owned())
            .collect(),
        Err(_) => return sniff_damaged_cfb(bytes),
    };
    kind_of_streams(|name| names.iter().any(|found| found == name))
}

/// A compound file that cannot be opened may still show its stream names.
fn sniff_damaged_cfb(bytes: &[u8]) -> Kind {
    kind_of_streams(|name| {
        let wide: Vec<u8> = name
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_le_bytes)
            .collect();
        bytes.chunks(128).any(|entry| entry.starts_with(&wide))
    })
}

fn kind_of_streams(has: impl Fn(&str) -> bool) -> Kind {
    if has("EncryptedPackage") {
        Kind::Encrypted
    } else if has("PowerPoint Document") {
        Kind::Ppt
    } else if has("WordDocument") {
        Kind::Doc
    } else if has("Workbook") || has("Book") {
        Kind::Xls
    } else {
        Kind::CompoundFile
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_a_file_is_by_its_bytes() {
        let rows: [(&[u8], Kind); 9] = [
            (b"", Kind::Empty),
            (b"%PDF-1.7\n", Kind::Pdf),
            (b"\xEF\xBB\xBF  <?xml version='1.0'?><x/>", Kind::Xml),
            (b"<!DOCTYPE html><p>", Kind::Html),
            (b"{\\rtf1 }", Kind::Rtf),
            (b"\x89PNG\r\n\x1a\n", Kind::Image),
            (b"hello", Kind::Text),
            (b"\x00\x01\x02", Kind::Unknown),
            (b"PK\x03\x04garbage", Kind::Zip),
        ];
        for (bytes, kind) in rows {
            assert_eq!(sniff(bytes), kind, "{bytes:?}");
        }
        assert_eq!(
            sniff(&[&CFB_MAGIC[..], &[0; 600]].concat()),
            Kind::CompoundFile
        );
    }

    #[test]
    fn names_the_document_in_a_package() {
        let of = |names: &[&str]| kind_of_names(names.iter().map(|n| n.as_bytes()), || true);
        assert_eq!(of(&["word/document.xml"]), Kind::Docx);
        assert_eq!(of(&["xl/workbook.xml"]), Kind::Xlsx);
        assert_eq!(of(&["mimetype", "content.xml"]), Kind::Odp);
        assert_eq!(of(&["xl/embedded.bin", "ppt/presentation.xml"]), Kind::Pptx);
        assert_eq!(of(&["a.txt"]), Kind::Zip);
    }
}
