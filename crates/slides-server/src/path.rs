//! Which call a request means: the generated route table, matched over decoded
//! segments, since a segment may hold an escaped slash (contract sections 2,
//! 2.1 and 5).
//!
//! The vendor's paths overlap. From left to right, a literal segment wins over
//! a parameter, and a parameter over one that takes the rest of the path,
//! whatever the method: so `convert`, `split` and `merge` name no decks. Only a
//! path of the storage gives way to a shorter one when it does not take the
//! method: a file called `copy/x` can be read, though not written.

use std::borrow::Cow;
use std::collections::BTreeSet;

use http::Method;
use slides_types::{ApiCall, Route};

use crate::error::ApiError;

/// A call of the API with the values of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) route: &'static Route,
    values: Vec<(&'static str, String)>,
    /// Whether the path ends with a slash, which an upload takes for a folder.
    pub(crate) ends_with_slash: bool,
}

impl Call {
    /// Which one.
    pub(crate) fn call(&self) -> ApiCall {
        self.route.call
    }

    /// The vendor's name of the call, for logs and metrics.
    pub(crate) fn name(&self) -> &'static str {
        self.route.operation_id
    }

    /// The decoded value of a path parameter; empty when the path has none of that name.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, value)| value)
    }

    /// The rest of the path: a path inside a storage.
    pub(crate) fn rest(&self) -> &str {
        self.route.rest.map_or("", |name| self.value(name))
    }
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found {
    Call(Call),
    /// There is such a path, for these methods.
    OtherMethods(String),
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
    Rest(&'static str),
}

impl Segment {
    fn rank(self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Parameter(_) => 1,
            Self::Rest(_) => 2,
        }
    }
}

/// One path and its routes.
#[derive(Debug)]
struct Pattern {
    segments: Vec<Segment>,
    routes: Vec<&'static Route>,
    /// Whether nothing may stand where the rest of the path would (contract section 2.1): not below
    /// another path that takes the rest, which would take the name itself.
    may_lack_rest: bool,
}

/// The route table.
#[derive(Debug)]
pub(crate) struct Routes {
    /// The most literal path first.
    patterns: Vec<Pattern>,
    /// Places of the patterns that a path of so many segments may be of; the last for all longer ones.
    by_length: Vec<Vec<usize>>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        let mut patterns: Vec<Pattern> = Vec::new();
        for route in Route::ALL {
            let segments = segments_of(route);
            match patterns.iter_mut().find(|known| known.segments == segments) {
                Some(known) => known.routes.push(route),
                None => patterns.push(Pattern {
                    segments,
                    routes: vec![route],
                    may_lack_rest: false,
                }),
            }
        }
        let with_rest: Vec<Vec<Segment>> = patterns
            .iter()
            .filter_map(|pattern| match pattern.segments.split_last() {
                Some((Segment::Rest(_), before)) => Some(before.to_vec()),
                _ => None,
            })
            .collect();
        for pattern in &mut patterns {
            if let Some((Segment::Rest(_), before)) = pattern.segments.split_last() {
                pattern.may_lack_rest = !with_rest
                    .iter()
                    .any(|outer| outer.len() < before.len() && before.starts_with(outer));
            }
        }
        patterns.sort_by_cached_key(|pattern| {
            let ranks: Vec<_> = pattern.segments.iter().map(|s| s.rank()).collect();
            ranks
        });
        let longest = patterns.iter().map(|pattern| pattern.segments.len()).max();
        let by_length = (0..longest.unwrap_or(0) + 2)
            .map(|length| {
                let fits = |(place, pattern): (usize, &Pattern)| {
                    (pattern.takes_rest() || pattern.segments.len() == length).then_some(place)
                };
                patterns.iter().enumerate().filter_map(fits).collect()
            })
            .collect();
        Self {
            patterns,
            by_length,
        }
    }

    /// The patterns that a path of so many segments may be of.
    fn of_length(&self, segments: usize) -> impl Iterator<Item = &Pattern> {
        let places = self.by_length.get(segments).or(self.by_length.last());
        places
            .into_iter()
            .flatten()
            .filter_map(|&place| self.patterns.get(place))
    }

    /// Finds what a method and a raw path mean.
    pub(crate) fn find(&self, method: &Method, raw_path: &str) -> Result<Found, ApiError> {
        let segments = decode(raw_path)?;
        let mut methods = BTreeSet::new();
        for pattern in self.of_length(segments.len()) {
            // Behind a path of the storage only shorter ones of the storage are looked at.
            if !methods.is_empty() && !pattern.takes_rest() {
                continue;
            }
            let Some(values) = pattern.matches(&segments) else {
                continue;
            };
            if let Some(&route) = pattern
                .routes
                .iter()
                .find(|route| answers(route.method, method))
            {
                return Ok(Found::Call(Call {
                    route,
                    values: checked(route, values)?,
                    ends_with_slash: raw_path.ends_with('/')
                        || segments.last().is_some_and(|last| last.ends_with('/')),
                }));
            }
            methods.extend(pattern.routes.iter().map(|route| route.method));
            if !pattern.takes_rest() {
                break;
            }
        }
        if methods.contains("GET") {
            methods.insert("HEAD");
        }
        Ok(if methods.is_empty() {
            Found::Nothing
        } else {
            Found::OtherMethods(methods.into_iter().collect::<Vec<_>>().join(", "))
        })
    }
}

