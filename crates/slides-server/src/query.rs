//! Query parameters and headers, read as leniently as the SDKs are different
//! (contract section 0, points 7 and 8; section 2.1).

use std::time::Duration;

use http::HeaderMap;

use crate::error::ApiError;
use crate::path;

/// Decoded query parameters; names are looked up without regard to case.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, ApiError> {
        let mut pairs = Vec::new();
        for pair in query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((decode(name)?.to_ascii_lowercase(), decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// The first value that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !value.is_empty())
    }

    fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The texts of `a,b`, with the list in one parameter or in several.
    pub(crate) fn list<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.all(name)
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// A path inside a storage; it may not climb out.
    pub(crate) fn path(&self, name: &str) -> Result<Option<String>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        path::check(value).map_err(|reason| {
            ApiError::bad_request(format!("Invalid value for `{name}`: {reason}"))
        })?;
        Ok(Some(value.to_owned()))
    }

    pub(crate) fn required_path(&self, name: &str) -> Result<String, ApiError> {
        self.path(name)?.ok_or_else(|| {
            ApiError::bad_request(format!("the required query parameter `{name}` is missing"))
        })
    }

    /// `true`, `True`, `1`; anything else that is not a kind of false is refused.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "0" | "no") => Ok(false),
            Some("true" | "1" | "yes") => Ok(true),
            Some(other) => Err(ApiError::bad_request(format!(
                "Invalid value for `{name}`: `{other}` is neither `true` nor `false`"
            ))),
        }
    }

    /// A time in seconds, such as `30` or `2.5`.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<Duration>, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let seconds = text.trim().parse::<f64>().ok();
        match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            Some(time) => Ok(Some(time)),
            None => Err(ApiError::bad_request(format!(
                "Invalid value for `{name}`: `{text}` is no number of seconds"
            ))),
        }
    }

    /// A slide number; zero means that it was not set (Swift). The error is the reason.
    pub(crate) fn slide(&self, name: &str) -> Result<Option<u32>, String> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        match text.trim().parse::<u32>() {
            Ok(0) => Ok(None),
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(no_slide(name, text, "slides are numbered from 1")),
        }
    }

    /// A size in pixels; odd values are no error and mean the default (contract section 2.6).
    pub(crate) fn pixels(&self, name: &str) -> Option<u32> {
        self.get(name)?.trim().parse().ok().filter(|&size| size > 0)
    }

    /// `2,4`, with the list in one parameter or in several. The error is the reason.
    pub(crate) fn slides(&self) -> Result<Vec<u32>, String> {
        self.list("slides")
            .map(|text| {
                text.parse()
                    .map_err(|_| no_slide("slides", text, "give a list such as `2,4`"))
            })
            .collect()
    }
}

/// Why a text that a caller meant as a number of a slide is none; it may be long.
fn no_slide(name: &str, text: &str, hint: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if text.chars().nth(SHOWN).is_some() {
        "…"
    } else {
        ""
    };
    format!("Invalid value for `{name}`: `{shown}{more}` is no slide number, {hint}")
}

/// Form-decoding: `+` and `%20` are both blanks.
fn decode(text: &str) -> Result<String, ApiError> {
    let blanks = text.replace('+', " ");
    percent_encoding::percent_decode_str(&blanks)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| ApiError::bad_request("the query is not UTF-8"))
}

/// A header's text: UTF-8, else Latin-1 as older HTTP libraries send it. Empty is absent.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let bytes = headers.get(name)?.as_bytes();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_regard_to_case() {
        let query = Query::parse(Some("Folder=a+b%2Fc&OUTPATH=&outPath=x.pdf&flag")).unwrap();
        assert_eq!(query.get("folder"), Some("a b/c"));
        assert_eq!(query.get("outPath"), Some("x.pdf"));
        assert_eq!(query.get("flag"), None);
    }

    #[test]
    fn slides_come_as_lists_of_all_spellings() {
        for (text, expected) in [
            ("slides=2,4", vec![2, 4]),
            ("Slides=2%2C4", vec![2, 4]),
            ("slides=2%2c+4", vec![2, 4]),
            ("slides=2&slides=4", vec![2, 4]),
            ("slides=", vec![]),
            ("slides=1,593", vec![1, 593]),
        ] {
            assert_eq!(
                Query::parse(Some(text)).unwrap().slides().unwrap(),
                expected,
                "{text}"
            );
        }
        for text in ["slides=a", "slides=1-3", "slides=-1", "slides=99999999999"] {
            let reason = Query::parse(Some(text)).unwrap().slides().unwrap_err();
            assert!(reason.contains("is no slide number"), "{text}: {reason}");
        }
    }

    #[test]
    fn flags_and_sizes_are_lenient() {
        for (text, flag) in [
            ("", false),
            ("recursive=True", true),
            ("Recursive=true", true),
            ("recursive=False", false),
            ("recursive=1", true),
        ] {
            assert_eq!(
                Query::parse(Some(text)).unwrap().flag("recursive").unwrap(),
                flag,
                "{text}"
            );
        }
        assert!(
            Query::parse(Some("recursive=maybe"))
                .unwrap()
                .flag("recursive")
                .is_err()
        );
        for (text, size) in [
            ("width=640", Some(640)),
            ("width=0", None),
            ("width=-1", None),
            ("width=x", None),
            ("", None),
        ] {
            assert_eq!(
                Query::parse(Some(text)).unwrap().pixels("width"),
                size,
                "{text}"
            );
        }
    }

    #[test]
    fn paths_may_not_climb_out() {
        assert!(
            Query::parse(Some("outPath=a/../../b"))
                .unwrap()
                .path("outPath")
                .is_err()
        );
        assert_eq!(
            Query::parse(Some("outPath=/a/b.pdf"))
                .unwrap()
                .path("outPath")
                .unwrap()
                .as_deref(),
            Some("/a/b.pdf")
        );
    }
}
