//! Each `StartRequest` goes through the HTTP client and the server and comes
//! out equal: call, call options and document bytes. No socket is involved.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use slides_core::types::{ExportFormat, ExportOptions, PresentationSource, SlideExportFormat};
use slides_core::{
    AsyncApi, CallOptions, DocumentSource, Download, Error, Merge, MergeSource, MockStorageApi,
    OperationId, Password, Payload, Range, Result, SplitSize, StartCall, StartRequest, StatusReply,
    StoredDocument, Target, TransportError,
};
use slides_http::{Body, HttpClient, RetryPolicy, Transport};
use slides_server::Server;
use tower::ServiceExt;

/// What arrived: call, call options, documents.
type Arrived = (StartCall, CallOptions, Vec<Bytes>);

/// Keeps what it was started with. The documents are read inside the call: the server's spool ends with it.
#[derive(Default)]
struct Recorder(Mutex<Vec<Arrived>>);

#[async_trait]
impl AsyncApi for Recorder {
    async fn start(&self, request: StartRequest) -> Result<OperationId> {
        let mut documents = Vec::new();
        for document in &request.documents {
            documents.push(slides_tests::read(document).await?);
        }
        self.0
            .lock()
            .unwrap()
            .push((request.call, request.options, documents));
        Ok("op-1".into())
    }

    async fn status(&self, id: &OperationId) -> Result<StatusReply> {
        Err(Error::not_found(id.as_str()))
    }

    async fn result(&self, id: &OperationId) -> Result<Download> {
        Err(Error::not_found(id.as_str()))
    }
}

/// The router in place of a network.
struct InMemory(axum::Router);

#[async_trait]
impl Transport for InMemory {
    async fn send(
        &self,
        request: http::Request<Body>,
    ) -> std::result::Result<http::Response<Body>, TransportError> {
        let request = request.map(axum::body::Body::new);
        let response = self
            .0
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {});
        Ok(response.map(Body::wrap))
    }
}

async fn through(request: StartRequest) -> Arrived {
    let recorder = Arc::new(Recorder::default());
    let server = Server::builder(recorder.clone(), Arc::new(MockStorageApi::new())).build();
    let client = HttpClient::builder()
        .base_url("http://127.0.0.1:1")
        .transport(Arc::new(InMemory(server.router())))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let id = client.start(request).await.unwrap();
    assert_eq!(id.as_str(), "op-1");
    let mut arrived = recorder.0.lock().unwrap();
    assert_eq!(arrived.len(), 1);
    arrived.remove(0)
}

/// A name of a stored deck: anything but what the paths keep for themselves (contract section 2).
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 %#?&+=;한ü'\"\\-_]{1,12}\\.pptx"
}

/// A path that is not blank, which the server refuses.
fn path() -> impl Strategy<Value = String> {
    vec("[a-zA-Z0-9%#?&+한ü_-][a-zA-Z0-9 %#?&+한ü_-]{0,7}", 1..4)
        .prop_map(|segments| segments.join("/"))
}

fn password() -> impl Strategy<Value = Password> {
    "[!-~한ü]([ -~한ü]{0,10}[!-~한ü])?".prop_map(Password::from)
}

/// Options of a format, one example of each kind of value.
fn options(format: ExportFormat) -> BoxedStrategy<Option<ExportOptions>> {
    let texts = [
        r#"{"defaultRegularFont":"Arial & Sons"}"#,
        r#"{"jpegQuality":80,"compliance":"PdfA1b","fontSubstRules":[{"sourceFont":"a","targetFont":"한","notFoundOnly":true}],"width":640}"#,
        r#"{"sufficientResolution":96.5,"accessPermissions":{"printDocument":false},"slidesLayoutOptions":{"layoutType":"Handout","handout":"Handouts2"}}"#,
        r#"{"aNewField":{"x":[1,2]}}"#,
    ];
    of(proptest::sample::select(texts.to_vec()))
        .prop_map(move |text| {
            let value = serde_json::from_str(text?).unwrap();
            Some(ExportOptions::from_json(format, &value).unwrap())
        })
        .boxed()
}

fn target() -> impl Strategy<Value = Target> {
    proptest::sample::select(ExportFormat::ALL.to_vec())
        .prop_flat_map(|format| {
            (
                Just(format),
                options(format),
                vec(1u32..600, 0..4),
                of(password()),
                of("[a-z ]{0,5}[a-z]"),
                of(path()),
            )
        })
        .prop_map(
            |(format, export, slides, password, storage, fonts_folder)| {
                let mut target = Target::new(format);
                target.export = export;
                target.slides = slides;
                target.password = password;
                target.storage = storage;
                target.fonts_folder = fonts_folder;
                target
            },
        )
}

