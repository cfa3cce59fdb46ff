//! The description of the API, and pages of our own that ask no other host for anything: one to read and try the API,
//! and one for people who have a presentation to convert.

use axum::body::Body;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};

const YAML: &str = include_str!("../../../docs/openapi/slides-async.yaml");
const JSON: &str = include_str!("pages/openapi.json");
const DOCS: &str = include_str!("pages/docs.html");
const UI: &str = include_str!("pages/ui/ui.html");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// What the pages load: path, media type and text.
const ASSETS: &[(&str, &str, &str)] = &[
    ("/docs/docs.js", SCRIPT, include_str!("pages/docs.js")),
    ("/docs/docs.css", STYLE, include_str!("pages/docs.css")),
    ("/ui/ui.css", STYLE, include_str!("pages/ui/ui.css")),
    ("/ui/api.js", SCRIPT, include_str!("pages/ui/api.js")),
    ("/ui/card.js", SCRIPT, include_str!("pages/ui/card.js")),
    (
        "/ui/convert.js",
        SCRIPT,
        include_str!("pages/ui/convert.js"),
    ),
    ("/ui/dom.js", SCRIPT, include_str!("pages/ui/dom.js")),
    ("/ui/files.js", SCRIPT, include_str!("pages/ui/files.js")),
    ("/ui/follow.js", SCRIPT, include_str!("pages/ui/follow.js")),
    (
        "/ui/formats.js",
        SCRIPT,
        include_str!("pages/ui/formats.js"),
    ),
    ("/ui/load.js", SCRIPT, include_str!("pages/ui/load.js")),
    ("/ui/main.js", SCRIPT, include_str!("pages/ui/main.js")),
    (
        "/ui/operations.js",
        SCRIPT,
        include_str!("pages/ui/operations.js"),
    ),
    (
        "/ui/pictures.js",
        SCRIPT,
        include_str!("pages/ui/pictures.js"),
    ),
    ("/ui/zip.js", SCRIPT, include_str!("pages/ui/zip.js")),
];

/// Nothing but what this server hands out itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn yaml() -> Response<Body> {
    text("application/yaml", YAML)
}

pub(crate) fn json() -> Response<Body> {
    text("application/json; charset=utf-8", JSON)
}

pub(crate) fn docs() -> Response<Body> {
    page(DOCS)
}

pub(crate) fn ui() -> Response<Body> {
    page(UI)
}

fn page(html: &'static str) -> Response<Body> {
    let mut response = text("text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// What the pages load, with the name of the page for logs; `with_ui` says whether the page for people is served. Who
/// opens the server's address alone is led there.
pub(crate) fn asset(path: &str, with_ui: bool) -> Option<(&'static str, Response<Body>)> {
    if path == "/" && with_ui {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        let headers = response.headers_mut();
        headers.insert(LOCATION, HeaderValue::from_static("/ui"));
        return Some(("Ui", response));
    }
    let is_ui = path.starts_with("/ui/");
    if is_ui && !with_ui {
        return None;
    }
    let (_, media_type, content) = ASSETS.iter().find(|(known, _, _)| *known == path)?;
    let name = if is_ui { "Ui" } else { "Docs" };
    Some((name, text(media_type, content)))
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
    fn the_pages_name_no_other_host() {
        let assets = ASSETS.iter().map(|(_, _, text)| *text);
        for text in assets.chain([DOCS, UI]) {
            assert!(!text.contains("http://") && !text.contains("https://"));
        }
        // The policy allows no code and no style inside a page.
        for page in [DOCS, UI] {
            assert!(
                !page.contains("<style") && !page.contains("style=") && !page.contains("onclick")
            );
            assert_eq!(page.matches("<script").count(), 1);
        }
    }

    #[test]
    fn what_a_page_loads_is_there() {
        let loads = |text: &str| -> Vec<String> {
            let quoted = text.split(['"', '\'']);
            quoted
                .filter(|part| matches!(part.rsplit_once('.'), Some((_, "js" | "css"))))
                .map(|part| part.replace("./", "/ui/"))
                .collect()
        };
        let mut wanted: Vec<String> = [DOCS, UI].into_iter().flat_map(loads).collect();
        for (path, _, text) in ASSETS {
            if path.starts_with("/ui/") {
                wanted.extend(loads(text));
            }
        }
        wanted.sort();
        wanted.dedup();
        let mut there: Vec<_> = ASSETS.iter().map(|(path, _, _)| *path).collect();
        there.sort_unstable();
        assert_eq!(wanted, there);
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
