//! Addresses of stored files, as answers name them.

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use slides_types::ResourceUri;

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address the caller knows the server by.
#[derive(Debug)]
pub(crate) struct Links {
    /// `http://host:port`; empty when the caller named none.
    origin: String,
}

impl Links {
    /// Reads the address from a request.
    pub(crate) fn of(request: &Parts) -> Self {
        let named = request
            .headers
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let host = named
            .and_then(|host| host.parse::<Authority>().ok())
            .or_else(|| request.uri.authority().cloned());
        let is_https = request
            .headers
            .get("x-forwarded-proto")
            .is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
        let scheme = if is_https { "https" } else { "http" };
        Self {
            origin: host.map_or_else(String::new, |host| {
                // Credentials in an authority are nobody's business.
                let plain = host.as_str().rsplit('@').next().unwrap_or_default();
                format!("{scheme}://{plain}")
            }),
        }
    }

    /// A link to a file of a storage.
    pub(crate) fn file(&self, folder: &str, name: &str, storage: Option<&str>) -> ResourceUri {
        let mut href = format!("{}/v3.0/slides/storage/file", self.origin);
        for segment in folder
            .split('/')
            .chain(name.split('/'))
            .filter(|segment| !segment.is_empty())
        {
            href.push('/');
            href.extend(utf8_percent_encode(segment, SEGMENT));
        }
        if let Some(storage) = storage {
            href.push_str("?storageName=");
            href.extend(utf8_percent_encode(storage, SEGMENT));
        }
        let mut uri = ResourceUri::default();
        uri.href = Some(href);
        uri.relation = Some("self".to_owned());
        uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn href(headers: &[(&str, &str)], folder: &str, storage: Option<&str>) -> String {
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Links::of(&parts)
            .file(folder, "my deck_1.png", storage)
            .href
            .unwrap()
    }

    #[test]
    fn links_lead_back_to_the_address_that_was_called() {
        let path = "/v3.0/slides/storage/file";
        for (headers, folder, storage, expected) in [
            (
                &[("host", "slides.test:8080")][..],
                "a/b",
                None,
                format!("http://slides.test:8080{path}/a/b/my%20deck_1.png"),
            ),
            (
                &[("host", "slides.test"), ("x-forwarded-proto", "https")],
                "/a/",
                Some("mine too"),
                format!("https://slides.test{path}/a/my%20deck_1.png?storageName=mine%20too"),
            ),
            (
                &[("host", "me:pw@slides.test")],
                "",
                None,
                format!("http://slides.test{path}/my%20deck_1.png"),
            ),
            (
                &[("host", "no host/x")],
                "",
                None,
                format!("{path}/my%20deck_1.png"),
            ),
        ] {
            assert_eq!(href(headers, folder, storage), expected);
        }
    }
}
