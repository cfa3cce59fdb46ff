//! What the SDK makes of a server that fails in each way it can, over real sockets on loopback:
//! the outcome, the typed error, and how many requests reached the server.
//!
//! The table is `docs/guide/faults.md`, row by row.
#![allow(clippy::unwrap_used, missing_docs)]

mod server;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use server::{FILE, ScriptedServer};
use slides::http::{HttpClient, HttpClientBuilder, RetryPolicy, Timeouts};
use slides::{
    AsyncApi, CallOptions, Download, Error, ExportFormat, FileLocation, OperationHandle,
    OperationId, Payload, PollPolicy, Result, StartCall, StartRequest, StorageApi,
};
use slides_core::Target;

/// Long enough that no busy machine runs into it.
const PATIENT: Duration = Duration::from_mins(2);
/// For rows in which the server falls silent.
const SHORT: Duration = Duration::from_millis(150);
/// Larger than what sockets hold, so that an unread upload stands still.
const LARGE: usize = 16 << 20;

/// A call that meets a fault.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Call {
    /// A start without an idempotency key.
    Start,
    /// A start with one.
    KeyedStart,
    /// A start whose document can be read once.
    OneShotStart,
    /// A start with a large document.
    LargeStart,
    Status,
    /// A whole result.
    Result,
    /// `handle.await`.
    Wait,
    /// An upload to the storage.
    Upload,
}

impl Call {
    fn words(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::KeyedStart => "start with a key",
            Self::OneShotStart => "start, one-shot document",
            Self::LargeStart => "start, large document",
            Self::Status => "status",
            Self::Result => "result",
            Self::Wait => "waiting for the end",
            Self::Upload => "upload to the storage",
        }
    }

    fn is_plain_start(self) -> bool {
        matches!(self, Self::Start | Self::OneShotStart | Self::LargeStart)
    }

    async fn run(self, client: HttpClient) -> Result<()> {
        let start = |document: Payload| {
            StartRequest::new(StartCall::Convert(Target::new(ExportFormat::Pdf))).document(document)
        };
        let id = OperationId::new("op-1");
        match self {
            Self::Start => client.start(start(Payload::bytes("PK"))).await.map(drop),
            Self::KeyedStart => {
                let mut options = CallOptions::default();
                options.idempotency_key = Some("key-1".into());
                let request = start(Payload::bytes("PK")).options(options);
                client.start(request).await.map(drop)
            }
            Self::OneShotStart => {
                let stream = futures_util::stream::iter([Ok(Bytes::from("PK"))]);
                let document = Payload::once(Some(2), Box::pin(stream));
                client.start(start(document)).await.map(drop)
            }
            Self::LargeStart => {
                let document = Payload::bytes(vec![0; LARGE]);
                client.start(start(document)).await.map(drop)
            }
            Self::Status => client.status(&id).await.map(drop),
            Self::Result => {
                let bytes = client.result(&id).await?.bytes().await?;
                assert_eq!(bytes, FILE);
                Ok(())
            }
            Self::Wait => {
                let policy = PollPolicy {
                    initial: Duration::from_millis(1),
                    max: Duration::from_millis(1),
                    transient_errors: 2,
                    unknown_statuses: 2,
                    ..PollPolicy::default()
                };
                let handle = OperationHandle::<Download>::new(Arc::new(client), id);
                let bytes = handle.with_policy(policy).await?.bytes().await?;
                assert_eq!(bytes, FILE);
                Ok(())
            }
            Self::Upload => {
                let file = FileLocation::new("a.pptx");
                let upload = client.upload_file(&file, Payload::bytes("PK"));
                upload.await.map(drop)
            }
        }
    }
}

fn settings(server: &ScriptedServer) -> HttpClientBuilder {
    HttpClient::builder()
        .base_url(format!("http://{}", server.address))
        .retry(RetryPolicy {
            attempts: 3,
            initial: Duration::from_millis(1),
            max: Duration::from_millis(1),
            total: PATIENT,
        })
        .timeouts(Timeouts {
            connect: PATIENT,
            response: PATIENT,
            idle: PATIENT,
        })
}

