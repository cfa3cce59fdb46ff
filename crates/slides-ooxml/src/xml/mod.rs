//! One XML part to a tree, with every cost bounded before the tree is built.

mod guard;
mod nodes;
mod values;

use std::borrow::Cow;

pub(crate) use nodes::{Node, attr, child, elements, foreign_choice, is_named, rel_attr, text_of};
pub(crate) use values::{angle, boolean, coordinate, fraction, hundredths, integer, unsigned};

use crate::error::{Error, Result};
use crate::limits::PackageLimits;

/// Parses a part and hands its root element to `lower`.
///
/// # Errors
/// The part is no well-formed XML in UTF-8 or UTF-16, has a DTD, passes a limit, or `lower` failed.
pub(crate) fn read<T>(
    part: &str,
    bytes: &[u8],
    limits: &PackageLimits,
    lower: impl FnOnce(Node<'_>) -> Result<T>,
) -> Result<T> {
    let text = decode(part, bytes)?;
    guard::check(part, &text, limits)?;
    let options = roxmltree::ParsingOptions {
        allow_dtd: false,
        nodes_limit: limits.max_nodes,
        entity_resolver: None,
    };
    let document =
        roxmltree::Document::parse_with_options(&text, options).map_err(|cause| match cause {
            roxmltree::Error::NodesLimitReached => Error::limit(format!(
                "part `{part}` has more than {} nodes, which passes the limit `max_nodes`",
                limits.max_nodes
            )),
            roxmltree::Error::DtdDetected => Error::damaged(format!(
                "part `{part}` holds a document type declaration, which is not allowed"
            )),
            cause @ (roxmltree::Error::UnclosedRootNode
            | roxmltree::Error::UnexpectedEndOfStream
            | roxmltree::Error::NoRootNode) => Error::damaged(format!(
                "part `{part}` ends before its root element is closed"
            ))
            .caused_by(cause),
            cause => {
                let at = cause.pos();
                Error::damaged(format!(
                    "part `{part}` is no well-formed XML at line {}, column {}",
                    at.row, at.col
                ))
                .caused_by(cause)
            }
        })?;
    lower(document.root_element())
}

fn decode<'a>(part: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        char::decode_utf16(units)
            .collect::<std::result::Result<String, _>>()
            .map(Cow::Owned)
            .map_err(|cause| {
                Error::damaged(format!("part `{part}` is not valid UTF-16")).caused_by(cause)
            })
    };
    match bytes {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        _ => {
            let rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            std::str::from_utf8(rest)
                .map(Cow::Borrowed)
                .map_err(|cause| {
                    let offset = cause.valid_up_to() + (bytes.len() - rest.len());
                    Error::damaged(format!("part `{part}` is not valid UTF-8 at byte {offset}"))
                        .caused_by(cause)
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn name(bytes: &[u8]) -> Result<String> {
        read("/x.xml", bytes, &PackageLimits::default(), |root| {
            Ok(root.tag_name().name().to_owned())
        })
    }

    #[test]
    fn reads_the_encodings_of_xml() {
        assert_eq!(name(b"\xEF\xBB\xBF<a/>").unwrap(), "a");
        let le: Vec<u8> = "\u{FEFF}<b/>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let be: Vec<u8> = "<c/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(name(&le).unwrap(), "b");
        assert_eq!(name(&be).unwrap(), "c");
        let error = name(b"<a>\xFF</a>").unwrap_err();
        assert_eq!(
            error.to_string(),
            "part `/x.xml` is not valid UTF-8 at byte 3"
        );
    }

    #[test]
    fn refuses_declarations_depth_and_long_tags() {
        let error = name(b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Damaged);
        let deep = "<p>".repeat(100_000) + &"</p>".repeat(100_000);
        assert_eq!(name(deep.as_bytes()).unwrap_err().kind, ErrorKind::Limit);
        let long = format!("<a b='{}'/>", "x".repeat(300 << 10));
        assert_eq!(name(long.as_bytes()).unwrap_err().kind, ErrorKind::Limit);
        let commented = format!(
            "<a><!-- {} --><![CDATA[{}]]></a>",
            "<b>".repeat(1000),
            "<b>".repeat(1000)
        );
        assert_eq!(name(commented.as_bytes()).unwrap(), "a");
    }

    #[test]
    fn says_where_xml_ends_early() {
        let error = name(b"<a>\n<b>").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Damaged);
        assert_eq!(
            error.to_string(),
            "part `/x.xml` ends before its root element is closed"
        );
        let error = name(b"<a>\n <b x=1/></a>").unwrap_err();
        assert_eq!(
            error.to_string(),
            "part `/x.xml` is no well-formed XML at line 2, column 7"
        );
    }
}
