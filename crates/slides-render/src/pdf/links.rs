//! Links and titles, made fit for PDF.
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::destination::{Destination, XyzDestination};
use kurbo::{Rect, Size};
use slides_scene::{Link, LinkTarget};

use crate::geometry::clean_rect;

/// Bytes of an address; browsers take no more.
const MAX_URI: usize = 8192;
/// Schemes that are written. Others could run something on the reader's machine.
const SCHEMES: &[&str] = &[
    "http", "https", "mailto", "ftp", "ftps", "sftp", "tel", "sms", "news", "geo",
];

/// A link's annotation and, for links within the document, the page index and slide it leads to. `planned` holds the
/// slide numbers in page order.
pub(super) fn annotation(
    link: &Link,
    scale: f64,
    page: Size,
    planned: &[u32],
) -> Option<(Annotation, Option<(usize, u32)>)> {
    let rect = clean_rect(link.rect)?.intersect(Rect::from_origin_size((0.0, 0.0), page));
    if rect.width() <= 0.0 || rect.height() <= 0.0 {
        return None;
    }
    let rect = krilla::geom::Rect::from_ltrb(
        (rect.x0 * scale) as f32,
        (rect.y0 * scale) as f32,
        (rect.x1 * scale) as f32,
        (rect.y1 * scale) as f32,
    )?;
    let (target, slide, alt) = match &link.target {
        LinkTarget::Uri(uri) => {
            let uri = clean_uri(uri)?;
            (
                Target::Action(Action::Link(LinkAction::new(uri.clone()))),
                None,
                uri,
            )
        }
        LinkTarget::Slide(slide) => {
            let index = planned.iter().position(|number| number == slide)?;
            let target = Destination::Xyz(XyzDestination::new(
                index,
                krilla::geom::Point::from_xy(0.0, 0.0),
            ));
            (
                Target::Destination(target),
                Some((index, *slide)),
                format!("slide {slide}"),
            )
        }
    };
    Some((
        Annotation::new_link(LinkAnnotation::new(rect, target), Some(alt)),
        slide,
    ))
}

/// An address in ASCII; `None` for those that are not written.
pub(super) fn clean_uri(uri: &str) -> Option<String> {
    let uri = uri.trim();
    if uri.is_empty() || uri.len() > MAX_URI {
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
            // PDF wants 7-bit ASCII (ISO 32000-1, 12.6.4.7).
            0..=0x1F | 0x7F => {}
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
pub(super) fn language(tag: &str) -> String {
    tag.chars()
        .filter(|ch| ch.is_ascii_alphanumeric() || *ch == '-')
        .take(35)
        .collect()
}

/// A title on one line, without control characters.
pub(super) fn plain_title(title: &str) -> String {
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
