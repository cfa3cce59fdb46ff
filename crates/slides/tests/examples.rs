//! The examples do what they say.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../examples/batch.rs"]
mod batch;
#[path = "../examples/tutorial.rs"]
mod tutorial;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use slides::testing::{self, FakeApi, MockAsyncApi};
use slides::{Client, Download};

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

#[test]
fn the_guide_shows_the_tutorial() {
    let code = include_str!("../examples/tutorial.rs");
    let guide = include_str!("../../../docs/guide/tutorials.md");
    let (_, rest) = code.split_once("pub(crate) async fn convert").unwrap();
    let (_, body) = rest.split_once("{\n").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    assert!(guide.contains(body), "the guide is to show:\n{body}");
}
