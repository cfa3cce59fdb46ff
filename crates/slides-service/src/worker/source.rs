use slides_engine::SourceKind;

/// Bytes at the start in which a signature may lie.
const HEAD: usize = 4096;
const CFB_SIGNATURE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// What a document's bytes look like. Looks at signatures only: the engine decides whether they
/// are a readable presentation.
pub(crate) fn source_kind(bytes: &[u8]) -> SourceKind {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    if head.starts_with(b"PK") {
        // An OpenDocument package names its type in its first entry, which is not compressed.
        return if contains(head, b"application/vnd.oasis.opendocument.presentation") {
            SourceKind::Odp
        } else {
            SourceKind::Pptx
        };
    }
    if head.starts_with(CFB_SIGNATURE) {
        // Names in the container's directory are UTF-16.
        return if contains(bytes, &utf16("EncryptedPackage")) {
            SourceKind::EncryptedPptx
        } else if contains(bytes, &utf16("PowerPoint Document")) {
            SourceKind::Ppt
        } else {
            SourceKind::Unknown
        };
    }
    if contains(head.get(..1024).unwrap_or(head), b"%PDF-") {
        return SourceKind::Pdf;
    }
    if contains(head, b"application/vnd.oasis.opendocument.presentation") {
        return SourceKind::Odp;
    }
    SourceKind::Unknown
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_told_apart() {
        let cfb = |name: &str| [CFB_SIGNATURE, &[0; 600], &utf16(name)].concat();
        for (bytes, kind) in [
            (b"PK\x03\x04....[Content_Types].xml".to_vec(), SourceKind::Pptx),
            (b"PK\x03\x04...mimetypeapplication/vnd.oasis.opendocument.presentationPK".to_vec(), SourceKind::Odp),
            (b"<?xml?><office:document office:mimetype=\"application/vnd.oasis.opendocument.presentation\">".to_vec(), SourceKind::Odp),
            (cfb("EncryptedPackage"), SourceKind::EncryptedPptx),
            (cfb("PowerPoint Document"), SourceKind::Ppt),
            (cfb("WordDocument"), SourceKind::Unknown),
            (b"\r\n%PDF-1.5".to_vec(), SourceKind::Pdf),
            (b"plain text".to_vec(), SourceKind::Unknown),
            (Vec::new(), SourceKind::Unknown),
        ] {
            assert_eq!(source_kind(&bytes), kind, "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}
