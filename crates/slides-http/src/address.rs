//! URLs from the route table: what is encoded how, and which hosts may see credentials.

use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use slides_core::{Error, Result};
use slides_types::Route;

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Scheme, host, port and path prefix that calls go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end.
    prefix: String,
}

impl Base {
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }
}

/// The URL of a call under a base URL. A parameter that takes the rest of the path keeps its
/// slashes, every other one is a single segment.
pub(crate) fn url(
    base: &Base,
    route: &Route,
    path: &[(&str, &str)],
    query: &[(&'static str, String)],
) -> Result<Uri> {
    let mut url = String::with_capacity(base.prefix.len() + route.path.len() + 64);
    url.push_str(&base.prefix);
    let mut left = route.path;
    while let Some((fixed, parameter)) = left.split_once('{') {
        // its slash comes with the value
        url.push_str(fixed.strip_suffix('/').unwrap_or(fixed));
        let (name, behind) = parameter.split_once('}').unwrap_or((parameter, ""));
        left = behind;
        let value = path
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
            .unwrap_or_default();
        if route.rest == Some(name) {
            // an empty rest drops the segment: the root folder (contract section 2.1)
            for piece in value.split('/').filter(|piece| !piece.is_empty()) {
                push(&mut url, name, piece)?;
            }
        } else {
            push(&mut url, name, value)?;
        }
    }
    url.push_str(left);
    let mut separator = '?';
    for (key, value) in query {
        debug_assert!(
            route.query.contains(key),
            "{key} is no query parameter of {}",
            route.operation_id
        );
        url.push(separator);
        separator = '&';
        url.push_str(key);
        url.push('=');
        encode(&mut url, value);
    }
    let mut parts = Parts::default();
    parts.scheme = Some(base.scheme.clone());
    parts.authority = Some(base.authority.clone());
    // the text is not repeated: its query may hold what belongs to nobody else
    let wrong =
        |_| Error::invalid("the URL of the call cannot be sent, it may be too long (64 KiB)");
    parts.path_and_query = Some(PathAndQuery::try_from(url).map_err(wrong)?);
    Uri::from_parts(parts).map_err(|_| Error::invalid("the URL of the call cannot be sent"))
}

fn push(url: &mut String, name: &str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::invalid(format!(
            "`{name}` is empty: it is part of the URL and must not be"
        )));
    }
    if matches!(value, "." | "..") {
        return Err(Error::invalid(format!(
            "`{name}` holds the path segment `{value}`, which no URL can carry"
        )));
    }
    url.push('/');
    encode(url, value);
    Ok(())
}

fn encode(url: &mut String, value: &str) {
    // piece by piece, and most values are one piece
    for piece in utf8_percent_encode(value, SEGMENT) {
        url.push_str(piece);
    }
}

/// Checks a base URL and takes off its trailing slash. Plain http is for loopback, unless the
/// caller allows it: tokens and documents would cross the network readable.
pub(crate) fn base(text: &str, plain_http: bool) -> Result<Base> {
    let none = |why: &str| {
        Error::invalid(format!(
            "base URL `{}` {why}: give scheme and host, such as `http://127.0.0.1:8080`",
            shown(text)
        ))
    };
    let url: Uri = text
        .parse()
        .map_err(|error| none(&format!("cannot be read ({error})")))?;
    let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
        return Err(none("names no scheme or no host"));
    };
    if authority.as_str().contains('@') {
        return Err(Error::invalid(
            "the base URL holds a user name or password: pass credentials apart from it",
        ));
    }
    // a fragment is not part of what was parsed
    if text.contains(['?', '#']) {
        return Err(Error::invalid(
            "the base URL has a query or fragment: give scheme, host, port and path only",
        ));
    }
    match scheme {
        "https" => {}
        "http" if plain_http || is_loopback(authority.host()) => {}
        "http" => {
            return Err(Error::invalid(format!(
                "base URL `{text}` is not encrypted: use https, or `allow_plain_http` in a network you trust"
            )));
        }
        other => {
            return Err(Error::invalid(format!(
                "scheme `{other}` of the base URL is not known: use https or http"
            )));
        }
    }
    Ok(Base {
        scheme: if scheme == "https" {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        },
        authority: authority.clone(),
        prefix: url.path().trim_end_matches('/').to_owned(),
    })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = host.to_ascii_lowercase();
    bare.parse::<IpAddr>()
        .map_or(name == "localhost" || name.ends_with(".localhost"), |ip| {
            ip.is_loopback()
        })
}

