//! Calls from pages of other origins: off unless origins are named.

use std::time::Duration;

use http::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, RETRY_AFTER,
};
use http::{HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// How long a browser may remember what it was told.
const MAX_AGE: Duration = Duration::from_hours(1);

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no origin: write scheme, host and port, such as `https://slides.example:8443`, or `*`"
)]
pub struct InvalidOrigin(String);

/// Reads a list of origins; none when it is empty.
pub(crate) fn origins<'a>(
    list: impl IntoIterator<Item = &'a str>,
) -> Result<Option<AllowOrigin>, InvalidOrigin> {
    let mut named = Vec::new();
    for origin in list {
        if origin == "*" {
            return Ok(Some(AllowOrigin::any()));
        }
        let invalid = || InvalidOrigin(origin.to_owned());
        let uri: Uri = origin.parse().map_err(|_| invalid())?;
        let is_origin = uri.scheme().is_some()
            && uri
                .authority()
                .is_some_and(|host| !host.as_str().contains('@'))
            && uri.query().is_none()
            && !origin.ends_with('/')
            && uri.path() == "/";
        if !is_origin {
            return Err(invalid());
        }
        named.push(HeaderValue::from_str(origin).map_err(|_| invalid())?);
    }
    Ok((!named.is_empty()).then(|| AllowOrigin::list(named)))
}

/// Answers the questions of browsers before the calls themselves.
pub(crate) fn layer(origins: AllowOrigin) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
        ])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            ACCEPT_RANGES,
            ALLOW,
            CONTENT_DISPOSITION,
            CONTENT_LENGTH,
            CONTENT_RANGE,
            ETAG,
            RETRY_AFTER,
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("x-slides-warnings"),
        ])
        .max_age(MAX_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_and_host_alone() {
        assert!(origins([]).unwrap().is_none());
        for origin in ["*", "https://slides.example", "http://localhost:3000"] {
            assert!(origins([origin]).unwrap().is_some(), "{origin}");
        }
        for text in [
            "",
            "slides.example",
            "https://a.example/",
            "https://a.example/x",
            "https://u@a.example",
            "null",
        ] {
            assert!(origins([text]).is_err(), "{text}");
        }
    }
}
