//! Reading answers, good and bad, from servers that differ (contract sections 2.5, 2.6 and 9).

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use slides_core::{
    AuthError, Download, Error, OperationId, ProtocolError, Rejection, Result, Unavailable,
};

use crate::Body;

/// Most bytes of a JSON answer that are read.
const MODEL_LIMIT: usize = 16 << 20;
/// Most bytes of an error answer that are read.
const ERROR_LIMIT: usize = 64 << 10;
/// Most bytes of an id answer that are read.
const ID_LIMIT: usize = 4 << 10;
/// Most characters of a server's message that are shown.
const MESSAGE_LIMIT: usize = 500;

/// Header with the warnings of a conversion, percent-encoded JSON list of texts. Ours; the
/// vendor's cloud does not send it.
pub(crate) const WARNINGS: &str = "x-slides-warnings";

/// The id of an accepted operation: raw text, though some servers quote it.
pub(crate) async fn id(call: &'static str, response: Response<Body>) -> Result<OperationId> {
    let status = response.status().as_u16();
    let bytes = read(call, response, ID_LIMIT).await?;
    let wrong = |message: &str| Error::from(ProtocolError::new(call, status, message));
    let text = std::str::from_utf8(without_mark(&bytes))
        .map_err(|_| wrong("the operation id is no text"))?
        .trim();
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
        .trim();
    if text.is_empty() {
        return Err(wrong("the answer holds no operation id"));
    }
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '{' | '<' | '"'))
    {
        return Err(wrong(
            "the answer is no operation id: is this the address of the API?",
        ));
    }
    Ok(OperationId::new(text))
}

/// A model.
pub(crate) async fn json<T: DeserializeOwned>(
    call: &'static str,
    response: Response<Body>,
) -> Result<T> {
    let status = response.status().as_u16();
    let bytes = read(call, response, MODEL_LIMIT).await?;
    serde_json::from_slice(without_mark(&bytes)).map_err(|error| {
        ProtocolError::new(call, status, format!("the answer cannot be read: {error}")).into()
    })
}

/// The bytes behind a byte-order mark.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A file, streaming.
pub(crate) fn download(response: Response<Body>) -> Download {
    let (head, body) = response.into_parts();
    let text = |name| {
        head.headers
            .get(name)
            .and_then(|value: &http::HeaderValue| value.to_str().ok())
    };
    let len = text(header::CONTENT_LENGTH).and_then(|text| text.trim().parse().ok());
    let content_type = text(header::CONTENT_TYPE).map(str::to_owned);
    let tag = text(header::ETAG)
        .and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'))
        .map(str::to_owned);
    let name = head
        .headers
        .get(header::CONTENT_DISPOSITION)
        .and_then(|value| file_name(value.as_bytes()));
    Download::new(body.into_stream(), len)
        .with_type(content_type, name)
        .with_tag(tag)
        .with_warnings(warnings(&head.headers))
}

/// When the server asked to come back: seconds or an HTTP date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// The error in an answer. `what` is the id or path that was asked for.
pub(crate) async fn error(call: &'static str, what: &str, response: Response<Body>) -> Error {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let header_id = response
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    // an error without a readable body is still that error
    let bytes = read(call, response, ERROR_LIMIT).await.unwrap_or_default();
    let told = Told::read(&bytes);
    let request_id = header_id.or(told.request_id);
    let message = told.message.unwrap_or_else(|| {
        status
            .canonical_reason()
            .unwrap_or("no reason given")
            .to_lowercase()
    });
    let code = status.as_u16();
    match code {
        401 | 403 => AuthError::new(Some(code), message).into(),
        404 => Error::NotFound {
            what: what.to_owned(),
            detail: Some(message),
        },
        408 | 429 | 500..=599 => {
            let mut error = Error::unavailable(code, message, retry_after);
            if let Error::Unavailable(inner) = &mut error {
                let inner: &mut Unavailable = inner;
                inner.request_id = request_id;
            }
            error
        }
        400..=499 => {
            let mut error = Error::rejected(
                code,
                told.code.unwrap_or_else(|| default_code(code).to_owned()),
                message,
            );
            if let Error::Rejected(inner) = &mut error {
                let inner: &mut Rejection = inner;
                inner.request_id = request_id;
            }
            error
        }
        300..=399 => {
            let message = "the server answers with a redirect, which is not followed with credentials: set the base URL it points to";
            ProtocolError::new(call, code, message).into()
        }
        _ => ProtocolError::new(call, code, message).into(),
    }
}

/// The code texts of contract section 2.6.
fn default_code(status: u16) -> &'static str {
    match status {
        409 => "conflict",
        413 => "payloadTooLarge",
        _ => "invalidArgument",
    }
}

