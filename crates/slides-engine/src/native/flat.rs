//! A package as one XML document (flat OPC), PowerPoint's "XML presentation".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use slides_ooxml::{Package, PackageLimits};

use crate::api::EngineError;

use super::errors::from_package;

/// Characters of a line of base64.
const LINE: usize = 76;

/// The parts of a package that was just written, as one document.
pub(super) fn flat(package: Vec<u8>, limits: &PackageLimits) -> Result<String, EngineError> {
    let package = Package::open(package, None, limits).map_err(from_package)?;
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<?mso-application progid=\"PowerPoint.Show\"?>\n<pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">",
    );
    for name in package.part_names() {
        let plain = name.trim_start_matches('/');
        // The types stand with the parts.
        if plain.eq_ignore_ascii_case("[Content_Types].xml") {
            continue;
        }
        let Some(kind) = package.content_type(name) else {
            continue;
        };
        let bytes = package.part(name).map_err(from_package)?;
        out.push_str("<pkg:part pkg:name=\"/");
        escape(&mut out, plain);
        out.push_str("\" pkg:contentType=\"");
        escape(&mut out, kind);
        if let Some(root) = xml_root(kind, &bytes) {
            out.push_str("\"><pkg:xmlData>");
            out.push_str(root);
            out.push_str("</pkg:xmlData></pkg:part>");
        } else {
            out.push_str("\" pkg:compression=\"store\"><pkg:binaryData>");
            base64(&mut out, &bytes);
            out.push_str("</pkg:binaryData></pkg:part>");
        }
    }
    out.push_str("</pkg:package>\n");
    Ok(out)
}

/// A part's XML without its declaration; none for parts that are no XML, or none that may stand in another document.
fn xml_root<'a>(kind: &str, bytes: &'a [u8]) -> Option<&'a str> {
    if !kind.ends_with("+xml") && !kind.ends_with("/xml") {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    let root = match text.strip_prefix("<?xml") {
        Some(rest) if rest.starts_with(|ch: char| ch.is_ascii_whitespace()) => {
            rest.split_once("?>")?.1
        }
        _ => text,
    };
    // Parts are not all read: one that is not well formed would break the whole document.
    is_well_formed(root).then_some(root)
}

fn is_well_formed(text: &str) -> bool {
    let options = roxmltree::ParsingOptions {
        nodes_limit: 2_000_000,
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(text, options).is_ok()
}

fn escape(out: &mut String, text: &str) {
    for ch in text.chars() {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            ch => out.push(ch),
        }
    }
}

/// Base64 in lines.
fn base64(out: &mut String, bytes: &[u8]) {
    for line in bytes.chunks(LINE / 4 * 3) {
        out.push('\n');
        STANDARD.encode_string(line, out);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_documents_stand_in_another() {
        let kind = "application/vnd.openxmlformats-officedocument.presentationml.slide+xml";
        let root = |text: &str| xml_root(kind, text.as_bytes()).map(str::to_owned);
        let declared = "\u{FEFF}<?xml version=\"1.0\"?>\n<a><b/></a>";
        assert_eq!(root(declared).unwrap().trim(), "<a><b/></a>");
        for bad in [
            "<a>",
            "</pkg:xmlData>",
            "<!DOCTYPE a []><a/>",
            "",
            "<a/><b/>",
        ] {
            assert_eq!(root(bad), None, "{bad}");
        }
        assert_eq!(xml_root("image/png", b"<a/>"), None);
    }
}