/// What the server does (words of `server.rs`), the call, the outcome, the requests it saw.
type Row = (&'static str, Call, &'static str, usize);

const PAST: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
const FUTURE: &str = "Fri, 31 Dec 9999 23:59:59 GMT";

#[rustfmt::skip]
const ROWS: &[(&str, &[Row])] = &[
    ("Connection refused", &[
        ("nobody listens", Call::Start, "transport.connect", 0),
        ("nobody listens", Call::OneShotStart, "transport.connect", 0),
        ("nobody listens", Call::Status, "transport.connect", 0),
    ]),
    ("Reset before the request was read", &[
        ("reset at once", Call::Start, "transport.interrupted", 0),
        ("reset at once, Started", Call::Status, "ok", 1),
        ("reset at once, id", Call::KeyedStart, "ok", 1),
    ]),
    ("Reset or closed after the request was sent", &[
        ("reset", Call::Start, "transport.interrupted", 1),
        ("close", Call::Start, "transport.interrupted", 1),
        ("close", Call::OneShotStart, "transport.interrupted", 1),
        ("reset, id", Call::KeyedStart, "ok", 2),
        ("close", Call::KeyedStart, "transport.interrupted", 3),
        ("reset, Started", Call::Status, "ok", 2),
        ("close", Call::Status, "transport.interrupted", 3),
        ("close, file", Call::Result, "ok", 2),
        ("Started, close*3, Started, Finished, file", Call::Wait, "ok", 7),
        ("Started, close", Call::Wait, "transport.interrupted", 10),
        ("close, uploaded", Call::Upload, "ok", 2),
    ]),
    ("Stalled", &[
        ("silence", Call::Start, "transport.timeout", 1),
        ("silence", Call::KeyedStart, "transport.timeout", 3),
        ("half a head", Call::Start, "transport.timeout", 1),
        ("half a head", Call::Status, "transport.timeout", 3),
        ("leave unread", Call::LargeStart, "transport.timeout", 1),
        ("half a body", Call::Start, "transport.timeout", 1),
        ("half a body", Call::Status, "transport.timeout", 1),
        ("half a body", Call::Result, "io", 1),
    ]),
    ("Body cut short", &[
        ("body cut", Call::Start, "transport.interrupted", 1),
        ("body cut", Call::Status, "transport.interrupted", 1),
        ("chunk cut", Call::Status, "transport.interrupted", 1),
        ("body cut", Call::Result, "io", 1),
        ("chunk cut", Call::Result, "io", 1),
        ("body cut, Finished, file", Call::Wait, "ok", 3),
    ]),
    ("Too busy", &[
        ("429, id", Call::Start, "ok", 2),
        ("503, 503, id", Call::Start, "ok", 3),
        ("503", Call::Start, "unavailable 503", 3),
        ("503", Call::OneShotStart, "unavailable 503", 1),
        ("429 0, id", Call::Start, "ok", 2),
        ("503 PAST, id", Call::Start, "ok", 2),
        ("429 3600", Call::Start, "unavailable 429", 1),
        ("503 FUTURE", Call::Start, "unavailable 503", 1),
        ("503 soon, Started", Call::Status, "ok", 2),
        ("503 3600", Call::Status, "unavailable 503", 1),
    ]),
    ("Broken", &[
        ("500", Call::Start, "unavailable 500", 1),
        ("502", Call::Start, "unavailable 502", 1),
        ("504", Call::KeyedStart, "unavailable 504", 3),
        ("500, Started", Call::Status, "ok", 2),
        ("501", Call::Status, "unavailable 501", 1),
        ("404", Call::Status, "not_found", 1),
        ("redirect", Call::Start, "protocol 307", 1),
    ]),
    ("Not what was asked for", &[
        ("no http", Call::Start, "transport.other", 1),
        ("no http", Call::Status, "transport.other", 1),
        ("page", Call::Start, "protocol 200", 1),
        ("page", Call::Status, "protocol 200", 1),
        ("half a model", Call::Status, "protocol 200", 1),
        ("Paused, Finished, file", Call::Wait, "ok", 3),
        ("Paused", Call::Wait, "unrecognized_status", 3),
    ]),
];

