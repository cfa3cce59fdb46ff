//! The description of the API, and a page of our own to read and try it that
//! asks no other host for anything.

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response};

const YAML: &str = include_str!("../../../docs/openapi/slides-async.yaml");
const JSON: &str = include_str!("pages/openapi.json");
const PAGE: &str = include_str!("pages/docs.html");
const SCRIPT: &str = include_str!("pages/docs.js");
const STYLE: &str = include_str!("pages/docs.css");

/// Nothing but what this server hands out itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn yaml() -> Response<Body> {
    text("application/yaml", YAML)
}

pub(crate) fn json() -> Response<Body> {
    text("application/json; charset=utf-8", JSON)
}

pub(crate) fn page() -> Response<Body> {
    let mut response = text("text/html; charset=utf-8", PAGE);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// What the page loads.
pub(crate) fn asset(path: &str) -> Option<Response<Body>> {
    match path {
        "/docs/docs.js" => Some(text("text/javascript; charset=utf-8", SCRIPT)),
        "/docs/docs.css" => Some(text("text/css; charset=utf-8", STYLE)),
        _ => None,
    }
}

fn text(media_type: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_other_host() {
        for text in [PAGE, SCRIPT, STYLE] {
            assert!(!text.contains("http://") && !text.contains("https://"));
        }
        // The policy allows no code and no style inside the page.
        assert!(!PAGE.contains("<style") && !PAGE.contains("style=") && !PAGE.contains("onclick"));
        assert_eq!(PAGE.matches("<script").count(), 1);
    }

    #[test]
    fn the_description_has_every_route() {
        let description: serde_json::Value = serde_json::from_str(JSON).unwrap();
        for route in slides_types::Route::ALL {
            let method = route.method.to_ascii_lowercase();
            let call = &description["paths"][route.path][&method]["operationId"];
            assert_eq!(call, route.operation_id, "{} {}", route.method, route.path);
            assert!(YAML.contains(&format!("operationId: {}\n", route.operation_id)));
        }
    }
}
