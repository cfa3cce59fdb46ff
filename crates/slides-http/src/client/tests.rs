//! The client over a scripted transport, on a paused clock.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use slides_core::{
    AsyncApi, CallOptions, DocumentSource, FileLocation, Merge, OperationId, Payload, StartCall,
    StartRequest, StorageApi, StoredDeck, StoredDocument, SyncApi, SyncReply, Target,
    TransportError, TransportErrorKind,
};
use slides_types::{
    ExportFormat, ExportOptions, PresentationSource, PresentationToMerge, SlideExportFormat,
};
use tokio::time::Instant;

use super::*;
use crate::{Connections, Timeouts, Transport};

/// What a fake server does with a request.
type Reply = Result<http::Response<Body>, TransportError>;
type Handler = Box<dyn FnMut(&Sent) -> Reply + Send>;

/// A request as it reached the fake server.
#[derive(Debug, Clone)]
struct Sent {
    method: http::Method,
    uri: String,
    headers: HeaderMap,
    body: String,
}

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Method, path and what identifies the body, with the multipart boundary as `B`.
    fn summary(&self) -> String {
        let content_type = self.header("content-type");
        let boundary = content_type
            .split_once("boundary=")
            .map_or("no boundary", |(_, boundary)| boundary);
        let path = self.uri.strip_prefix("https://slides.test").unwrap();
        format!("{} {path}\n{content_type}\n{}", self.method, self.body).replace(boundary, "B")
    }
}

/// Answers by a function, and by a script once for each entry where there is one.
struct Server {
    handler: Mutex<Handler>,
    sent: Mutex<Vec<Sent>>,
    read_body: bool,
    latency: Duration,
}

impl Server {
    fn new(handler: impl FnMut(&Sent) -> Reply + Send + 'static) -> Arc<Self> {
        Arc::new(Self {
            handler: Mutex::new(Box::new(handler)),
            sent: Mutex::default(),
            read_body: true,
            latency: Duration::ZERO,
        })
    }

    fn script(words: &str) -> Arc<Self> {
        let mut words: VecDeque<_> = words
            .split(',')
            .map(|word| word.trim().to_owned())
            .collect();
        Self::new(move |_| {
            reply(
                &words
                    .pop_front()
                    .expect("one request more than the script has"),
            )
        })
    }

    fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    fn builder(self: &Arc<Self>) -> HttpClientBuilder {
        HttpClient::builder()
            .base_url("https://slides.test")
            .transport(self.clone())
    }

    fn client(self: &Arc<Self>) -> HttpClient {
        self.builder().build().unwrap()
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: http::Request<Body>) -> Reply {
        tokio::time::sleep(self.latency).await;
        let (head, body) = request.into_parts();
        let body = if self.read_body {
            let chunks: Result<Vec<Bytes>, _> = body.into_stream().try_collect().await;
            let chunks = chunks.map_err(|error| {
                TransportError::new(TransportErrorKind::Body, true, "request body")
                    .with_source(error)
            })?;
            String::from_utf8_lossy(&chunks.concat()).into_owned()
        } else {
            String::new()
        };
        let sent = Sent {
            method: head.method,
            uri: head.uri.to_string(),
            headers: head.headers,
            body,
        };
        let reply = (self.handler.lock().unwrap())(&sent);
        self.sent.lock().unwrap().push(sent);
        reply
    }
}

#[allow(clippy::unnecessary_wraps, reason = "what a handler gives")]
fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut builder = http::Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    Ok(builder.body(Body::from_bytes(body.to_owned())).unwrap())
}

/// `refused`, `cut`, `silent`, or a status with an optional Retry-After.
fn reply(word: &str) -> Reply {
    let (word, retry_after) = word.split_once(' ').unwrap_or((word, ""));
    match word {
        "refused" => Err(TransportError::new(
            TransportErrorKind::Connect,
            false,
            "host `slides.test`",
        )),
        "cut" => Err(TransportError::new(
            TransportErrorKind::Interrupted,
            true,
            "host `slides.test`",
        )),
        "201" => answer(201, &[], "op-1"),
        "200" => answer(
            200,
            &[],
            r#"{"id":"op-1","method":"Convert","status":"Started"}"#,
        ),
        status if retry_after.is_empty() => answer(status.parse().unwrap(), &[], "no"),
        status => answer(
            status.parse().unwrap(),
            &[("retry-after", retry_after)],
            "no",
        ),
    }
}

fn convert(payload: Payload) -> StartRequest {
    StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Pdf))).document(payload)
}

fn keyed(payload: Payload) -> StartRequest {
    let mut options = CallOptions::default();
    options.idempotency_key = Some("key-1".into());
    convert(payload).options(options)
}

fn one_shot() -> Payload {
    Payload::once(
        Some(2),
        futures_util::stream::iter([Ok(Bytes::from("PK"))]).boxed(),
    )
}

fn text<T>(outcome: &Result<T>) -> String {
    outcome
        .as_ref()
        .map_or_else(ToString::to_string, |_| "ok".to_owned())
}