/// What the server answers to GET it answers to HEAD, without the body.
fn answers(served: &str, asked: &Method) -> bool {
    served == asked.as_str() || (served == "GET" && asked == Method::HEAD)
}

fn segments_of(route: &'static Route) -> Vec<Segment> {
    route
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            let name = segment
                .strip_prefix('{')
                .and_then(|segment| segment.strip_suffix('}'));
            match name {
                None => Segment::Literal(segment),
                Some(name) if route.rest == Some(name) => Segment::Rest(name),
                Some(name) => Segment::Parameter(name),
            }
        })
        .collect()
}

impl Pattern {
    fn takes_rest(&self) -> bool {
        matches!(self.segments.last(), Some(Segment::Rest(_)))
    }

    /// The values of the parameters, if the path is of this pattern.
    fn matches(&self, path: &[Cow<'_, str>]) -> Option<Vec<(&'static str, String)>> {
        // Most patterns are ruled out by the first segment that is not the same in all of them.
        if let (Some(Segment::Literal(text)), Some(found)) = (self.segments.get(2), path.get(2))
            && found != text
        {
            return None;
        }
        let mut values = Vec::new();
        let mut path = path.iter();
        for segment in &self.segments {
            match *segment {
                Segment::Literal(text) => {
                    if path.next()?.as_ref() != text {
                        return None;
                    }
                }
                Segment::Parameter(name) => {
                    values.push((name, path.next()?.clone().into_owned()));
                }
                Segment::Rest(name) => {
                    let rest: Vec<&str> = path.by_ref().map(AsRef::as_ref).collect();
                    if rest.is_empty() && !self.may_lack_rest {
                        return None;
                    }
                    values.push((name, rest.join("/")));
                }
            }
        }
        path.next().is_none().then_some(values)
    }
}

/// Refuses what climbs out of a storage: the rest of a path, and the name of a deck.
fn checked(
    route: &Route,
    values: Vec<(&'static str, String)>,
) -> Result<Vec<(&'static str, String)>, ApiError> {
    for (name, value) in &values {
        if route.rest == Some(name) || *name == "name" {
            relative(value).map_err(|reason| {
                ApiError::bad_request(format!("Invalid value for the path: {reason}"))
            })?;
        }
    }
    Ok(values)
}

/// Segments of a raw path, each decoded once; empty ones come from doubled and trailing slashes.
fn decode(raw_path: &str) -> Result<Vec<Cow<'_, str>>, ApiError> {
    raw_path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            percent_encoding::percent_decode_str(segment)
                .decode_utf8()
                .map_err(|_| ApiError::bad_request("the path is not UTF-8"))
        })
        .collect()
}

/// Whether a path of the URL is safe to hand on.
fn relative(path: &str) -> Result<(), &'static str> {
    if path.starts_with(['/', '\\']) {
        return Err("it is absolute, paths are relative to the storage's root");
    }
    check(path)
}