fn stored() -> impl Strategy<Value = StoredDocument> {
    (name(), of(path())).prop_map(|(name, folder)| match folder {
        Some(folder) => StoredDocument::in_folder(name, folder),
        None => StoredDocument::new(name),
    })
}

fn document() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..200).prop_map(|tail| Bytes::from([b"PK".to_vec(), tail].concat()))
}

fn source() -> impl Strategy<Value = MergeSource> {
    let place = of(proptest::sample::select(vec![
        PresentationSource::Storage,
        PresentationSource::Request,
    ]));
    (path(), place, vec(1i32..600, 0..3), of("[!-~한]{1,8}")).prop_map(
        |(path, place, slides, password)| {
            let mut source = MergeSource::new(path);
            source.source = place;
            source.slides = slides;
            source.password = password;
            source
        },
    )
}

/// A merge has something to merge: sources, documents, or both.
fn merge() -> impl Strategy<Value = (Merge, Vec<Bytes>)> {
    (vec(source(), 0..3), vec(document(), 0..3), of("[a-z]{1,5}"))
        .prop_filter("something to merge", |(sources, documents, _)| {
            !sources.is_empty() || !documents.is_empty()
        })
        .prop_map(|(sources, documents, storage)| {
            let mut merge = Merge::default();
            merge.sources = sources;
            merge.storage = storage;
            (merge, documents)
        })
}

fn split() -> impl Strategy<Value = (StartCall, Vec<Bytes>)> {
    let format = proptest::sample::select(SlideExportFormat::ALL.to_vec())
        .prop_flat_map(|format| (Just(format), options(format.into())));
    let ends = (of(1u32..600), of(1u32..600), of(1u32..5000), of(1u32..5000));
    let places = (of(path()), of(password()), of("[a-z]{1,5}"), of(path()));
    (format, ends, places, of(stored()), document()).prop_map(
        |(
            (format, export),
            (from, to, width, height),
            (dest_folder, password, storage, fonts_folder),
            stored,
            document,
        )| {
            let documents = if stored.is_some() {
                vec![]
            } else {
                vec![document]
            };
            let call = StartCall::Split {
                document: stored.map_or(DocumentSource::Request, DocumentSource::Storage),
                format,
                export,
                range: Range { from, to },
                size: SplitSize { width, height },
                dest_folder,
                password,
                storage,
                fonts_folder,
            };
            (call, documents)
        },
    )
}

fn call() -> impl Strategy<Value = (StartCall, Vec<Bytes>)> {
    prop_oneof![
        (target(), document()).prop_map(|(target, d)| (StartCall::Convert(target), vec![d])),
        (target(), path(), document()).prop_map(|(target, out_path, d)| (
            StartCall::ConvertAndSave { target, out_path },
            vec![d]
        )),
        (target(), stored()).prop_map(|(target, document)| (
            StartCall::DownloadPresentation { target, document },
            vec![]
        )),
        (target(), stored(), path()).prop_map(|(target, document, out_path)| (
            StartCall::SavePresentation {
                target,
                document,
                out_path
            },
            vec![]
        )),
        merge().prop_map(|(merge, documents)| (StartCall::Merge(merge), documents)),
        (merge(), path()).prop_map(|((merge, documents), out_path)| (
            StartCall::MergeAndSave { merge, out_path },
            documents
        )),
        split(),
    ]
}

fn call_options() -> impl Strategy<Value = CallOptions> {
    (of(1u64..100_000), of("[!-~]{1,40}")).prop_map(|(seconds, key)| {
        let mut options = CallOptions::default();
        options.timeout = seconds.map(Duration::from_secs);
        options.idempotency_key = key;
        options
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_start_request_arrives_as_it_was_sent((call, documents) in call(), options in call_options(), named in any::<bool>()) {
        let mut request = StartRequest::new(call.clone()).options(options.clone());
        for (index, document) in documents.iter().enumerate() {
            let payload = Payload::bytes(document.clone());
            request = request.document(if named { payload.named(format!("deck {index}.pptx")) } else { payload });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let arrived = runtime.block_on(through(request));
        prop_assert_eq!(arrived, (call, options, documents));
    }
}