/// A text that could not be parsed may be a URL with a password in it.
fn shown(text: &str) -> &str {
    if text.contains('@') { "[hidden]" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Base {
        base(text, false).unwrap()
    }

    fn shown(base: &Base) -> String {
        format!("{}://{}{}", base.scheme, base.authority, base.prefix)
    }

    #[test]
    fn paths_are_encoded_segment_by_segment() {
        let name = [("name", "Q3 report/50%? #ü.pptx"), ("format", "pdf")];
        let query = [("outPath", "a b/c&d=e+f.pdf".to_owned())];
        assert_eq!(
            url(
                &at("https://host"),
                &Route::START_SAVE_PRESENTATION,
                &name,
                &query
            )
            .unwrap(),
            "https://host/v3.0/slides/async/Q3%20report%2F50%25%3F%20%23%C3%BC.pptx/pdf?outPath=a%20b%2Fc%26d%3De%2Bf.pdf"
        );
        for (path, expected) in [("/Data//my deck.pptx", "/Data/my%20deck.pptx"), ("", "")] {
            let url = url(
                &at("http://localhost:1"),
                &Route::GET_FILES_LIST,
                &[("path", path)],
                &[],
            )
            .unwrap();
            assert_eq!(
                url.to_string(),
                format!("http://localhost:1/v3.0/slides/storage/folder{expected}")
            );
        }
    }

    #[test]
    fn what_a_path_cannot_carry_is_refused_here() {
        for (route, name, value) in [
            (&Route::GET_OPERATION_STATUS, "id", ""),
            (&Route::GET_OPERATION_STATUS, "id", ".."),
            (&Route::DOWNLOAD_FILE, "path", "a/../b"),
        ] {
            let error = url(&at("https://host"), route, &[(name, value)], &[]).unwrap_err();
            assert_eq!(error.status_code(), Some(400), "{value}: {error}");
        }
    }

    #[test]
    fn base_urls() {
        for (text, expected) in [
            ("https://api.aspose.cloud", Ok("https://api.aspose.cloud")),
            ("https://host/prefix/", Ok("https://host/prefix")),
            ("http://127.0.0.1:8080/", Ok("http://127.0.0.1:8080")),
            ("http://[::1]:8080", Ok("http://[::1]:8080")),
            ("http://localhost", Ok("http://localhost")),
            ("HTTP://LocalHost:80", Ok("http://LocalHost:80")),
            ("http://slides.localhost", Ok("http://slides.localhost")),
            (
                "https://xn--bcher-kva.example",
                Ok("https://xn--bcher-kva.example"),
            ),
            ("https://bücher.example", Err("cannot be read")),
            ("https://", Err("cannot be read")),
            ("http://[::2]", Err("is not encrypted")),
            ("https://host#part", Err("query or fragment")),
            ("http://slides.lan", Err("is not encrypted")),
            ("http://127.0.0.1.example.org", Err("is not encrypted")),
            ("ftp://host", Err("scheme `ftp`")),
            ("https://id:hunter2@host", Err("pass credentials apart")),
            ("id:hunter2@host", Err("")),
            ("https://host/?token=hunter2", Err("query or fragment")),
            ("host", Err("base URL `host`")),
            (
                "localhost:8080",
                Err("base URL `localhost:8080` names no scheme"),
            ),
            ("127.0.0.1:8080", Err("such as `http://127.0.0.1:8080`")),
        ] {
            match (base(text, false), expected) {
                (Ok(base), Ok(expected)) => assert_eq!(shown(&base), expected),
                (Err(error), Err(part)) => {
                    let text_of = error.to_string();
                    assert!(
                        text_of.contains(part) && !text_of.contains("hunter2"),
                        "{text}: {text_of}"
                    );
                }
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
        assert_eq!(
            shown(&base("http://slides.lan", true).unwrap()),
            "http://slides.lan"
        );
    }
}