/// What the API does, what the token endpoint does, the call, the outcome, the requests that
/// each of the two saw.
type TokenRow = (&'static str, &'static str, Call, &'static str, usize, usize);

#[rustfmt::skip]
const TOKEN_ROWS: &[TokenRow] = &[
    ("401", "token t1, token t2", Call::Start, "auth 401", 2, 2),
    ("401", "token t1, token t2", Call::Status, "auth 401", 2, 2),
    ("401, id", "token t1, token t2", Call::Start, "ok", 2, 2),
    ("401, id", "token t1, token t2", Call::OneShotStart, "auth 401", 1, 1),
    ("Started, 401, Finished, file", "token t1, token t2", Call::Wait, "ok", 4, 2),
    ("403", "token t1", Call::Status, "auth 403", 1, 1),
    ("id", "503, close, token t1", Call::Start, "ok", 1, 3),
    ("id", "503", Call::Start, "unavailable 503", 0, 3),
    ("id", "429 3600", Call::Start, "unavailable 429", 0, 1),
    ("id", "close", Call::Start, "transport.interrupted", 0, 3),
    ("id", "silence", Call::Start, "transport.timeout", 0, 3),
    ("id", "page", Call::Start, "protocol 200", 0, 1),
    ("id", "token", Call::Start, "protocol 200", 0, 1),
    ("id", "400", Call::Start, "auth 400", 0, 1),
];

fn kind(outcome: &Result<()>) -> String {
    match outcome {
        Ok(()) => "ok".to_owned(),
        Err(error @ Error::NotFound { .. }) => error.kind_text().to_owned(),
        Err(error) => match error.status_code() {
            Some(status) => format!("{} {status}", error.kind_text()),
            None => error.kind_text().to_owned(),
        },
    }
}

/// `x*3` stands for `x, x, x`.
fn script(words: &str) -> Vec<String> {
    let words = words.split(", ").flat_map(|word| {
        let (word, times) = word.split_once('*').unwrap_or((word, "1"));
        vec![word; times.parse().unwrap()]
    });
    words
        .map(|word| word.replace("PAST", PAST).replace("FUTURE", FUTURE))
        .collect()
}

/// Short waits only where the server is going to be silent.
fn timeouts(words: &str) -> Timeouts {
    let silent = ["silence", "half a", "leave unread"];
    let is_silent = words != "half a model" && silent.iter().any(|word| words.contains(word));
    let wait = if is_silent { SHORT } else { PATIENT };
    Timeouts {
        connect: PATIENT,
        response: wait,
        idle: wait,
    }
}

/// No start that may have been taken is sent again, unless it has a key; then with the same one.
fn check_starts(call: Call, server: &ScriptedServer) {
    let seen = server.seen();
    if call.is_plain_start() {
        let taken = seen.iter().filter(|seen| seen.perhaps_taken).count();
        assert!(taken <= 1, "{taken} starts may have been taken");
    }
    if call == Call::KeyedStart {
        let key = |seen: &server::Seen| seen.header("idempotency-key") == Some("key-1");
        assert!(seen.iter().all(key), "{seen:?}");
    }
}

#[tokio::test]
async fn each_fault_has_its_outcome_and_its_number_of_requests() {
    for (words, call, outcome, requests) in ROWS.iter().flat_map(|(_, rows)| *rows) {
        let server = ScriptedServer::start(script(words), Vec::new()).await;
        let mut builder = settings(&server).timeouts(timeouts(words));
        if *words == "nobody listens" {
            let nobody = ScriptedServer::absent().await;
            builder = builder.base_url(format!("http://{nobody}"));
        }
        let got = call.run(builder.build().unwrap()).await;
        assert_eq!(
            (kind(&got).as_str(), server.seen().len()),
            (*outcome, *requests),
            "{words}, {call:?}: {got:?}"
        );
        check_starts(*call, &server);
        if *words == "reset at once" {
            assert_eq!(server.connections(), 1, "the start may have been read");
        }
    }
}

#[tokio::test]
async fn each_fault_of_tokens_has_its_outcome_and_its_number_of_requests() {
    for (words, token_words, call, outcome, requests, token_requests) in TOKEN_ROWS {
        let server = ScriptedServer::start(script(words), script(token_words)).await;
        let builder = settings(&server)
            .credentials("me", "secret-1")
            .timeouts(timeouts(token_words));
        let got = call.run(builder.build().unwrap()).await;
        assert_eq!(
            (
                kind(&got).as_str(),
                server.seen().len(),
                server.token_calls()
            ),
            (*outcome, *requests, *token_requests),
            "{words}, {token_words}, {call:?}: {got:?}"
        );
        check_starts(*call, &server);
        assert!(!format!("{got:?}").contains("secret-1"), "{got:?}");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_comes_back_serves_the_same_client() {
    let server = ScriptedServer::start(script("Started"), script("503*3, token t1")).await;
    let client = settings(&server)
        .credentials("me", "secret")
        .build()
        .unwrap();
    let down = Call::Status.run(client.clone()).await;
    assert_eq!(kind(&down), "unavailable 503");
    let back = Call::Status.run(client).await;
    assert_eq!(kind(&back), "ok", "{back:?}");
    assert_eq!((server.seen().len(), server.token_calls()), (1, 4));
}

#[tokio::test]
async fn a_storm_of_refused_tokens_fetches_one_new_one() {
    const CALLERS: usize = 100;
    let api = script("Started for t2 alone");
    let server = ScriptedServer::start(api, script("token t1, token t2")).await;
    let client = settings(&server)
        .credentials("me", "secret")
        .build()
        .unwrap();
    let calls = (0..CALLERS).map(|_| Call::Status.run(client.clone()));
    let outcomes: Result<Vec<()>> = join_all(calls).await.into_iter().collect();
    assert!(outcomes.is_ok(), "{outcomes:?}");
    assert_eq!(server.token_calls(), 2);
    let seen = server.seen().len();
    assert!(
        (CALLERS + 1..=2 * CALLERS).contains(&seen),
        "{seen} requests"
    );
}

#[tokio::test]
async fn a_retry_after_too_far_off_is_told() {
    for (words, at_least) in [("429 3600", 3600), ("503 FUTURE", 1_000_000)] {
        let server = ScriptedServer::start(script(words), Vec::new()).await;
        let outcome = Call::Start.run(settings(&server).build().unwrap()).await;
        let wait = outcome.unwrap_err().retry_after().unwrap();
        assert!(wait >= Duration::from_secs(at_least), "{words}: {wait:?}");
    }
}

#[tokio::test]
async fn a_download_that_breaks_off_leaves_no_file() {
    for words in ["body cut", "chunk cut", "half a body"] {
        let server = ScriptedServer::start(script(words), Vec::new()).await;
        let client = settings(&server).timeouts(timeouts(words)).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let download = client.result(&"op-1".into()).await.unwrap();
        let saved = download.save(folder.path().join("out.pdf")).await;
        assert!(matches!(saved, Err(Error::Io { .. })), "{words}: {saved:?}");
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 0, "{words}");
    }
}

#[test]
fn the_guide_holds_this_table() {
    let mut text = String::new();
    for (group, rows) in ROWS {
        writeln!(
            text,
            "\n### {group}\n\n| the server | the call | outcome | requests |\n|---|---|---|---|"
        )
        .unwrap();
        for (words, call, outcome, requests) in *rows {
            writeln!(
                text,
                "| {words} | {} | `{outcome}` | {requests} |",
                call.words()
            )
            .unwrap();
        }
    }
    text += "\n### Tokens\n\n| the API | the token endpoint | the call | outcome | requests | token requests |\n|---|---|---|---|---|---|\n";
    for (words, token_words, call, outcome, requests, tokens) in TOKEN_ROWS {
        let call = call.words();
        writeln!(
            text,
            "| {words} | {token_words} | {call} | `{outcome}` | {requests} | {tokens} |"
        )
        .unwrap();
    }
    let page = include_str!("../../../../docs/guide/faults.md");
    assert!(
        page.contains(&text),
        "docs/guide/faults.md is to hold:\n{text}"
    );
}
