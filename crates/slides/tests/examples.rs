//! The examples do what they say.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../examples/batch.rs"]
mod batch;
#[path = "../examples/mocking.rs"]
mod mocking;
#[path = "../examples/progress.rs"]
mod progress;
#[path = "../examples/tutorial.rs"]
mod tutorial;
#[path = "../examples/web.rs"]
mod web;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::StreamExt;
use indicatif::ProgressBar;
use slides::testing::{self, FakeApi, MockAsyncApi};
use slides::{AsyncApi, Client, Download, PollPolicy};
use tower::ServiceExt;

#[tokio::test(start_paused = true)]
async fn the_tutorial_saves_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("out.pdf");
    let client = Client::new(FakeApi::finishing_with("%PDF-1.7"));
    tutorial::convert(&client, "deck.pptx".as_ref(), &pdf)
        .await
        .unwrap();
    assert_eq!(std::fs::read(pdf).unwrap(), b"%PDF-1.7");
}

#[tokio::test(start_paused = true)]
async fn the_batch_runs_a_few_at_once_and_goes_on_after_a_failure() {
    const AT_ONCE: usize = 3;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
    let mut api = MockAsyncApi::new();
    let (started, seen) = (running.clone(), most.clone());
    api.expect_start().returning(move |request| {
        let now = started.fetch_add(1, Ordering::SeqCst) + 1;
        let mut most = seen.lock().unwrap();
        *most = now.max(*most);
        Ok(request.documents[0].name().unwrap().into())
    });
    // asked once as Started, then at its end
    let asked = Mutex::new(std::collections::BTreeSet::new());
    api.expect_status().returning(move |id| {
        if asked.lock().unwrap().insert(id.clone()) {
            return Ok(testing::reply(id, "Started"));
        }
        running.fetch_sub(1, Ordering::SeqCst);
        Ok(match id.as_str() {
            "4.pptx" => testing::reply(id, "Failed").error("bad deck"),
            _ => testing::reply(id, "Finished"),
        })
    });
    api.expect_result()
        .returning(|_| Ok(Download::from_bytes("%PDF")));

    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(api);
    let decks = (0..10)
        .map(|n| PathBuf::from(format!("{n}.pptx")))
        .collect();
    let ended: Vec<_> = batch::convert_all(&client, decks, folder.path(), AT_ONCE)
        .collect()
        .await;
    assert_eq!(*most.lock().unwrap(), AT_ONCE);
    assert_eq!(ended.len(), 10);
    for (deck, outcome) in ended {
        let failed = deck.ends_with("4.pptx");
        assert_eq!(outcome.is_err(), failed, "{}: {outcome:?}", deck.display());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 9);
}

/// The status, the headers and the text of what a process of the service answers.
async fn ask(api: &Arc<FakeApi>, method: &str, path: &str) -> (StatusCode, String, String) {
    let api: Arc<dyn AsyncApi> = api.clone();
    let process = web::service(Client::from_parts(api, None));
    let request = Request::builder().method(method).uri(path);
    let answer = process
        .oneshot(request.body(Body::from("PK")).unwrap())
        .await
        .unwrap();
    let headers = format!("{:?}", answer.headers());
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 10).await;
    (
        status,
        headers,
        String::from_utf8(body.unwrap().to_vec()).unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn the_web_service_hands_out_an_id_that_another_process_resumes() {
    let api = Arc::new(FakeApi::statuses(["Enqueued", "Started", "Finished"]).with_result("%PDF"));
    let (status, headers, id) = ask(&api, "POST", "/decks").await;
    assert_eq!((status, id.as_str()), (StatusCode::ACCEPTED, "op-1"));
    assert!(headers.contains("/decks/op-1"), "{headers}");
    assert_eq!(api.status_calls(), 0, "nobody waits behind the answer");
    for expected in [
        (StatusCode::ACCEPTED, "Enqueued"),
        (StatusCode::ACCEPTED, "Started"),
        (StatusCode::OK, "%PDF"),
    ] {
        let (status, _, text) = ask(&api, "GET", "/decks/op-1").await;
        assert_eq!((status, text.as_str()), expected);
    }

    let failing = Arc::new(FakeApi::new([Ok(
        testing::reply("op-1", "Failed").error("bad deck")
    )]));
    let (status, _, text) = ask(&failing, "GET", "/decks/op-1").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("bad deck"), "{text}");
    let (status, ..) = ask(&Arc::new(FakeApi::new([])), "GET", "/decks/op-1").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn the_progress_bar_shows_slides_done_of_all() {
    let steps = [
        Ok(testing::reply("op-1", "Enqueued")),
        Ok(testing::reply("op-1", "Started").progress(3, 12)),
        Ok(testing::reply("op-1", "Finished").progress(12, 12)),
    ];
    let client = Client::new(FakeApi::new(steps).with_result("%PDF"));
    // looks at 0, 2 and 5 s
    let client = client.with_poll_policy(PollPolicy {
        initial: Duration::from_secs(2),
        jitter: 0.0,
        ..PollPolicy::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("out.pdf");
    let bar = ProgressBar::hidden();
    let deck = "deck.pptx".as_ref();
    {
        let mut run = std::pin::pin!(progress::convert(&client, deck, &pdf, &bar));
        let begun = tokio::time::timeout(Duration::from_secs(3), &mut run).await;
        begun.unwrap_err();
        assert_eq!((bar.position(), bar.length()), (3, Some(12)));
        assert_eq!(bar.message(), "Started");
        run.await.unwrap();
    }
    assert!(bar.is_finished() && bar.position() == 12);
    assert_eq!(std::fs::read(pdf).unwrap(), b"%PDF");
}

#[tokio::test(start_paused = true)]
async fn mocks_take_the_place_of_a_server() {
    let deck = || b"PK".to_vec();
    assert_eq!(
        mocking::verdict(&mocking::scripted(), deck()).await,
        "a PDF of 8 bytes"
    );
    assert_eq!(
        mocking::verdict(&mocking::refusing(), deck()).await,
        "not taken: too large"
    );
}

#[test]
fn the_guide_shows_the_tutorial() {
    let code = include_str!("../examples/tutorial.rs");
    let guide = include_str!("../../../docs/guide/tutorials.md");
    let (_, rest) = code.split_once("pub(crate) async fn convert").unwrap();
    let (_, body) = rest.split_once("{\n").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    assert!(guide.contains(body), "the guide is to show:\n{body}");
}