/// Whether a path inside a storage is safe to hand on.
pub(crate) fn check(path: &str) -> Result<(), &'static str> {
    if path.split(['/', '\\']).any(|segment| segment == "..") {
        return Err("it holds `..`");
    }
    if path.chars().any(char::is_control) {
        return Err("it holds a control character");
    }
    if path.len() > 4096 {
        return Err("it is longer than 4096 bytes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &str, path: &str) -> Result<Call, u16> {
        let found = Routes::new().find(&Method::from_bytes(method.as_bytes()).unwrap(), path);
        match found.map_err(|error| error.status().as_u16())? {
            Found::Call(call) => Ok(call),
            Found::OtherMethods(_) => Err(405),
            Found::Nothing => Err(404),
        }
    }

    fn rest(method: &str, path: &str) -> Result<String, u16> {
        find(method, path).map(|call| call.rest().to_owned())
    }

    #[test]
    fn every_path_finds_its_call() {
        for (method, path, name) in [
            ("GET", "info", "GetApiInfo"),
            ("POST", "async/convert/pdf", "StartConvert"),
            ("PUT", "async/convert/pdf", "StartConvertAndSave"),
            ("POST", "async/deck.pptx/pdf", "StartDownloadPresentation"),
            ("PUT", "async/deck.pptx/pdf", "StartSavePresentation"),
            ("POST", "async/merge", "StartMerge"),
            ("PUT", "async/merge", "StartMergeAndSave"),
            ("POST", "async/deck.pptx/split/png", "StartSplit"),
            ("POST", "async/split/png", "StartUploadAndSplit"),
            ("GET", "async/96b0a57c", "GetOperationStatus"),
            ("HEAD", "async/96b0a57c", "GetOperationStatus"),
            ("GET", "async/96b0a57c/result", "GetOperationResult"),
            ("DELETE", "async/96b0a57c", "CancelOperation"),
            ("GET", "async/storage/file/a/b.pptx", "Download"),
            ("PUT", "async/storage/file/a/b.pptx", "Upload"),
            ("GET", "storage/file/a/b.pptx", "DownloadFile"),
            ("PUT", "storage/file/a/b.pptx", "UploadFile"),
            ("PUT", "storage/file/", "UploadFile"),
            ("DELETE", "storage/file/a", "DeleteFile"),
            ("PUT", "storage/file/copy/a/b", "CopyFile"),
            ("PUT", "storage/file/copy", "UploadFile"),
            ("GET", "storage/file/copy/a/b", "DownloadFile"),
            ("PUT", "storage/file/move/a", "MoveFile"),
            ("GET", "storage/folder", "GetFilesList"),
            ("GET", "storage/folder/copy/a", "GetFilesList"),
            ("PUT", "storage/folder/a", "CreateFolder"),
            ("DELETE", "storage/folder/a/", "DeleteFolder"),
            ("PUT", "storage/folder/copy/a", "CopyFolder"),
            ("PUT", "storage/folder/move/a", "MoveFolder"),
            ("GET", "storage/exist/a/b", "ObjectExists"),
            ("GET", "storage/exist/exist", "ObjectExists"),
            ("GET", "storage/mine/exist", "StorageExists"),
            ("GET", "storage/disc", "GetDiscUsage"),
            ("GET", "storage/version/a", "GetFileVersions"),
        ] {
            assert_eq!(
                find(method, &format!("/v3.0/slides/{path}"))
                    .unwrap()
                    .name(),
                name,
                "{method} {path}"
            );
        }
    }

    #[test]
    fn every_route_of_the_description_is_found() {
        for route in Route::ALL {
            let path = route.path.replace(['{', '}'], "");
            let found = find(route.method, &path).map(|call| call.call());
            assert_eq!(found, Ok(route.call), "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn overlapping_paths_are_told_apart() {
        use ApiCall::*;
        for (method, path, call, values) in [
            // A deck named like a word of the path, where the vendor's design can address it.
            ("POST", "async/split/split/png", StartSplit, "split,png"),
            ("POST", "async/convert/split/png", StartSplit, "convert,png"),
            ("POST", "async/storage/split/png", StartSplit, "storage,png"),
            (
                "POST",
                "async/merge/pdf",
                StartDownloadPresentation,
                "merge,pdf",
            ),
            (
                "PUT",
                "async/storage/pdf",
                StartSavePresentation,
                "storage,pdf",
            ),
            (
                "POST",
                "async/result/pdf",
                StartDownloadPresentation,
                "result,pdf",
            ),
            ("POST", "async/convert/merge", StartConvert, "merge"),
            ("GET", "async/storage/result", GetOperationResult, "storage"),
            ("GET", "async/storage", GetOperationStatus, "storage"),
            // The synchronous twins beside them.
            ("POST", "async/merge", StartMerge, ""),
            ("POST", "storage/merge", Merge, "storage"),
            ("POST", "merge", MergeOnline, ""),
            ("PUT", "merge/merge", OrderedMerge, "merge"),
            ("POST", "merge/split", Split, "merge"),
            ("POST", "split/split", SplitOnline, "split"),
            ("PUT", "split/png", SplitAndSaveOnline, "png"),
            ("POST", "convert/split", Convert, "split"),
            ("POST", "deck/split", Split, "deck"),
            ("POST", "deck/merge", Merge, "deck"),
            ("POST", "deck/png", DownloadPresentation, "deck,png"),
            ("PUT", "info/pdf", SavePresentation, "info,pdf"),
            ("POST", "fonts/pdf", DownloadPresentation, "fonts,pdf"),
            // Storages and objects.
            ("GET", "storage/exist/exist", ObjectExists, "exist"),
            (
                "GET",
                "storage/exist/exist/exist",
                ObjectExists,
                "exist/exist",
            ),
            ("GET", "storage/exist", ObjectExists, ""),
            ("GET", "storage/disc/exist", StorageExists, "disc"),
            ("GET", "storage/copy/exist", StorageExists, "copy"),
            ("GET", "storage/file/exist", DownloadFile, "exist"),
            ("GET", "storage/version/exist", GetFileVersions, "exist"),
            // `copy` and `move` are words of PUT alone, and only before a path.
            ("GET", "storage/file/copy/a", DownloadFile, "copy/a"),
            ("DELETE", "storage/file/move/a", DeleteFile, "move/a"),
            ("PUT", "storage/file/copy/a", CopyFile, "a"),
            ("PUT", "storage/file/copy%2Fa", UploadFile, "copy/a"),
            ("PUT", "storage/file/copy/copy/a", CopyFile, "copy/a"),
            ("PUT", "storage/file/move", UploadFile, "move"),
            ("DELETE", "storage/folder/copy/a", DeleteFolder, "copy/a"),
            ("PUT", "storage/folder/copy", CreateFolder, "copy"),
            ("GET", "async/storage/file/copy/a", Download, "copy/a"),
            ("PUT", "async/storage/file/copy/a", Upload, "copy/a"),
            // An empty value drops its segment.
            ("GET", "storage/folder/", GetFilesList, ""),
            ("GET", "async/storage/file", Download, ""),
        ] {
            let found = find(method, &format!("/v3.0/slides/{path}")).map(|found| {
                let values: Vec<_> = found.values.iter().map(|(_, value)| &**value).collect();
                (found.call(), values.join(","))
            });
            assert_eq!(found, Ok((call, values.to_owned())), "{method} {path}");
        }
    }

    #[test]
    fn segments_are_decoded_once() {
        for (path, expected) in [
            ("/v3.0/slides/storage/file/a%2Fb%20c.pptx", "a/b c.pptx"),
            ("/v3.0/slides/storage/file//a/b.pptx", "a/b.pptx"),
            ("/v3.0/slides/storage/file/100%25.pptx", "100%.pptx"),
            ("/v3.0/slides/storage/file/a%252Fb", "a%2Fb"),
            ("//v3.0/slides/storage/file/%ED%95%9C.pptx", "한.pptx"),
        ] {
            assert_eq!(rest("GET", path).as_deref(), Ok(expected), "{path}");
        }
        let deck = find("POST", "/v3.0/slides/async/my%20deck%2Fa.pptx/Pdf").unwrap();
        assert_eq!(
            (deck.value("name"), deck.value("format")),
            ("my deck/a.pptx", "Pdf")
        );
    }

    #[test]
    fn other_methods_are_told() {
        for (path, methods) in [
            ("/v3.0/slides/info", "GET, HEAD"),
            ("/v3.0/slides/async/convert/pdf", "POST, PUT"),
            ("/v3.0/slides/async/x", "DELETE, GET, HEAD"),
            ("/v3.0/slides/storage/file/copy/x", "DELETE, GET, HEAD, PUT"),
            ("/connect/token", "POST"),
        ] {
            let Found::OtherMethods(found) = Routes::new().find(&Method::PATCH, path).unwrap()
            else {
                panic!("{path}")
            };
            assert_eq!(found, methods, "{path}");
        }
    }

    #[test]
    fn paths_that_climb_out_are_refused() {
        for path in [
            "storage/file/../x",
            "storage/file/%2E%2E/x",
            "storage/file/a%2F..%2Fx",
            "storage/file/%2Fetc",
            "storage/file/a%5C..%5Cb",
            "storage/file/a%00b",
            "async/..%2Fdeck/pdf",
            "storage/folder/..",
            "storage/file/%FF",
        ] {
            let method = if path.starts_with("async") {
                "POST"
            } else {
                "GET"
            };
            assert_eq!(
                find(method, &format!("/v3.0/slides/{path}")),
                Err(400),
                "{path}"
            );
        }
    }

    #[test]
    fn unknown_paths_and_methods_are_refused() {
        for (method, path, status) in [
            ("GET", "/", 404),
            ("GET", "/v2.0/slides/info", 404),
            ("GET", "/v3.0/slides", 404),
            ("POST", "/v3.0/slides/info", 405),
            ("PATCH", "/v3.0/slides/async/x/pdf", 405),
            ("GET", "/v3.0/slides/async/convert/pdf", 405),
            ("PUT", "/v3.0/slides/async/split/png", 405),
            ("GET", "/v3.0/slides/async/merge", 405),
            ("POST", "/v3.0/slides/async/pdf", 405),
            ("GET", "/v3.0/slides/async", 404),
            ("POST", "/v3.0/slides/async/x", 405),
            ("POST", "/v3.0/slides/storage/file/x", 405),
            ("GET", "/v3.0/slides/async/a/b/c/d", 404),
        ] {
            assert_eq!(find(method, path), Err(status), "{method} {path}");
        }
    }
}
