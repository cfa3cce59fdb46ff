//! Successful answers as all SDKs read them (contract section 2.5).

use std::time::Duration;

use axum::body::Body;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use slides_core::{Download, OperationId};

/// Bytes of the warnings header: every server and proxy in between takes this much.
const MAX_WARNINGS_HEADER: usize = 4096;

/// What may stand unescaped in an extended parameter (RFC 8187).
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Characters of a JSON text that a header may hold as they are.
const HEADER_JSON: &AsciiSet = &percent_encoding::CONTROLS.add(b'%').add(b'\x7f');

/// A model as `application/json; charset=utf-8`.
pub(crate) fn json<T: Serialize>(status: StatusCode, model: &T) -> Response<Body> {
    // The models are plain data; writing them cannot fail.
    let text = serde_json::to_vec(model).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Success without a body.
pub(crate) fn empty() -> Response<Body> {
    Response::new(Body::empty())
}

/// The id of an accepted operation: 201, raw text, no quotes (contract section 0, points 1 and 2).
pub(crate) fn accepted(id: &OperationId) -> Response<Body> {
    let mut response = text(id.as_str().to_owned());
    *response.status_mut() = StatusCode::CREATED;
    response
}

pub(crate) fn text(text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// The same answer with when to come back.
pub(crate) fn retry_after(mut response: Response<Body>, wait: Duration) -> Response<Body> {
    let seconds = HeaderValue::from(crate::error::whole_seconds(wait));
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
}

/// The methods a path takes.
pub(crate) fn methods(allow: &str) -> Response<Body> {
    let mut response = empty();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.extend(HeaderValue::from_str(allow).map(|value| (ALLOW, value)));
    response
}

/// A file, streamed.
pub(crate) fn file(download: Download) -> Response<Body> {
    let (mut response, download) = file_head(download);
    let len = download.len;
    *response.body_mut() = Body::from_stream(download.into_stream());
    if let Some(len) = len {
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
    }
    response
}

/// The head of an answer that holds a file or a part of it.
pub(crate) fn file_head(download: Download) -> (Response<Body>, Download) {
    let content_type = download
        .content_type
        .as_deref()
        .and_then(|text| HeaderValue::from_str(text).ok())
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let disposition = disposition(download.file_name.as_deref().unwrap_or("file"));
    let warnings = warnings(&download.warnings);
    let mut response = empty();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    // A stored page must not run as one of this server.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    if let Some(value) = warnings.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert("x-slides-warnings", value);
    }
    (response, download)
}

/// `attachment` with a `filename` that every SDK can use as a path, and the true name beside it.
fn disposition(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '_'
            }
        })
        .collect();
    let safe = if safe.trim_matches(['.', '_']).is_empty() {
        "file"
    } else {
        &safe
    };
    let mut text = format!("attachment; filename=\"{safe}\"");
    if safe != name && !name.is_empty() {
        text.push_str("; filename*=UTF-8''");
        text.extend(utf8_percent_encode(name, ATTR_CHAR));
    }
    text
}

/// A JSON array of texts, percent-encoded, cut to whole texts that fit.
fn warnings(warnings: &[String]) -> Option<String> {
    if warnings.is_empty() {
        return None;
    }
    for shown in (0..=warnings.len()).rev() {
        let (kept, dropped) = warnings.split_at(shown);
        let mut list: Vec<String> = kept.to_vec();
        if !dropped.is_empty() {
            list.push(format!("and {} more", dropped.len()));
        }
        let json = serde_json::to_string(&list).ok()?;
        let text = utf8_percent_encode(&json, HEADER_JSON).to_string();
        if text.len() <= MAX_WARNINGS_HEADER {
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_the_true_one_is_kept() {
        for (name, expected) in [
            ("deck.pdf", "attachment; filename=\"deck.pdf\""),
            (
                "a b.pdf",
                "attachment; filename=\"a_b.pdf\"; filename*=UTF-8''a%20b.pdf",
            ),
            (
                "../x\"y.pdf",
                "attachment; filename=\"x_y.pdf\"; filename*=UTF-8''x%22y.pdf",
            ),
            (
                "한.pdf",
                "attachment; filename=\"_.pdf\"; filename*=UTF-8''%ED%95%9C.pdf",
            ),
            ("", "attachment; filename=\"file\""),
        ] {
            assert_eq!(disposition(name), expected);
        }
    }

    #[test]
    fn warnings_fit_a_header() {
        assert_eq!(warnings(&[]), None);
        assert_eq!(
            warnings(&["slide 1: 차트: 100%".into()]).unwrap(),
            "[\"slide 1: %EC%B0%A8%ED%8A%B8: 100%25\"]"
        );
        let many = warnings(&vec!["x".repeat(100); 500]).unwrap();
        assert!(
            many.len() <= MAX_WARNINGS_HEADER && many.ends_with("more\"]"),
            "{many}"
        );
    }
}
