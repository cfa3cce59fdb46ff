use crate::error::{Error, Result};
use crate::limits::PackageLimits;

/// One pass over the text that bounds nesting and tag length, the two things whose cost in a tree parser is
/// not linear or not bounded. It does not check well-formedness; the parser does.
pub(super) fn check(part: &str, text: &str, limits: &PackageLimits) -> Result<()> {
    let mut rest = text.as_bytes();
    let mut depth = 0usize;
    while let Some(at) = position(rest, b'<') {
        let tag = rest.get(at..).unwrap_or_default();
        let len = match tag {
            [b'<', b'!', b'-', b'-', ..] => find(tag, b"-->"),
            [b'<', b'!', b'[', ..] => find(tag, b"]]>"),
            [b'<', b'?', ..] => find(tag, b"?>"),
            _ => {
                let len = tag_len(tag, limits.max_tag_bytes);
                if len > limits.max_tag_bytes {
                    return Err(Error::limit(format!(
                        "part `{part}` has a tag of more than {} bytes, which passes the limit `max_tag_bytes`",
                        limits.max_tag_bytes
                    )));
                }
                let body = tag.get(..len).unwrap_or(tag);
                if body.starts_with(b"</") {
                    depth = depth.saturating_sub(1);
                } else if !body.ends_with(b"/>") && !body.starts_with(b"<!") {
                    depth += 1;
                    if depth > limits.max_depth {
                        return Err(Error::limit(format!(
                            "part `{part}` nests elements deeper than {}, which passes the limit `max_depth`",
                            limits.max_depth
                        )));
                    }
                }
                len
            }
        };
        rest = tag.get(len.max(1)..).unwrap_or_default();
    }
    Ok(())
}

/// Length of a tag up to its `>`, which may stand inside quotes; gives up one byte past `max`.
fn tag_len(tag: &[u8], max: usize) -> usize {
    let mut quote = 0u8;
    for (at, byte) in tag.iter().enumerate() {
        match byte {
            b'"' | b'\'' if quote == 0 => quote = *byte,
            _ if *byte == quote => quote = 0,
            b'>' if quote == 0 => return at + 1,
            _ => {}
        }
        if at > max {
            return at + 1;
        }
    }
    tag.len()
}

fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    bytes.iter().position(|b| *b == byte)
}

/// Length up to and with `end`, or all.
fn find(bytes: &[u8], end: &[u8]) -> usize {
    bytes
        .windows(end.len())
        .position(|window| window == end)
        .map_or(bytes.len(), |at| at + end.len())
}
