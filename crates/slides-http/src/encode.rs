//! A [`StartRequest`] as the contract's sections 2 and 6 put it on the wire.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use slides_core::{
    CallOptions, DocumentSource, Error, Merge, Password, Payload, Result, StartCall, StartRequest,
    StoredDeck, StoredDocument, Target,
};
use slides_types::{ApiCall, ExportFormat, ExportOptions, OrderedMergeRequest, Route};

use crate::address::{self, Base};
use crate::content::Content;
use crate::retry::Repeat;

/// One call, ready to be sent any number of times.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) route: &'static Route,
    pub(crate) url: http::Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    pub(crate) repeat: Repeat,
    /// The id or path that is meant, for errors.
    pub(crate) what: String,
}

type Query = Vec<(&'static str, String)>;

/// Names that the routes keep for themselves: a stored deck of that name cannot be addressed.
const RESERVED: [&str; 4] = ["convert", "split", "merge", "storage"];

/// The `Start…` call of a request.
pub(crate) fn start(base: &Base, request: StartRequest) -> Result<Call> {
    encode(base, request, Some)
}

/// The synchronous call of a request.
pub(crate) fn run(base: &Base, mut request: StartRequest) -> Result<Call> {
    // there is no operation that two such calls could share
    request.options.idempotency_key = None;
    request.options.webhook = None;
    let result_only = request.options.result_only;
    encode(base, request, |route| twin(route, result_only))
}

/// The synchronous call beside a `Start…` call (contract section 6).
fn twin(route: &'static Route, result_only: bool) -> Option<&'static Route> {
    Some(match route.call {
        ApiCall::StartConvert => &Route::CONVERT,
        ApiCall::StartConvertAndSave => &Route::CONVERT_AND_SAVE,
        ApiCall::StartDownloadPresentation => &Route::DOWNLOAD_PRESENTATION,
        ApiCall::StartSavePresentation => &Route::SAVE_PRESENTATION,
        ApiCall::StartMerge => &Route::MERGE_ONLINE,
        ApiCall::StartMergeAndSave => &Route::MERGE_AND_SAVE_ONLINE,
        ApiCall::StartSplit => &Route::SPLIT,
        ApiCall::StartUploadAndSplit if result_only => &Route::SPLIT_ONLINE,
        ApiCall::StartUploadAndSplit => &Route::SPLIT_AND_SAVE_ONLINE,
        _ => return None,
    })
}

/// `Merge` and `OrderedMerge`: decks are appended to a stored one.
pub(crate) fn append(
    base: &Base,
    route: &'static Route,
    deck: &StoredDeck,
    request: &impl Serialize,
) -> Result<Call> {
    let mut headers = HeaderMap::new();
    password(&mut headers, deck.password.as_ref())?;
    let (mut path, mut query) = (Vec::new(), Query::new());
    let what = stored(deck.document.clone(), &mut path, &mut query)?;
    query.extend(deck.storage.clone().map(|value| ("storage", value)));
    let path: Vec<_> = path
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    Ok(Call {
        route,
        url: address::url(base, route, &path, &query)?,
        headers,
        content: Content::json(&serde_json::to_value(request).unwrap_or_default()),
        repeat: Repeat::Twice,
        what,
    })
}

fn encode(
    base: &Base,
    request: StartRequest,
    route_of: impl Fn(&'static Route) -> Option<&'static Route>,
) -> Result<Call> {
    let StartRequest {
        call,
        documents,
        options,
        ..
    } = request;
    let mut headers = headers(&options)?;
    let repeat = if options.idempotency_key.is_some() {
        Repeat::Harmless
    } else {
        Repeat::Twice
    };
    let (route, path, mut query, content, what) = match call {
        StartCall::Convert(target) => {
            let (path, query, json) = conversion(target, &mut headers)?;
            (
                &Route::START_CONVERT,
                path,
                query,
                uploaded(documents, json)?,
                None,
            )
        }
        StartCall::ConvertAndSave { target, out_path } => {
            let (path, mut query, json) = conversion(target, &mut headers)?;
            query.insert(0, ("outPath", out_path));
            (
                &Route::START_CONVERT_AND_SAVE,
                path,
                query,
                uploaded(documents, json)?,
                None,
            )
        }
        StartCall::DownloadPresentation { target, document } => {
            let (mut path, mut query, json) = conversion(target, &mut headers)?;
            let what = stored(document, &mut path, &mut query)?;
            (
                &Route::START_DOWNLOAD_PRESENTATION,
                path,
                query,
                no_documents(&documents, json)?,
                Some(what),
            )
        }
        StartCall::SavePresentation {
            target,
            document,
            out_path,
        } => {
            let (mut path, mut query, json) = conversion(target, &mut headers)?;
            query.insert(0, ("outPath", out_path));
            let what = stored(document, &mut path, &mut query)?;
            (
                &Route::START_SAVE_PRESENTATION,
                path,
                query,
                no_documents(&documents, json)?,
                Some(what),
            )
        }
        StartCall::Merge(merge) => {
            let (query, content) = merged(merge, documents)?;
            (&Route::START_MERGE, Vec::new(), query, content, None)
        }
        StartCall::MergeAndSave { merge, out_path } => {
            let (mut query, content) = merged(merge, documents)?;
            query.insert(0, ("outPath", out_path));
            (
                &Route::START_MERGE_AND_SAVE,
                Vec::new(),
                query,
                content,
                None,
            )
        }
        StartCall::Split {
            document,
            format,
            export,
            range,
            size,
            dest_folder,
            password: open_password,
            storage,
            fonts_folder,
        } => {
            password(&mut headers, open_password.as_ref())?;
            let mut path = vec![("format", format.as_str().to_ascii_lowercase())];
            let mut query = Query::new();
            let number = |value: Option<u32>| value.map(|value| value.to_string());
            for (key, value) in [
                ("destFolder", dest_folder),
                ("width", number(size.width)),
                ("height", number(size.height)),
                ("from", number(range.from)),
                ("to", number(range.to)),
                ("storage", storage),
                ("fontsFolder", fonts_folder),
            ] {
                query.extend(value.map(|value| (key, value)));
            }
            // every format of a slide is one of whole decks as well, which names the options' class
            let deck_format = format.as_str().parse().ok();
            let json = export
                .as_ref()
                .zip(deck_format)
                .map(|(export, format)| export.to_json(format));
            match document {
                DocumentSource::Storage(document) => {
                    let what = stored(document, &mut path, &mut query)?;
                    (
                        &Route::START_SPLIT,
                        path,
                        query,
                        no_documents(&documents, json)?,
                        Some(what),
                    )
                }
                DocumentSource::Request => (
                    &Route::START_UPLOAD_AND_SPLIT,
                    path,
                    query,
                    uploaded(documents, json)?,
                    None,
                ),
                _ => {
                    return Err(Error::unsupported(
                        "this source of a split",
                        "the HTTP client",
                    ));
                }
            }
        }
        _ => {
            return Err(Error::unsupported(
                "this kind of operation",
                "the HTTP client",
            ));
        }
    };
    let route = route_of(route)
        .ok_or_else(|| Error::unsupported("this kind of operation", "the HTTP client"))?;
    // one call has its format as a query, another has no folder to write to
    let in_query = path
        .iter()
        .filter(|(key, _)| route.query.contains(key))
        .cloned();
    query.extend(in_query);
    query.retain(|(key, _)| route.query.contains(key));
    let path: Vec<_> = path
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let url = address::url(base, route, &path, &query)?;
    // a start that meets 404 lacks its storage (contract section 2.6)
    let storage = query
        .into_iter()
        .find(|(key, _)| *key == "storage")
        .map(|(_, value)| value);
    let what = storage
        .or(what)
        .unwrap_or_else(|| route.operation_id.to_owned());
    Ok(Call {
        route,
        url,
        headers,
        content,
        repeat,
        what,
    })
}

fn headers(options: &CallOptions) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    if let Some(timeout) = options.timeout {
        let seconds = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
        headers.insert(
            HeaderName::from_static("x-aspose-timeout"),
            HeaderValue::from(seconds.max(1)),
        );
    }
    if let Some(key) = &options.idempotency_key {
        let value = carried(key).filter(|_| !key.is_empty()).ok_or_else(|| {
            Error::invalid("the idempotency key is empty, holds control characters, or begins or ends with a blank")
        })?;
        headers.insert(HeaderName::from_static("idempotency-key"), value);
    }
    if options.priority != 0 {
        headers.insert(
            HeaderName::from_static("x-slides-priority"),
            HeaderValue::from(options.priority),
        );
    }
    if let Some(trace) = &options.traceparent {
        let value = carried(trace).ok_or_else(|| {
            Error::invalid("`traceparent` holds control characters, or begins or ends with a blank")
        })?;
        headers.insert(HeaderName::from_static("traceparent"), value);
    }
    if let Some(address) = &options.webhook {
        // Whoever knows it may write to it: a secret in many a place.
        let mut value = carried(address).filter(|_| !address.is_empty()).ok_or_else(|| {
            Error::invalid("the webhook's address is empty, holds control characters, or begins or ends with a blank")
        })?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static("x-slides-webhook"), value);
    }
    Ok(headers)
}

fn password(headers: &mut HeaderMap, password: Option<&Password>) -> Result<()> {
    let Some(password) = password else {
        return Ok(());
    };
    let mut value = carried(password.expose()).ok_or_else(|| {
        Error::invalid("the password holds control characters or begins or ends with a blank, which a header cannot carry")
    })?;
    value.set_sensitive(true);
    headers.insert(HeaderName::from_static("password"), value);
    Ok(())
}

/// A text as a header value, if it arrives as it is: blanks around a value are taken off on the way.
fn carried(text: &str) -> Option<HeaderValue> {
    let whole = text.trim_matches([' ', '\t']).len() == text.len();
    HeaderValue::from_bytes(text.as_bytes())
        .ok()
        .filter(|_| whole)
}

type Conversion = (Vec<(&'static str, String)>, Query, Option<Value>);

fn conversion(target: Target, headers: &mut HeaderMap) -> Result<Conversion> {
    let Target {
        format,
        slides,
        password: open_password,
        export,
        storage,
        fonts_folder,
        ..
    } = target;
    password(headers, open_password.as_ref())?;
    let mut query = Query::new();
    query.extend(storage.map(|value| ("storage", value)));
    query.extend(fonts_folder.map(|value| ("fontsFolder", value)));
    if !slides.is_empty() {
        let list: Vec<_> = slides.iter().map(u32::to_string).collect();
        query.push(("slides", list.join(",")));
    }
    let path = vec![("format", format.as_str().to_ascii_lowercase())];
    Ok((path, query, options(format, export.as_ref())))
}

fn options(format: ExportFormat, export: Option<&ExportOptions>) -> Option<Value> {
    export.map(|export| export.to_json(format))
}

/// Adds name and folder of a stored deck; gives its path.
fn stored(
    document: StoredDocument,
    path: &mut Vec<(&'static str, String)>,
    query: &mut Query,
) -> Result<String> {
    if RESERVED
        .iter()
        .any(|name| document.name.eq_ignore_ascii_case(name))
    {
        return Err(Error::invalid(format!(
            "a stored deck named `{}` cannot be addressed by this API: copy it to another name",
            document.name
        )));
    }
    let what = document.path();
    query.extend(document.folder.map(|folder| ("folder", folder)));
    path.push(("name", document.name));
    Ok(what)
}

fn uploaded(mut documents: Vec<Payload>, options: Option<Value>) -> Result<Content> {
    let count = documents.len();
    let Some(document) = documents.pop().filter(|_| count == 1) else {
        return Err(Error::invalid(format!(
            "the call has {count} documents: it takes exactly one"
        )));
    };
    Ok(match options {
        None => Content::document(document),
        // the name stays here: nothing on the server depends on it
        Some(options) => {
            Content::multipart(Some(&options), vec![("document".to_owned(), document)])
        }
    })
}

fn no_documents(documents: &[Payload], options: Option<Value>) -> Result<Content> {
    if !documents.is_empty() {
        return Err(Error::invalid(format!(
            "the call has {} documents: it takes its deck from the storage",
            documents.len()
        )));
    }
    Ok(options.map_or_else(Content::empty, |options| Content::json(&options)))
}

fn merged(merge: Merge, documents: Vec<Payload>) -> Result<(Query, Content)> {
    let Merge {
        sources, storage, ..
    } = merge;
    if sources.is_empty() && documents.is_empty() {
        return Err(Error::invalid(
            "a merge needs at least one document: upload some, or name stored ones",
        ));
    }
    let json = (!sources.is_empty()).then(|| {
        let mut request = OrderedMergeRequest::default();
        request.presentations = sources;
        serde_json::to_value(request).unwrap_or_default()
    });
    let content = match json {
        Some(json) if documents.is_empty() => Content::json(&json),
        json => Content::multipart(json.as_ref(), part_names(documents)),
    };
    Ok((
        storage
            .map(|value| ("storage", value))
            .into_iter()
            .collect(),
        content,
    ))
}

/// A file name for each part. A `Request` source names its part by file name first, then by
/// `file{n}`; a document that is really called `file2` must not take the place of the second.
fn part_names(documents: Vec<Payload>) -> Vec<(String, Payload)> {
    let numbered = documents.into_iter().enumerate().map(|(index, document)| {
        let own = document
            .name()
            .filter(|name| !is_part_name(name))
            .map(str::to_owned);
        (
            own.unwrap_or_else(|| format!("file{}", index + 1)),
            document,
        )
    });
    numbered.collect()
}

fn is_part_name(name: &str) -> bool {
    name.strip_prefix("file")
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}