/// What an error body says.
#[derive(Debug, Default, PartialEq)]
struct Told {
    message: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

impl Told {
    /// `{"error":{"message"}}`, `{"message"}`, `{"error":"text"}`, plain text, or a page for people.
    fn read(bytes: &[u8]) -> Self {
        let bytes = without_mark(bytes);
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
            let text = String::from_utf8_lossy(bytes);
            let is_page = text.trim_start().starts_with('<');
            return Self {
                message: if is_page { title(&text) } else { shown(&text) },
                ..Self::default()
            };
        };
        if let Value::String(text) = &value {
            return Self {
                message: shown(text),
                ..Self::default()
            };
        }
        let details = match field(&value, "error") {
            Some(Value::String(text)) => {
                let more = field(&value, "error_description").and_then(Value::as_str);
                let message = more.map_or_else(|| text.clone(), |more| format!("{text}: {more}"));
                return Self {
                    message: shown(&message),
                    ..Self::default()
                };
            }
            Some(details @ Value::Object(_)) => details,
            _ => &value,
        };
        let text = |key| match field(details, key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let inner = field(details, "innerError");
        Self {
            message: text("message")
                .or_else(|| text("description"))
                .and_then(|text| shown(&text)),
            code: text("code").and_then(|text| shown(&text)),
            request_id: inner
                .and_then(|inner| field(inner, "requestId"))
                .and_then(Value::as_str)
                .and_then(shown),
        }
    }
}

fn field<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value
        .as_object()?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, value)| value)
}

/// The title of an HTML page: what a gateway in front of the service says.
fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower.get(start..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    shown(page.get(start..end)?)
}

/// A server's text on one line, not too long.
fn shown(text: &str) -> Option<String> {
    let line = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    let line: String = line.take(MESSAGE_LIMIT).collect();
    Some(line).filter(|line| !line.is_empty())
}

async fn read(call: &'static str, response: Response<Body>, limit: usize) -> Result<Bytes> {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    // most answers come in one piece, which is not copied
    let (mut first, mut more) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| crate::client::broken_answer(call, error))?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        if first.len().max(more.len()) + chunk.len() > limit {
            let message = format!("the answer is longer than {limit} bytes");
            return Err(ProtocolError::new(call, status, message).into());
        }
        if first.is_empty() {
            first = chunk;
            continue;
        }
        if more.is_empty() {
            more.extend_from_slice(&first);
        }
        more.extend_from_slice(&chunk);
    }
    Ok(if more.is_empty() {
        first
    } else {
        more.freeze()
    })
}

fn warnings(headers: &HeaderMap) -> Vec<String> {
    let decoded = headers
        .get(WARNINGS)
        .map(|value| percent_encoding::percent_decode(value.as_bytes()).collect::<Vec<_>>());
    decoded
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}

/// The file name of a `Content-Disposition` (RFC 6266), without any folder.
fn file_name(value: &[u8]) -> Option<String> {
    let value = String::from_utf8_lossy(value);
    let (mut plain, mut extended) = (None, None);
    for parameter in parameters(&value) {
        let Some((name, text)) = parameter.split_once('=') else {
            continue;
        };
        let text = text.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "filename" => plain = Some(text.replace("\\\"", "\"")),
            "filename*" => {
                let encoded = text.splitn(3, '\'').nth(2);
                extended = encoded.and_then(|text| {
                    percent_encoding::percent_decode_str(text)
                        .decode_utf8()
                        .ok()
                        .map(std::borrow::Cow::into_owned)
                });
            }
            _ => {}
        }
    }
    let name = extended.or(plain)?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    (!matches!(name, "" | "." | "..") && !name.contains(char::is_control)).then(|| name.to_owned())
}

