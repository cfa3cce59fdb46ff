//! Operations followed: long polls and server-sent events.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use slides_core::testing::{FakeApi, reply};
use slides_core::{AsyncApi, Error, MockAsyncApi, MockStorageApi};
use slides_server::{Credentials, Server, WatchLimits};
use tokio::time::Instant;
use tower::ServiceExt;

use crate::support::{call, get};

const STATUS: &str = "/v3.0/slides/async/op-1";
const EVENTS: &str = "/v3.0/slides/async/op-1/events";

fn builder(api: impl AsyncApi) -> slides_server::ServerBuilder {
    Server::builder(Arc::new(api), Arc::new(MockStorageApi::new()))
}

fn script() -> FakeApi {
    let step = |n| Ok(reply("op-1", "Started").progress(n, 3));
    let enqueued = || Ok(reply("op-1", "Enqueued"));
    FakeApi::new([
        enqueued(),
        enqueued(),
        step(1),
        step(1),
        step(2),
        Ok(reply("op-1", "Finished").progress(3, 3)),
    ])
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_held_back_until_there_is_something_new() {
    let server = builder(script()).build();
    let begun = Instant::now();
    let ask = async |query: &str| {
        let answer = get(&server, &format!("{STATUS}?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("preference-applied")),
            (200, "wait")
        );
        let json = answer.json();
        (
            json["status"].as_str().unwrap().to_owned(),
            json["progress"]["stepIndex"].as_i64(),
        )
    };
    assert_eq!(ask("wait=30").await, ("Started".into(), Some(1)));
    assert_eq!(
        ask("wait=30&since=Started:1").await,
        ("Started".into(), Some(2))
    );
    assert_eq!(
        ask("wait=30&since=Started:1").await,
        ("Finished".into(), Some(3))
    );
    // An end is told at once, and so is what differs from what the caller knows.
    assert_eq!(ask("wait=30").await.0, "Finished");
    assert_eq!(ask("wait=30&since=Finished:3").await.0, "Finished");
    assert!(begun.elapsed() < Duration::from_secs(2));

    let still = builder(FakeApi::statuses(["Enqueued"])).build();
    for (wait, seconds) in [("0", 0), ("2.5", 3), ("30", 30), ("3000", 30)] {
        let begun = Instant::now();
        let answer = get(&still, &format!("{STATUS}?wait={wait}")).await;
        assert_eq!(answer.json()["status"], "Enqueued");
        assert_eq!(
            begun.elapsed().as_secs_f64().ceil() as u64,
            seconds,
            "{wait}"
        );
    }
    for query in [
        "wait=x",
        "wait=-1",
        "wait=NaN",
        "wait=inf",
        "wait=1&since=Resting",
    ] {
        let answer = get(&still, &format!("{STATUS}?{query}")).await;
        answer.error(400, "invalidArgument");
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_told_until_the_end() {
    let server = builder(script()).build();
    let answer = get(&server, EVENTS).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("cache-control"), "no-store");
    let events: Vec<(&str, &str, serde_json::Value)> = answer
        .text()
        .split_terminator("\n\n")
        .map(|event| {
            let mut lines = event.lines();
            let mut field = |name: &str| lines.next().unwrap().strip_prefix(name).unwrap();
            let (event, id) = (field("event: "), field("id: "));
            (event, id, serde_json::from_str(field("data: ")).unwrap())
        })
        .collect();
    let told: Vec<_> = events.iter().map(|(event, id, _)| (*event, *id)).collect();
    assert_eq!(
        told,
        [
            ("status", "Enqueued"),
            ("status", "Started:1"),
            ("progress", "Started:2"),
            ("end", "Finished:3")
        ]
    );
    assert_eq!(events[2].2["progress"]["stepCount"], 3);
    assert_eq!(events[3].2["status"], "Finished");
    // Who comes back after the end is told to stay away, who missed it is told.
    let back = call(
        &server,
        "GET",
        EVENTS,
        &[("last-event-id", "Finished:3")],
        b"",
    )
    .await;
    assert_eq!((back.status.as_u16(), back.text()), (204, ""));
    let late = call(
        &server,
        "GET",
        EVENTS,
        &[("last-event-id", "Started:2")],
        b"",
    )
    .await;
    assert!(late.text().starts_with("event: end\n"), "{}", late.text());
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_kept_alive_and_ends_in_time() {
    let mut limits = WatchLimits::default();
    limits.max_stream = Duration::from_secs(40);
    let server = builder(FakeApi::statuses(["Enqueued"]))
        .watch_limits(limits)
        .build();
    let answer = get(&server, EVENTS).await;
    let comments: Vec<_> = answer.text().split_terminator("\n\n").skip(1).collect();
    assert_eq!(
        comments,
        [": alive", ": alive", ": alive", ": come back\nretry: 1000"]
    );
    let again = call(
        &server,
        "GET",
        EVENTS,
        &[("last-event-id", "Enqueued")],
        b"",
    )
    .await;
    assert!(again.text().starts_with(": alive\n\n"), "{}", again.text());
}

#[tokio::test(start_paused = true)]
async fn watchers_are_bounded_and_leave_their_place() {
    let mut limits = WatchLimits::default();
    limits.max_watchers = 1;
    let server = builder(FakeApi::statuses(["Enqueued"]))
        .watch_limits(limits)
        .build();
    let request = || http::Request::get(EVENTS).body(Body::empty()).unwrap();
    let stream = server.router().oneshot(request()).await.unwrap();
    let mut stream = stream.into_body().into_data_stream();
    let first = stream.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: status\n"));
    let refused = get(&server, EVENTS).await;
    refused.error(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    // A long poll becomes a plain one.
    let begun = Instant::now();
    let plain = get(&server, &format!("{STATUS}?wait=30")).await;
    assert_eq!(
        (plain.status.as_u16(), plain.header("preference-applied")),
        (200, "")
    );
    assert_eq!(begun.elapsed(), Duration::ZERO);
    drop(stream);
    let waited = get(&server, &format!("{STATUS}?wait=30")).await;
    assert_eq!(waited.header("preference-applied"), "wait");
    let more = server.router().oneshot(request()).await.unwrap();
    assert_eq!(more.status(), 200);
    drop(more.into_body().frame().await);
}

#[tokio::test]
async fn another_clients_operation_is_unknown_however_it_is_asked_for() {
    let server = builder(MockAsyncApi::new())
        .credentials(Credentials::new("me", "s3cret"))
        .credentials(Credentials::new("you", "s3cret"))
        .for_client(|client| {
            let mut api = MockAsyncApi::new();
            let mine = client == "me";
            api.expect_status().returning(move |id| {
                if mine {
                    Ok(reply(id, "Finished"))
                } else {
                    Err(Error::not_found(id.as_str()))
                }
            });
            api.expect_result()
                .returning(|id| Err(Error::not_found(id.as_str())));
            api.expect_cancel()
                .returning(|id| Err(Error::not_found(id.as_str())));
            Arc::new(api)
        })
        .build();
    for (client, method, path, status) in [
        ("me", "GET", EVENTS.to_owned(), 200),
        ("you", "GET", EVENTS.to_owned(), 404),
        ("me", "GET", format!("{STATUS}?wait=30"), 200),
        ("you", "GET", format!("{STATUS}?wait=30"), 404),
        ("you", "GET", STATUS.to_owned(), 404),
        ("you", "GET", format!("{STATUS}/result"), 404),
        ("you", "DELETE", STATUS.to_owned(), 404),
    ] {
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret=s3cret");
        let token = call(&server, "POST", "/connect/token", &[], form.as_bytes()).await;
        let token = token.json()["access_token"].as_str().unwrap().to_owned();
        let header = format!("Bearer {token}");
        let answer = call(&server, method, &path, &[("authorization", &header)], b"").await;
        assert_eq!(answer.status.as_u16(), status, "{client} {method} {path}");
    }
    assert_eq!(get(&server, EVENTS).await.status, 401);
}