#[tokio::test(start_paused = true)]
async fn which_failures_are_tried_again() {
    let unclear = "; whether the operation was started is not known, an idempotency key makes it safe to repeat";
    let cut = "the connection was cut: host `slides.test`";
    let busy = |status, tries, note: &str| {
        format!("the service is not available: no{note} (status {status}, {tries} attempts)")
    };
    // kind of call, replies, outcome, seconds it takes at least
    for (kind, replies, expected, at_least) in [
        ("status", "200", "ok".to_owned(), 0),
        ("status", "cut, refused, 500, 200", "ok".into(), 0),
        ("status", "429 7, 503 5, 200", "ok".into(), 12),
        ("status", "503, 503, 503, 503", busy(503, 4, ""), 0),
        (
            "status",
            "cut, cut, cut, cut",
            format!("{cut}, 4 attempts"),
            0,
        ),
        // a wait beyond the total is not begun
        ("status", "503 61", busy(503, 1, ""), 0),
        ("status", "503 40, 503 40", busy(503, 2, ""), 40),
        ("status", "501", busy(501, 1, ""), 0),
        ("status", "404", "`op-1` does not exist: no".into(), 0),
        ("status", "400", "no".into(), 0),
        ("status", "401", "not authorized: no".into(), 0),
        ("start", "201", "ok".into(), 0),
        ("start", "refused, 429 3, 503, 201", "ok".into(), 3),
        ("start", "cut", format!("{cut}{unclear}"), 0),
        ("start", "500", busy(500, 1, unclear), 0),
        ("start", "504", busy(504, 1, unclear), 0),
        ("keyed", "cut, 500, 504, 201", "ok".into(), 0),
        // what was never read can be sent again, what was read cannot
        (
            "once",
            "503, 201",
            busy(
                503,
                1,
                "; not sent again, since the document is a one-shot stream",
            ),
            0,
        ),
        ("once", "201", "ok".into(), 0),
    ] {
        let server = Server::script(replies);
        let client = server.client();
        let start = Instant::now();
        let outcome = match kind {
            "status" => client.status(&"op-1".into()).await.map(drop),
            "start" => client.start(convert(Payload::bytes("PK"))).await.map(drop),
            "keyed" => client.start(keyed(Payload::bytes("PK"))).await.map(drop),
            _ => client.start(convert(one_shot())).await.map(drop),
        };
        assert_eq!(text(&outcome), expected, "{kind}: {replies}");
        assert!(
            start.elapsed() >= Duration::from_secs(at_least),
            "{kind}: {replies}: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_one_shot_document_survives_a_failed_connection() {
    let mut server = Server::script("refused, refused, 201");
    Arc::get_mut(&mut server).unwrap().read_body = false;
    server.client().start(convert(one_shot())).await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_read_is_not_the_connections_fault() {
    let server = Server::script("201, 201, 201, 201");
    let broken = || {
        futures_util::stream::iter([Ok(Bytes::from("PK")), Err(io::Error::other("bad disk"))])
            .boxed()
    };
    let error = server
        .client()
        .start(keyed(Payload::replayable(None, broken)))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the document could not be read while it was sent"
    );
    let missing = server
        .client()
        .start(convert(Payload::path("no/such.pptx")))
        .await
        .unwrap_err();
    assert_eq!(missing.to_string(), "cannot open `no/such.pptx`");
    assert_eq!(server.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn silence_is_bounded_but_a_long_upload_is_not() {
    let timeouts = Timeouts {
        response: Duration::from_secs(30),
        idle: Duration::from_secs(20),
        ..Timeouts::default()
    };
    let never = RetryPolicy::never();

    let mut silent = Server::script("200");
    Arc::get_mut(&mut silent).unwrap().latency = Duration::from_hours(1);
    let client = silent
        .builder()
        .timeouts(timeouts)
        .retry(never)
        .build()
        .unwrap();
    let start = Instant::now();
    let error = client.status(&"op-1".into()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no answer in time: the server sent nothing for 30 s"
    );
    assert_eq!(start.elapsed(), Duration::from_secs(30));

    // a chunk every 20 s for ten minutes
    let slow = || {
        let ticks = futures_util::stream::iter(0..30);
        ticks
            .then(|_| async {
                tokio::time::sleep(Duration::from_secs(20)).await;
                Ok(Bytes::from("PK"))
            })
            .boxed()
    };
    let server = Server::script("201");
    let client = server
        .builder()
        .timeouts(timeouts)
        .retry(never)
        .build()
        .unwrap();
    client
        .start(convert(Payload::replayable(None, slow)))
        .await
        .unwrap();
    assert_eq!(server.sent()[0].body.len(), 60);

    let stalled = Server::new(|_| {
        let stream = futures_util::stream::iter([Ok(Bytes::from("%PDF"))])
            .chain(futures_util::stream::pending());
        Ok(http::Response::new(Body::from_stream(
            stream.boxed(),
            Some(9),
        )))
    });
    let client = stalled.builder().timeouts(timeouts).build().unwrap();
    let download = client.result(&"op-1".into()).await.unwrap();
    let start = Instant::now();
    assert_eq!(
        download.bytes().await.unwrap_err().to_string(),
        "the download broke off"
    );
    assert_eq!(start.elapsed(), Duration::from_secs(20));
}

/// Takes a piece of a body every 20 s.
struct SlowLine;

#[async_trait]
impl Transport for SlowLine {
    async fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, TransportError> {
        let mut stream = request.into_body().into_stream();
        let mut sent = 0;
        while let Some(piece) = stream.next().await {
            sent += piece.unwrap().len();
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        let mut response = http::Response::new(Body::from_bytes(format!("op-{sent}")));
        *response.status_mut() = http::StatusCode::CREATED;
        Ok(response)
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_in_memory_is_seen_to_move() {
    let timeouts = Timeouts {
        response: Duration::from_secs(30),
        ..Timeouts::default()
    };
    let client = HttpClient::builder()
        .base_url("https://slides.test")
        .transport(Arc::new(SlowLine))
        .timeouts(timeouts)
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let deck = || Payload::bytes(vec![0; 1 << 20]);
    let start = Instant::now();
    let id = client.start(convert(deck())).await.unwrap();
    assert_eq!(id.as_str(), "op-1048576");
    assert!(start.elapsed() > Duration::from_mins(5));
    // and so in a form
    let mut target = Target::new(ExportFormat::Pdf);
    target.export = Some(options());
    let request = StartRequest::new(StartCall::Convert(target)).document(deck());
    assert!(client.start(request).await.is_ok());
}

/// A server with tokens: `token-1` to `token-n`, of which only the newest is good once `expired`
/// requests have been answered.
fn guarded(life: u64, refuse: impl Fn(usize, &str) -> bool + Send + 'static) -> Arc<Server> {
    let (mut issued, mut calls) = (0, 0);
    Server::new(move |sent| {
        if sent.uri == "https://slides.test/connect/token" {
            assert_eq!(
                sent.header("content-type"),
                "application/x-www-form-urlencoded"
            );
            assert_eq!(
                sent.body,
                "grant_type=client_credentials&client_id=my+id&client_secret=s%26cret"
            );
            issued += 1;
            let body = format!(
                r#"{{"access_token":"token-{issued}","expires_in":{life},"token_type":"Bearer"}}"#
            );
            return answer(200, &[], &body);
        }
        calls += 1;
        if refuse(calls, sent.header("authorization")) {
            reply("401")
        } else if sent.method == "POST" {
            reply("201")
        } else {
            reply("200")
        }
    })
}

fn with_secret(server: &Arc<Server>) -> HttpClient {
    server
        .builder()
        .credentials("my id", "s&cret")
        .build()
        .unwrap()
}

fn tokens(server: &Server) -> usize {
    server
        .sent()
        .iter()
        .filter(|sent| sent.uri.ends_with("/connect/token"))
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_fetch_one_token() {
    let mut server = guarded(3600, |_, token| token != "Bearer token-1");
    Arc::get_mut(&mut server).unwrap().latency = Duration::from_millis(50);
    let client = with_secret(&server);
    let calls = (0..100).map(|_| client.status(id()));
    let outcomes = futures_util::future::join_all(calls).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!((tokens(&server), server.count()), (1, 101));
}

fn id() -> &'static OperationId {
    static ID: std::sync::LazyLock<OperationId> = std::sync::LazyLock::new(|| "op-1".into());
    &ID
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_share_a_refusal() {
    let mut server = Server::new(|_| answer(400, &[], r#"{"error":"invalid_client"}"#));
    Arc::get_mut(&mut server).unwrap().latency = Duration::from_millis(50);
    let client = with_secret(&server);
    let outcomes = futures_util::future::join_all((0..100).map(|_| client.status(id()))).await;
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(
            error.to_string(),
            "not authorized: the token endpoint refused the client id and secret (`invalid_client`), check both"
        );
        assert_eq!(error.status_code(), Some(400));
    }
    assert_eq!(server.count(), 1);
    client.status(id()).await.unwrap_err();
    assert_eq!(server.count(), 2, "a later caller asks anew");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_expires() {
    let server = guarded(1000, |_, _| false);
    let client = with_secret(&server);
    for (sleep, expected) in [(0, 1), (899, 1), (2, 2), (890, 2), (20, 3)] {
        tokio::time::sleep(Duration::from_secs(sleep)).await;
        client.status(id()).await.unwrap();
        assert_eq!(tokens(&server), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once() {
    let server = guarded(3600, |calls, token| calls > 1 && token == "Bearer token-1");
    let client = with_secret(&server);
    for _ in 0..3 {
        client.start(convert(Payload::bytes("PK"))).await.unwrap();
    }
    assert_eq!((tokens(&server), server.count()), (2, 6));
    let bodies: Vec<_> = server
        .sent()
        .into_iter()
        .filter(|sent| sent.uri.contains("convert"))
        .map(|sent| sent.body)
        .collect();
    assert_eq!(bodies, ["PK", "PK", "PK", "PK"], "the replay is whole");

    let hopeless = guarded(3600, |_, _| true);
    let error = with_secret(&hopeless).status(id()).await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), hopeless.count()),
        ("not authorized: no", 4)
    );

    let server = guarded(3600, |_, token| token == "Bearer token-1");
    let error = with_secret(&server)
        .start(convert(one_shot()))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the document is a one-shot stream that was sent already"),
        "{error}"
    );
    assert_eq!(server.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn late_refusals_do_not_throw_away_a_newer_token() {
    // all hundred are sent with the first token, and all are refused
    let mut server = guarded(3600, |_, token| token == "Bearer token-1");
    Arc::get_mut(&mut server).unwrap().latency = Duration::from_millis(50);
    let client = with_secret(&server);
    let outcomes = futures_util::future::join_all((0..100).map(|_| client.status(id()))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(tokens(&server), 2);
}

fn options() -> ExportOptions {
    ExportOptions::from_json(ExportFormat::Pdf, &serde_json::json!({"jpegQuality": 90})).unwrap()
}

fn target() -> Target {
    let mut target = Target::new(ExportFormat::Pdf);
    target.slides = vec![2, 4];
    target.storage = Some("My storage".into());
    target.fonts_folder = Some("fonts/a&b".into());
    target
}

const PART: &str = "--B\r\nContent-Disposition: form-data; name=\"pipeline\"\r\nContent-Type: application/json\r\n\r\n";
const QUERY: &str = "storage=My%20storage&fontsFolder=fonts%2Fa%26b&slides=2%2C4";

fn file(number: u32, name: &str, body: &str) -> String {
    format!(
        "--B\r\nContent-Disposition: form-data; name=\"file{number}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{body}\r\n"
    )
}

/// Sends a request and gives what reached the server.
async fn wire(request: StartRequest) -> Sent {
    let server = Server::script("201");
    server.client().start(request).await.unwrap();
    server.sent().remove(0)
}

#[tokio::test]
async fn each_start_call_as_the_contract_has_it() {
    let deck = || Payload::bytes("PK").named("Layoffs.pptx");
    let stored = || StoredDocument::in_folder("my deck.pptx", "Data");
    let with_options = || {
        let mut target = Target::new(ExportFormat::Pdf);
        target.export = Some(options());
        target
    };
    let pdf = r#"{"jpegQuality":90,"format":"pdf"}"#;
    let json = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text)
            .unwrap()
            .to_string()
    };
    let split = |document, export| StartCall::Split {
        document,
        format: SlideExportFormat::Png,
        export,
        range: slides_core::Range {
            from: Some(2),
            to: Some(3),
        },
        size: slides_core::SplitSize {
            width: Some(640),
            height: None,
        },
        dest_folder: Some("out".into()),
        password: None,
        storage: None,
        fonts_folder: None,
    };
    let mut from_request = PresentationToMerge::default();
    from_request.path = "file2".into();
    from_request.source = Some(PresentationSource::Request);
    let mut from_storage = PresentationToMerge::default();
    from_storage.path = "Data/a.pptx".into();
    from_storage.slides = vec![3, 1];
    from_storage.source = Some(PresentationSource::Storage);
    let merge = |sources: Vec<PresentationToMerge>| {
        let mut merge = Merge::default();
        merge.sources = sources;
        merge
    };
    let a = r#"{"path":"Data/a.pptx","slides":[3,1],"source":"Storage"}"#;
    let b = r#"{"path":"file2","source":"Request"}"#;

    for (request, expected) in [
        (
            StartRequest::new(StartCall::Convert(target())).document(deck()),
            format!("POST /v3.0/slides/async/convert/pdf?{QUERY}\napplication/octet-stream\nPK"),
        ),
        (
            StartRequest::new(StartCall::Convert(with_options())).document(deck()),
            format!(
                "POST /v3.0/slides/async/convert/pdf\nmultipart/form-data; boundary=B\n{PART}{}\r\n{}--B--\r\n",
                json(pdf),
                file(1, "document", "PK")
            ),
        ),
        (
            StartRequest::new(StartCall::ConvertAndSave { target: target(), out_path: "out/a b.pdf".into() }).document(deck()),
            format!("PUT /v3.0/slides/async/convert/pdf?outPath=out%2Fa%20b.pdf&{QUERY}\napplication/octet-stream\nPK"),
        ),
        (
            StartRequest::new(StartCall::DownloadPresentation { target: Target::new(ExportFormat::Html5), document: stored() }),
            "POST /v3.0/slides/async/my%20deck.pptx/html5?folder=Data\n\n".to_owned(),
        ),
        (
            StartRequest::new(StartCall::SavePresentation { target: with_options(), document: stored(), out_path: "x.pdf".into() }),
            format!("PUT /v3.0/slides/async/my%20deck.pptx/pdf?outPath=x.pdf&folder=Data\napplication/json\n{}", json(pdf)),
        ),
        (
            StartRequest::new(split(DocumentSource::Storage(stored()), None)),
            "POST /v3.0/slides/async/my%20deck.pptx/split/png?destFolder=out&width=640&from=2&to=3&folder=Data\n\n".to_owned(),
        ),
        (
            StartRequest::new(split(DocumentSource::Request, None)).document(deck()),
            "POST /v3.0/slides/async/split/png?destFolder=out&width=640&from=2&to=3\napplication/octet-stream\nPK".to_owned(),
        ),
        (
            StartRequest::new(StartCall::Merge(merge(vec![]))).document(deck()).document(Payload::bytes("PK2").named("file1")),
            format!(
                "POST /v3.0/slides/async/merge\nmultipart/form-data; boundary=B\n{}{}--B--\r\n",
                file(1, "Layoffs.pptx", "PK"),
                file(2, "file2", "PK2")
            ),
        ),
        (
            StartRequest::new(StartCall::Merge(merge(vec![from_storage.clone(), from_request.clone()]))).document(Payload::bytes("PK")).document(Payload::bytes("PK2")),
            format!(
                "POST /v3.0/slides/async/merge\nmultipart/form-data; boundary=B\n{PART}{}\r\n{}{}--B--\r\n",
                json(&format!(r#"{{"presentations":[{a},{b}]}}"#)),
                file(1, "file1", "PK"),
                file(2, "file2", "PK2")
            ),
        ),
        (
            StartRequest::new(StartCall::MergeAndSave { merge: merge(vec![from_storage.clone()]), out_path: "m.pptx".into() }),
            format!(
                "PUT /v3.0/slides/async/merge?outPath=m.pptx\napplication/json\n{}",
                json(&format!(r#"{{"presentations":[{a}]}}"#))
            ),
        ),
    ] {
        let sent = wire(request).await;
        assert_eq!(sent.summary(), expected);
        let bodyless = sent.body.is_empty();
        assert_eq!(sent.header("content-length"), if bodyless { "0" } else { "" });
    }
}

#[tokio::test]
async fn headers_of_a_start() {
    let mut target = Target::new(ExportFormat::Pdf);
    target.password = Some("päss".into());
    let mut options = CallOptions::default();
    options.timeout = Some(Duration::from_millis(90_500));
    options.idempotency_key = Some("key-1".into());
    let sent = wire(
        StartRequest::new(StartCall::Convert(target))
            .document(Payload::bytes("PK"))
            .options(options),
    )
    .await;
    assert_eq!(sent.headers["password"].as_bytes(), "päss".as_bytes());
    assert!(sent.headers["password"].is_sensitive());
    assert_eq!(sent.header("x-aspose-timeout"), "91");
    assert_eq!(sent.header("idempotency-key"), "key-1");
    assert!(sent.header("x-aspose-client").starts_with("rust sdk v"));
    assert!(sent.header("user-agent").starts_with("slides-rust/"));
    assert_eq!(sent.header("authorization"), "");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_not_sent() {
    let server = Server::script("");
    let client = server.client();
    let convert = |documents: usize| {
        (0..documents).fold(
            StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Pdf))),
            |request, _| request.document(Payload::bytes("PK")),
        )
    };
    let stored = |name: &str| {
        StartRequest::new(StartCall::DownloadPresentation {
            target: Target::new(ExportFormat::Pdf),
            document: StoredDocument::new(name),
        })
    };
    let password = |text: &str| {
        let mut target = Target::new(ExportFormat::Pdf);
        target.password = Some(text.into());
        StartRequest::new(StartCall::Convert(target)).document(Payload::bytes("PK"))
    };
    for (request, part) in [
        (convert(0), "has 0 documents"),
        (convert(2), "has 2 documents"),
        (
            stored("a.pptx").document(Payload::bytes("PK")),
            "takes its deck from the storage",
        ),
        (stored("Merge"), "cannot be addressed"),
        (stored(".."), "path segment"),
        (stored(""), "`name` is empty"),
        (
            StartRequest::new(StartCall::Merge(Merge::default())),
            "at least one document",
        ),
        (password("two\nlines"), "control characters"),
        (password("two "), "with a blank"),
    ] {
        let error = client.start(request).await.unwrap_err();
        assert!(
            error.to_string().contains(part) && error.status_code() == Some(400),
            "{error}"
        );
        assert!(!error.to_string().contains("two"), "{error}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn the_three_base_urls_are_apart() {
    let server = Server::new(|sent| match sent.uri.as_str() {
        uri if uri.ends_with("/connect/token") => answer(200, &[], r#"{"access_token":"t"}"#),
        uri if uri.ends_with("/info") => answer(200, &[], r#"{"name":"Slides","version":"1"}"#),
        _ => reply("200"),
    });
    let client = server
        .builder()
        .base_url("https://sync.test/prefix/")
        .async_base_url("https://async.test")
        .auth_base_url("https://auth.test")
        .credentials("id", "secret")
        .build()
        .unwrap();
    assert_eq!(client.api_info().await.unwrap().name, "Slides");
    client.status(id()).await.unwrap();
    let uris: Vec<_> = server.sent().into_iter().map(|sent| sent.uri).collect();
    assert_eq!(
        uris,
        [
            "https://auth.test/connect/token",
            "https://sync.test/prefix/v3.0/slides/info",
            "https://async.test/v3.0/slides/async/op-1"
        ]
    );
}

#[tokio::test]
async fn storage_calls_as_the_contract_has_them() {
    let server = Server::new(|sent| {
        let body = match sent.uri.rsplit_once("/storage/").unwrap().1 {
            path if path.contains("exist") => r#"{"exists":true,"isFolder":false}"#,
            path if path.starts_with("disc") => r#"{"UsedSize":1,"TotalSize":2}"#,
            path if sent.method == "GET" && path.starts_with("folder") => {
                r#"{"value":[{"name":"a.pptx","isFolder":false,"size":2,"path":"/a.pptx"}]}"#
            }
            path if path.starts_with("version") => r#"{"value":[]}"#,
            _ if sent.method == "PUT" && !sent.body.is_empty() => {
                r#"{"uploaded":["a b.pptx"],"errors":[]}"#
            }
            _ => "",
        };
        answer(200, &[], body)
    });
    let client = server.client();
    let a = FileLocation::new("/Data/a b.pptx")
        .in_storage(Some("S".into()))
        .version(Some("v1".into()));
    let b = FileLocation::new("/x/b.pptx");
    client.download_file(&a).await.unwrap();
    assert_eq!(
        client
            .upload_file(&a, Payload::bytes("PK"))
            .await
            .unwrap()
            .uploaded,
        ["a b.pptx"]
    );
    client.delete_file(&a).await.unwrap();
    client.copy_file(&a, &b).await.unwrap();
    client.move_file(&b, &a).await.unwrap();
    assert_eq!(client.list_folder(&"".into()).await.unwrap().value.len(), 1);
    client.create_folder(&"new/folder".into()).await.unwrap();
    client.delete_folder(&"old".into(), true).await.unwrap();
    client.copy_folder(&"p".into(), &"q".into()).await.unwrap();
    client.move_folder(&"p".into(), &"q".into()).await.unwrap();
    assert!(client.storage_exists("S").await.unwrap().exists);
    assert!(!client.object_exists(&a).await.unwrap().is_folder);
    assert_eq!(client.disc_usage(None).await.unwrap().total_size, 2);
    client.file_versions(&b).await.unwrap();
    let lines: Vec<_> = server
        .sent()
        .iter()
        .map(|sent| {
            format!(
                "{} {}",
                sent.method,
                sent.uri
                    .strip_prefix("https://slides.test/v3.0/slides/")
                    .unwrap()
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "GET async/storage/file/Data/a%20b.pptx?storageName=S&versionId=v1",
            "PUT async/storage/file/Data/a%20b.pptx?storageName=S",
            "DELETE storage/file/Data/a%20b.pptx?storageName=S&versionId=v1",
            "PUT storage/file/copy/Data/a%20b.pptx?destPath=x%2Fb.pptx&srcStorageName=S&versionId=v1",
            "PUT storage/file/move/x/b.pptx?destPath=Data%2Fa%20b.pptx&destStorageName=S",
            "GET storage/folder",
            "PUT storage/folder/new/folder",
            "DELETE storage/folder/old?recursive=true",
            "PUT storage/folder/copy/p?destPath=q",
            "PUT storage/folder/move/p?destPath=q",
            "GET storage/S/exist",
            "GET storage/exist/Data/a%20b.pptx?storageName=S&versionId=v1",
            "GET storage/disc",
            "GET storage/version/x/b.pptx",
        ]
    );
    let error = client.download_file(&"/".into()).await.unwrap_err();
    assert_eq!(error.status_code(), Some(400));
}

#[tokio::test(start_paused = true)]
async fn cancel_is_honest_where_it_does_not_exist() {
    for (reply, expected) in [
        ("204", "ok"),
        ("405", "the server does not support `cancel`"),
        ("409", "no (status 409, code `conflict`)"),
        ("404", "`op-1` does not exist: no"),
    ] {
        let server = Server::script(reply);
        assert_eq!(text(&server.client().cancel(id()).await), expected);
        assert_eq!(server.sent()[0].method, "DELETE");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_waited_for_by_the_server_or_by_the_client() {
    let started = |step: i32| {
        format!(
            "{{\"id\":\"op-1\",\"method\":\"Merge\",\"status\":\"Started\",\"progress\":{{\"stepIndex\":{step},\"stepCount\":9}}}}"
        )
    };
    let seen = || "Started:1".parse::<Seen>().unwrap();
    // Ours holds the answer back, twice in vain.
    let mut calls = 0;
    let ours = Server::new(move |_| {
        calls += 1;
        let step = i32::from(calls > 2) + 1;
        answer(200, &[("preference-applied", "wait")], &started(step))
    });
    let begun = Instant::now();
    let client = ours.client();
    let told = client.changed(id(), seen(), Duration::from_mins(1));
    assert_eq!(
        Seen::of(&told.await.unwrap().operation).to_string(),
        "Started:2"
    );
    assert_eq!((ours.count(), begun.elapsed()), (3, Duration::ZERO));
    let uri = &ours.sent()[0].uri;
    assert!(
        uri.ends_with("/op-1?wait=25&since=Started%3A1")
            || uri.ends_with("/op-1?wait=25&since=Started:1"),
        "{uri}"
    );
    // Another does not know the question: it is asked again and again, ever more slowly, until the time is up.
    let theirs = Server::new(move |_| answer(200, &[], &started(1)));
    let begun = Instant::now();
    let client = theirs.client();
    let told = client.changed(id(), seen(), Duration::from_secs(5));
    assert_eq!(Seen::of(&told.await.unwrap().operation), seen());
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    assert!((5..=8).contains(&theirs.count()), "{}", theirs.count());
}

/// Never has more than so many requests at one time.
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
    held: AtomicUsize,
}

impl Crowd {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
        })
    }

    fn client(self: &Arc<Self>, connections: Connections) -> HttpClient {
        HttpClient::builder()
            .base_url("https://slides.test")
            .transport(self.clone())
            .connections(connections)
            .build()
            .unwrap()
    }

    fn most(&self) -> usize {
        self.most.swap(0, Ordering::SeqCst)
    }
}

#[async_trait]
impl Transport for Crowd {
    async fn send(&self, request: http::Request<Body>) -> Reply {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let held = request.uri().query().is_some();
        let pause = if held { 20 } else { 1 };
        tokio::time::sleep(Duration::from_secs(pause)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        let status = r#"{"id":"op-1","method":"Merge","status":"Started"}"#;
        if held {
            self.held.fetch_add(1, Ordering::SeqCst);
            return answer(200, &[("preference-applied", "wait")], status);
        }
        answer(200, &[], status)
    }
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_their_turn() {
    let crowd = Crowd::new();
    let client = crowd.client(Connections {
        requests: 4,
        ..Connections::default()
    });
    let id = id();
    let begun = Instant::now();
    // longer in all than an answer may take: waiting for a turn is no silence of the server
    let calls = (0..400).map(|_| client.status(id));
    for reply in futures_util::future::join_all(calls).await {
        reply.unwrap();
    }
    assert_eq!((crowd.most(), begun.elapsed().as_secs()), (4, 100));

    // results that nobody reads, more of them than turns, keep nobody waiting
    let results = futures_util::future::join_all((0..8).map(|_| client.result(id)));
    let results = tokio::time::timeout(Duration::from_secs(10), results).await;
    for result in results.unwrap() {
        let waiting = client.status(id);
        let done = tokio::time::timeout(Duration::from_secs(10), waiting).await;
        done.unwrap().unwrap();
        result.unwrap().bytes().await.unwrap();
    }
    assert_eq!(crowd.most(), 4);

    // no turn at all would wait for ever: one is the least
    let least = crowd.client(Connections {
        requests: 0,
        held: 0,
        ..Connections::default()
    });
    least.status(id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn answers_held_back_have_places_of_their_own() {
    let crowd = Crowd::new();
    let client = crowd.client(Connections {
        requests: 1,
        held: 2,
        ..Connections::default()
    });
    let id = id();
    let seen = || "Started".parse::<Seen>().unwrap();
    let follow = (0..5).map(|_| client.changed(id, seen(), Duration::from_secs(19)));
    let poll = async {
        let begun = Instant::now();
        client.status(id).await.unwrap();
        begun.elapsed()
    };
    let (told, polled) = tokio::join!(futures_util::future::join_all(follow), poll);
    for reply in told {
        assert_eq!(Seen::of(&reply.unwrap().operation), seen());
    }
    assert_eq!(crowd.held.load(Ordering::SeqCst), 2);
    assert_eq!(crowd.most(), 3, "two held, one that is asked");
    assert!(polled < Duration::from_secs(5), "{polled:?}");
}

#[tokio::test(start_paused = true)]
async fn a_status_carries_its_retry_after() {
    let server = Server::new(|_| {
        answer(
            200,
            &[("retry-after", "4")],
            "\u{feff}{\"id\":\"op-1\",\"method\":\"Merge\",\"status\":\"Started\"}",
        )
    });
    let reply = server.client().status(id()).await.unwrap();
    assert_eq!(reply.retry_after, Some(Duration::from_secs(4)));

    let page = Server::new(|_| answer(200, &[], "<html>login</html>"));
    let error = page.client().status(id()).await.unwrap_err();
    assert_eq!(error.kind_text(), "protocol");
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_an_error_and_nothing_goes_there() {
    let server = Server::new(|sent| {
        if sent.uri.ends_with("/connect/token") {
            return answer(200, &[], r#"{"access_token":"t"}"#);
        }
        answer(307, &[("location", "https://elsewhere.test/?leak=1")], "")
    });
    let error = with_secret_any(&server).status(id()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("redirect, which is not followed"),
        "{error}"
    );
    assert!(
        server
            .sent()
            .iter()
            .all(|sent| sent.uri.starts_with("https://slides.test/"))
    );
}

fn with_secret_any(server: &Arc<Server>) -> HttpClient {
    server
        .builder()
        .credentials("id", "secret")
        .build()
        .unwrap()
}

/// Collects what a subscriber writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_or_document_name_is_shown_anywhere() {
    const SECRETS: [&str; 6] = [
        "client-s3cret",
        "t0ken-text",
        "deck-passw0rd",
        "Layoffs",
        "s3cret-folder",
        "s3cret%2Dfolder",
    ];
    // a lone subscriber is asked only on its own thread, so a call site that another test meets
    // first would count as of no interest to anyone
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);

    let mut shown = String::new();
    let mut show = |value: &dyn std::fmt::Debug| write!(shown, "{value:?}\n{value:#?}\n").unwrap();
    for (token_status, status) in [
        (200, 201),
        (200, 500),
        (200, 400),
        (200, 401),
        (400, 0),
        (503, 0),
    ] {
        let server = Server::new(move |sent| {
            if sent.uri.ends_with("/connect/token") {
                return answer(
                    token_status,
                    &[],
                    r#"{"access_token":"t0ken-text","error":"invalid_client"}"#,
                );
            }
            if status == 201 {
                answer(201, &[], "op-1")
            } else {
                answer(status, &[], "sorry")
            }
        });
        let builder = server.builder().credentials("id", "client-s3cret");
        show(&builder);
        let client = builder.build().unwrap();
        let mut target = Target::new(ExportFormat::Pdf);
        target.password = Some("deck-passw0rd".into());
        target.fonts_folder = Some("s3cret-folder".into());
        let request = StartRequest::new(StartCall::Convert(target))
            .document(Payload::bytes("PK").named("Layoffs.pptx"));
        show(&client);
        show(&request.documents);
        let handle = slides_core::OperationHandle::<slides_core::Download>::start(
            Arc::new(client.clone()),
            request,
        )
        .await;
        match handle {
            Ok(mut handle) => {
                show(&handle);
                show(&handle.next().await);
            }
            Err(error) => {
                let mut cause: Option<&dyn std::error::Error> = Some(&error);
                while let Some(link) = cause {
                    show(&link.to_string());
                    cause = link.source();
                }
                show(&error);
            }
        }
        show(&Token::new("t0ken-text".to_owned()));
        show(&client.inner.tokens.as_ref().unwrap().token().await);
    }
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("slides.operation") && log.contains("slides.request"),
        "the log was caught: {log}"
    );
    for secret in SECRETS {
        assert!(!log.contains(secret), "`{secret}` in the log:\n{log}");
        assert!(!shown.contains(secret), "`{secret}` shown:\n{shown}");
    }
}

/// A body that gives so much of `0123456789` from `start` on, then breaks.
fn broken(start: usize, end: usize) -> Body {
    let chunk = Bytes::from("0123456789".get(start..end).unwrap().to_owned());
    let cut = io::Error::from(io::ErrorKind::ConnectionReset);
    let items = futures_util::stream::iter([Ok(chunk), Err(cut)]);
    Body::wrap(http_body_util::StreamBody::new(
        items.map(|item| item.map(http_body::Frame::data)),
    ))
}

#[tokio::test(start_paused = true)]
async fn a_download_that_breaks_goes_on_from_its_first_missing_byte() {
    /// Status, headers and how far the body comes from where it starts, for each request.
    type Answer = (u16, &'static [(&'static str, &'static str)], usize, usize);
    const WHOLE: (&str, &str) = ("content-length", "10");
    const TAG: (&str, &str) = ("etag", "\"v1\"");
    const REST: (&str, &str) = ("content-range", "bytes 4-9/10");
    let first: Answer = (200, &[WHOLE, TAG], 0, 4);
    let good = || "0123456789".to_owned();
    let broke = || "the download broke off".to_owned();
    let rows: [(&[Answer], String, &[&str]); 9] = [
        (
            &[first, (206, &[TAG, REST], 4, 10)],
            good(),
            &["", "bytes=4-"],
        ),
        // without the tag again it is still the part that was asked for
        (&[first, (206, &[REST], 4, 10)], good(), &["", "bytes=4-"]),
        // a server without parts sends the whole again
        (
            &[first, (200, &[WHOLE, TAG], 0, 10)],
            good(),
            &["", "bytes=4-"],
        ),
        // progress in small steps, as often as the policy has tries
        (
            &[
                first,
                (206, &[TAG, REST], 4, 6),
                (206, &[("content-range", "bytes 6-9/10")], 6, 10),
            ],
            good(),
            &["", "bytes=4-", "bytes=6-"],
        ),
        (
            &[
                first,
                (206, &[REST], 4, 4),
                (206, &[REST], 4, 4),
                (206, &[REST], 4, 4),
            ],
            broke(),
            &["", "bytes=4-", "bytes=4-", "bytes=4-"],
        ),
        // another file, another part, or no file any more: never joined
        (
            &[first, (200, &[WHOLE, ("etag", "\"v2\"")], 0, 10)],
            broke(),
            &["", "bytes=4-"],
        ),
        (
            &[
                first,
                (206, &[TAG, ("content-range", "bytes 5-9/10")], 5, 10),
            ],
            broke(),
            &["", "bytes=4-"],
        ),
        (&[first, (404, &[], 0, 0)], broke(), &["", "bytes=4-"]),
        // without a strong tag nobody can tell whether it is the same file
        (
            &[(200, &[WHOLE, ("etag", "W/\"v1\"")], 0, 4)],
            broke(),
            &[""],
        ),
    ];
    for (answers, expected, ranges) in rows {
        let mut replies: VecDeque<_> = answers.to_vec().into();
        let server = Server::new(move |_| {
            let (status, headers, start, end) = replies.pop_front().expect("one request too many");
            let mut builder = http::Response::builder().status(status);
            for (name, value) in headers {
                builder = builder.header(*name, *value);
            }
            let body = if end == 10 {
                Body::from_bytes("0123456789".get(start..).unwrap().to_owned())
            } else {
                broken(start, end)
            };
            Ok(builder.body(body).unwrap())
        });
        let download = server.client().result(id()).await.unwrap();
        assert_eq!(download.len, Some(10));
        let outcome = download.bytes().await;
        let outcome = outcome.map_or_else(
            |e| e.to_string(),
            |b| String::from_utf8(b.to_vec()).unwrap(),
        );
        assert_eq!(outcome, expected, "{answers:?}");
        let sent = server.sent();
        let asked: Vec<_> = sent.iter().map(|sent| sent.header("range")).collect();
        assert_eq!(asked, ranges, "{answers:?}");
        for later in sent.iter().skip(1) {
            assert_eq!(later.header("if-range"), "\"v1\"");
        }
    }
}

/// A request to the path that a synchronous call is sent to, and the kind of its reply.
async fn ran(request: StartRequest) -> (String, &'static str) {
    let server = Server::new(|_| answer(200, &[], r#"{"slides":[{"href":"/out/a_1.png"}]}"#));
    let client = server.builder().async_base_url("https://async.test");
    let kind = match client.build().unwrap().run(request).await.unwrap() {
        SyncReply::File(_) => "file",
        SyncReply::Saved(saved) if saved.path.as_deref() == Some("x.pdf") => "saved",
        SyncReply::Slides(result) if result.slides.is_some() => "slides",
        other => panic!("{other:?}"),
    };
    let sent = server.sent().remove(0);
    assert_eq!(sent.header("idempotency-key"), "");
    assert_eq!(sent.header("x-aspose-timeout"), "9");
    let path = sent
        .uri
        .strip_prefix("https://slides.test/v3.0/slides/")
        .unwrap();
    (format!("{} {path}", sent.method), kind)
}

#[tokio::test]
async fn each_synchronous_call_as_the_contract_has_it() {
    let target = || {
        let mut target = Target::new(ExportFormat::Pdf);
        target.slides = vec![2, 1];
        target
    };
    let deck = || Payload::bytes("PK");
    let stored = || StoredDocument::in_folder("a b.pptx", "Data");
    let split = |document| StartCall::Split {
        document,
        format: SlideExportFormat::Png,
        export: None,
        range: slides_core::Range {
            from: Some(2),
            to: None,
        },
        size: slides_core::SplitSize::default(),
        dest_folder: Some("out".into()),
        password: None,
        storage: None,
        fonts_folder: None,
    };
    let out_path = || "x.pdf".to_owned();
    for (call, documents, result_only, expected) in [
        (
            StartCall::Convert(target()),
            1,
            false,
            ("POST convert/pdf?slides=2%2C1", "file"),
        ),
        (
            StartCall::ConvertAndSave {
                target: target(),
                out_path: out_path(),
            },
            1,
            false,
            ("PUT convert/pdf?outPath=x.pdf&slides=2%2C1", "saved"),
        ),
        (
            StartCall::DownloadPresentation {
                target: target(),
                document: stored(),
            },
            0,
            false,
            ("POST a%20b.pptx/pdf?slides=2%2C1&folder=Data", "file"),
        ),
        (
            StartCall::SavePresentation {
                target: target(),
                document: stored(),
                out_path: out_path(),
            },
            0,
            false,
            (
                "PUT a%20b.pptx/pdf?outPath=x.pdf&slides=2%2C1&folder=Data",
                "saved",
            ),
        ),
        (
            StartCall::Merge(Merge::default()),
            2,
            false,
            ("POST merge", "file"),
        ),
        (
            StartCall::MergeAndSave {
                merge: Merge::default(),
                out_path: out_path(),
            },
            2,
            false,
            ("PUT merge?outPath=x.pdf", "saved"),
        ),
        (
            split(DocumentSource::Storage(stored())),
            0,
            false,
            (
                "POST a%20b.pptx/split?destFolder=out&from=2&folder=Data&format=png",
                "slides",
            ),
        ),
        (
            split(DocumentSource::Request),
            1,
            true,
            ("POST split/png?from=2", "file"),
        ),
        (
            split(DocumentSource::Request),
            1,
            false,
            ("PUT split/png?destFolder=out&from=2", "slides"),
        ),
    ] {
        let mut options = CallOptions::default();
        options.timeout = Some(Duration::from_secs(9));
        options.idempotency_key = Some("key".into());
        options.result_only = result_only;
        let request = (0..documents)
            .fold(StartRequest::new(call).options(options), |request, _| {
                request.document(deck())
            });
        let (line, kind) = ran(request).await;
        assert_eq!((line.as_str(), kind), expected);
    }
}

#[tokio::test]
async fn synchronous_calls_without_a_request() {
    let server = Server::new(|sent| {
        let body = match &sent.uri {
            uri if uri.contains("/fonts/") => r#"{"list":[{"fontName":"Carlito"}]}"#,
            uri if uri.ends_with("/info") => r#"{"name":"Slides","version":"1"}"#,
            _ => r#"{"selfUri":{"href":"/a.pptx"}}"#,
        };
        answer(200, &[], body)
    });
    let client = server.client();
    let mut deck = StoredDeck::new(StoredDocument::in_folder("a.pptx", "Data"));
    deck.storage = Some("S".into());
    deck.password = Some("pw".into());
    let whole = PresentationsMergeRequest::new(vec!["b.pptx".into()]);
    let merged = client.merge(&deck, whole).await.unwrap();
    assert_eq!(merged.self_uri.unwrap().href.as_deref(), Some("/a.pptx"));
    let slides = OrderedMergeRequest::new(vec![PresentationToMerge::new("c.pptx")]);
    client.ordered_merge(&deck, slides).await.unwrap();
    assert_eq!(client.api_info().await.unwrap().version, "1");
    let folder = FileLocation::new("fonts").in_storage(Some("S".into()));
    assert_eq!(
        client
            .available_fonts(Some(&folder))
            .await
            .unwrap()
            .list
            .len(),
        1
    );
    client.available_fonts(None).await.unwrap();
    let lines: Vec<_> = server
        .sent()
        .iter()
        .map(|sent| {
            let path = sent
                .uri
                .strip_prefix("https://slides.test/v3.0/slides/")
                .unwrap();
            format!(
                "{} {path} {} {}",
                sent.method,
                sent.header("password"),
                sent.body
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            r#"POST a.pptx/merge?folder=Data&storage=S pw {"presentationPaths":["b.pptx"]}"#,
            r#"PUT a.pptx/merge?folder=Data&storage=S pw {"presentations":[{"path":"c.pptx"}]}"#,
            "GET info  ",
            "GET fonts/available?fontsFolder=fonts&storage=S  ",
            "GET fonts/available  ",
        ]
    );
}
