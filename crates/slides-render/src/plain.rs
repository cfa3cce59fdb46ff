//! Addresses, titles and languages, made fit for any file.

/// Bytes of an address; browsers take no more.
const MAX_URI: usize = 8192;
/// Schemes that are written. Others could run something on the reader's machine.
const SCHEMES: &[&str] = &[
    "http", "https", "mailto", "ftp", "ftps", "sftp", "tel", "sms", "news", "geo",
];

/// An address in ASCII; `None` for those that are not written.
pub(crate) fn clean_uri(uri: &str) -> Option<String> {
    if uri.len() > MAX_URI {
        return None;
    }
    // Readers pass over control characters, in the scheme too: it is looked at without them.
    let uri: String = uri.chars().filter(|ch| !ch.is_control()).collect();
    let uri = uri.trim();
    if uri.is_empty() {
        return None;
    }
    let scheme = uri
        .split_once(':')
        .map(|(scheme, _)| scheme)
        .filter(|scheme| {
            scheme
                .chars()
                .all(|ch| ch.is_ascii_alphanumeric() || "+-.".contains(ch))
        });
    if let Some(scheme) = scheme
        // `example.com:8080` has a port, not a scheme.
        && !scheme.contains('.')
        && !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme))
    {
        return None;
    }
    let mut out = String::with_capacity(uri.len());
    for byte in uri.bytes() {
        match byte {
            // PDF wants 7-bit ASCII (ISO 32000-1, 12.6.4.7), browsers take it.
            b' ' | b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`' | 0x80.. => {
                use std::fmt::Write;
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
            _ => out.push(char::from(byte)),
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A language tag with what tags may hold.
pub(crate) fn language(tag: &str) -> String {
    tag.chars()
        .filter(|ch| ch.is_ascii_alphanumeric() || *ch == '-')
        .take(35)
        .collect()
}

/// A title on one line, without control characters.
pub(crate) fn plain_title(title: &str) -> String {
    let clean: String = title
        .chars()
        .take(4096)
        .map(|ch| {
            if ch.is_control() || matches!(ch, '\u{FFFE}' | '\u{FFFF}' | '\u{FEFF}') {
                ' '
            } else {
                ch
            }
        })
        .collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_or_refused() {
        assert_eq!(
            clean_uri(" https://example.org/a b?q=(1)&ü ").unwrap(),
            "https://example.org/a%20b?q=(1)&%C3%BC"
        );
        assert_eq!(
            clean_uri("mailto:a@example.org").unwrap(),
            "mailto:a@example.org"
        );
        assert_eq!(clean_uri("www.example.org").unwrap(), "www.example.org");
        assert_eq!(
            clean_uri("example.org:8080/x").unwrap(),
            "example.org:8080/x"
        );
        assert_eq!(
            clean_uri("http://example.org/\n) >> endobj").unwrap(),
            "http://example.org/)%20%3E%3E%20endobj"
        );
        for refused in [
            "",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "\u{1} javascript:alert(1)",
            "javascript\t:alert(1)",
            " \u{85}javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "ppaction://program",
        ] {
            assert_eq!(clean_uri(refused), None, "{refused}");
        }
    }

    #[test]
    fn titles_are_one_line() {
        assert_eq!(
            plain_title("A\u{B}title\r\n with\t breaks "),
            "A title with breaks"
        );
    }
}