/// Splits at the semicolons outside quotes.
fn parameters(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response<Body> {
        let mut builder = Response::builder().status(status);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Body::from_bytes(body.to_owned())).unwrap()
    }

    #[tokio::test]
    async fn an_id_may_come_quoted_but_not_as_a_page() {
        for (body, expected) in [
            ("6d0c9c3e-2f0b", Some("6d0c9c3e-2f0b")),
            ("\"6d0c9c3e-2f0b\"\r\n", Some("6d0c9c3e-2f0b")),
            (" \" op-1 \" ", Some("op-1")),
            ("\u{feff}op-1\n", Some("op-1")),
            ("\u{feff}\"op-1\"", Some("op-1")),
            ("", None),
            ("\"\"", None),
            ("<html>welcome</html>", None),
            ("{\"id\":\"op-1\"}", None),
        ] {
            // some servers answer a start with 200
            for status in [200, 201] {
                let id = id("StartConvert", response(status, &[], body)).await.ok();
                assert_eq!(id.as_ref().map(OperationId::as_str), expected, "{body}");
            }
        }
    }

    #[tokio::test]
    async fn errors_by_status_and_body() {
        let nested = r#"{"error":{"code":"storageNotFound","message":"no such storage","innerError":{"requestId":"r-7"}}}"#;
        for (status, body, expected, request_id) in [
            (
                400,
                nested,
                "no such storage (status 400, code `storageNotFound`)",
                Some("r-7"),
            ),
            (400, r#"{"Error":{"Message":"Pascal"}}"#, "Pascal", None),
            (
                409,
                r#"{"message":"Operation is not finished"}"#,
                "Operation is not finished (status 409, code `conflict`)",
                None,
            ),
            (
                413,
                "too big\n",
                "too big (status 413, code `payloadTooLarge`)",
                None,
            ),
            (404, nested, "`op-1` does not exist: no such storage", None),
            (404, "", "`op-1` does not exist: not found", None),
            (404, " \n", "`op-1` does not exist: not found", None),
            (404, "{}", "`op-1` does not exist: not found", None),
            (404, "null", "`op-1` does not exist: not found", None),
            (404, "[1]", "`op-1` does not exist: not found", None),
            (
                400,
                r#"{"error":{"message":null,"description":"no such format"}}"#,
                "no such format",
                None,
            ),
            (400, r#"{"error":null,"message":"flat"}"#, "flat", None),
            (
                400,
                r#"{"error":"invalid_request","error_description":"no body"}"#,
                "invalid_request: no body",
                None,
            ),
            (
                409,
                r#"{"ERROR":{"CODE":1409,"MESSAGE":"busy"}}"#,
                "busy (status 409, code `1409`)",
                None,
            ),
            (
                400,
                "\u{feff}{\"error\":{\"message\":\"marked\"}}",
                "marked",
                None,
            ),
            (400, "\"just text\"", "just text", None),
            (400, r#"{"error":{"#, "{\"error\":{", None),
            (
                502,
                "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
                "the service is not available: 502 Bad Gateway (status 502, 1 attempts)",
                None,
            ),
            (
                503,
                "\n<!DOCTYPE html><TITLE lang=\"en\">Down\nfor repairs</TITLE>",
                "the service is not available: Down for repairs (status 503, 1 attempts)",
                None,
            ),
            (
                500,
                "<html><body>oops",
                "the service is not available: internal server error (status 500, 1 attempts)",
                None,
            ),
            (
                401,
                r#"{"error":"invalid_token"}"#,
                "not authorized: invalid_token",
                None,
            ),
            (403, "", "not authorized: forbidden", None),
            (
                503,
                "",
                "the service is not available: service unavailable (status 503, 1 attempts)",
                None,
            ),
            (
                302,
                "",
                "unexpected answer to `Call` (status 302): the server answers with a redirect, which is not followed with credentials: set the base URL it points to",
                None,
            ),
        ] {
            let error = error("Call", "op-1", response(status, &[], body)).await;
            assert_eq!(
                (error.to_string().as_str(), error.request_id()),
                (expected, request_id),
                "{status} {body}"
            );
        }
        let headers = [("retry-after", "7"), ("x-request-id", "r-9")];
        let error = error("Call", "op-1", response(429, &headers, nested)).await;
        assert_eq!(
            (error.retry_after(), error.request_id()),
            (Some(Duration::from_secs(7)), Some("r-9"))
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("120"), Some(Duration::from_mins(2)));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_hours(1));
        assert!(read(&soon).unwrap() > Duration::from_mins(50));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
    }

    #[test]
    fn file_names_are_names_not_paths() {
        for (value, expected) in [
            ("attachment; filename=\"out.pdf\"", Some("out.pdf")),
            ("attachment; filename=out.pdf", Some("out.pdf")),
            ("attachment;filename=\"a;b.pdf\"", Some("a;b.pdf")),
            (
                "attachment; filename=\"x.pdf\"; filename*=UTF-8''%C3%BC%20x.pdf",
                Some("ü x.pdf"),
            ),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment; filename=\"C:\\dir\\x.pdf\"", Some("x.pdf")),
            ("attachment; filename=\"..\"", None),
            ("inline", None),
        ] {
            assert_eq!(file_name(value.as_bytes()).as_deref(), expected, "{value}");
        }
    }

    #[tokio::test]
    async fn a_download_knows_its_type_name_length_and_warnings() {
        let headers = [
            ("content-type", "application/pdf"),
            ("content-length", "4"),
            ("content-disposition", "attachment; filename=\"deck.pdf\""),
            (WARNINGS, "%5B%22slide%203%3A%20chart%22%5D"),
        ];
        let file = download(response(200, &headers, "%PDF"));
        assert_eq!(file.content_type.as_deref(), Some("application/pdf"));
        assert_eq!(file.file_name.as_deref(), Some("deck.pdf"));
        assert_eq!(file.len, Some(4));
        assert_eq!(file.warnings, ["slide 3: chart"]);
        assert_eq!(file.bytes().await.unwrap(), "%PDF");

        let short = download(response(
            200,
            &[("content-length", "9"), (WARNINGS, "not json")],
            "%PDF",
        ));
        assert!(short.warnings.is_empty());
        assert_eq!(
            short.bytes().await.unwrap_err().to_string(),
            "the download ended after 4 of 9 bytes"
        );
    }
}
