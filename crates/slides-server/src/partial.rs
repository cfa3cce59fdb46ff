//! Parts of files: `Range`, `If-Range` and `If-None-Match` (RFC 9110, sections
//! 13 and 14), so that a client can go on where a download broke off.

use axum::body::Body;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use slides_core::Download;

use crate::error::{ApiError, Subject};
use crate::respond;

/// Answers a read of a file with as much of it as the request asks for.
pub(crate) async fn file(
    download: Download,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let tag = download.tag.as_deref().and_then(entity_tag);
    if let (Some(tag), Some(known)) = (&tag, text(headers, &IF_NONE_MATCH))
        && names(known, tag)
    {
        let mut response = respond::empty();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().extend(etag(tag));
        return Ok(response);
    }
    let part = match (download.len, text(headers, &RANGE)) {
        (Some(len), Some(range))
            if method == Method::GET && is_current(headers, tag.as_deref()) =>
        {
            part(range, len)
        }
        _ => Part::Whole,
    };
    let mut response = match (part, download.len) {
        (Part::Some(start, end), Some(len)) => {
            let (head, stream) = respond::file_head(download);
            let mut response = head;
            let stream = stream
                .into_range(start, end)
                .await
                .map_err(|e| ApiError::from_core(&e, Subject::Storage))?;
            *response.body_mut() = Body::from_stream(stream);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let headers = response.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from(end - start));
            let last = end - 1;
            headers.extend(
                HeaderValue::from_str(&format!("bytes {start}-{last}/{len}"))
                    .map(|value| (CONTENT_RANGE, value)),
            );
            response
        }
        (Part::None, Some(len)) => return Err(ApiError::range_not_satisfiable(len)),
        _ => respond::file(download),
    };
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.extend(tag.as_deref().and_then(etag));
    Ok(response)
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Everything: no range, one that cannot be read, or several at once.
    Whole,
    /// From the first number to before the second.
    Some(u64, u64),
    /// Nothing that there is.
    None,
}

/// Reads a `Range` over a file of `len` bytes.
fn part(range: &str, len: u64) -> Part {
    let Some((unit, ranges)) = range.split_once('=') else {
        return Part::Whole;
    };
    let Some((first, last)) = ranges.trim().split_once('-') else {
        return Part::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // One that does not fit is behind every end.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let (start, end) = match (first, number(first), last, number(last)) {
        ("", _, _, Some(0)) => return Part::None,
        ("", _, _, Some(suffix)) => (len.saturating_sub(suffix), len),
        (_, Some(start), "", _) => (start, len),
        (_, Some(start), _, Some(last)) if start <= last => {
            (start, len.min(last.saturating_add(1)))
        }
        _ => return Part::Whole,
    };
    if start < end {
        Part::Some(start, end)
    } else {
        Part::None
    }
}

/// Whether the part that the caller has is of the file as it is now. A date is never taken as proof.
fn is_current(headers: &HeaderMap, tag: Option<&str>) -> bool {
    match headers.get(IF_RANGE) {
        None => true,
        Some(known) => tag.is_some_and(|tag| known.as_bytes() == tag.as_bytes()),
    }
}

fn names(list: &str, tag: &str) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The tag in its quotes, if it can stand in them.
fn entity_tag(tag: &str) -> Option<String> {
    let fits = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    fits.then(|| format!("\"{tag}\""))
}

fn etag(tag: &str) -> Option<(http::HeaderName, HeaderValue)> {
    Some((ETAG, HeaderValue::from_str(tag).ok()?))
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_over_the_length() {
        for (range, expected) in [
            ("bytes=0-4", Part::Some(0, 5)),
            ("Bytes = 3-", Part::Some(3, 10)),
            ("bytes=-4", Part::Some(6, 10)),
            ("bytes=-40", Part::Some(0, 10)),
            ("bytes=9-99", Part::Some(9, 10)),
            ("bytes=5-99999999999999999999999", Part::Some(5, 10)),
            ("bytes=10-", Part::None),
            ("bytes=99999999999999999999999-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=4-3", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("x", Part::Whole),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Part::None);
    }

    #[test]
    fn tags_are_compared_as_a_whole() {
        assert!(names("\"a\", W/\"b\"", "\"b\"") && names("*", "\"b\""));
        assert!(!names("\"ab\"", "\"b\""));
        assert_eq!(entity_tag("a\"b"), None);
    }
}
