//! The wait as a table: a script of replies, the expected end, and the expected virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use slides_types::{ExportFormat, OperationMethod};
use tokio::time::Instant;

use crate::policy::Jitter;
use crate::testing::{self, FakeApi, MockAsyncApi};
use crate::{
    AsyncApi, Download, Error, FileLocation, OperationHandle, OperationId, Payload, PhaseExt,
    PollPolicy, Result, Saved, Seen, StartCall, StartRequest, StatusReply, Target, TransportError,
    TransportErrorKind,
};

/// One entry of a script.
fn entry(word: &str) -> Result<StatusReply> {
    let (word, argument) = word.split_once(' ').unwrap_or((word, ""));
    let seconds = || Duration::from_secs(argument.parse().unwrap());
    match word {
        "cut" => Err(TransportError::new(TransportErrorKind::Interrupted, true, "cut").into()),
        "tls" => Err(TransportError::new(TransportErrorKind::Tls, false, "bad certificate").into()),
        "503" if argument.is_empty() => Err(Error::unavailable(503, "busy", None)),
        "503" => Err(Error::unavailable(503, "busy", Some(seconds()))),
        "404" => Err(Error::not_found("op-1")),
        "400" => Err(Error::invalid("bad id")),
        "Failed" => Ok(testing::reply("op-1", "Failed").error(argument)),
        status if argument.is_empty() => Ok(testing::reply("op-1", status)),
        status => Ok(testing::reply("op-1", status).retry_after(seconds())),
    }
}

/// Entries are parted by `,`; `x*n` repeats an entry.
fn script(text: &str) -> Vec<Result<StatusReply>> {
    let mut all = Vec::new();
    for item in text.split(',').map(str::trim) {
        let (word, times) = item.split_once('*').unwrap_or((item, "1"));
        for _ in 0..times.parse().unwrap() {
            all.push(entry(word));
        }
    }
    all
}

fn text<T>(outcome: &Result<T>) -> String {
    match outcome {
        Ok(_) => "done".to_owned(),
        Err(Error::DeadlineExceeded {
            last,
            elapsed,
            polls,
        }) => {
            format!(
                "deadline: {} after {} s, {polls} polls",
                last.status,
                elapsed.as_secs_f64()
            )
        }
        Err(error) => error.to_string(),
    }
}

/// Plays a script against `until_done` and checks the outcome and the milliseconds it took.
async fn check(policy: PollPolicy, replies: &str, expected: &str, expected_ms: u128) {
    let api = Arc::new(FakeApi::new(script(replies)));
    let start = Instant::now();
    let outcome = OperationHandle::<Download>::new(api, "op-1".into())
        .with_policy(policy)
        .await;
    assert_eq!(
        (text(&outcome).as_str(), start.elapsed().as_millis()),
        (expected, expected_ms),
        "{replies}"
    );
}

/// The default policy with waits that are known.
fn exact() -> PollPolicy {
    PollPolicy {
        jitter: 0.0,
        ..PollPolicy::default()
    }
}

/// Waits of .5, 1, 2, 4, 4 … seconds: whole numbers of the clock's milliseconds.
fn doubling() -> PollPolicy {
    PollPolicy {
        factor: 2.0,
        max: Duration::from_secs(4),
        ..exact()
    }
}

fn short(seconds: u64) -> PollPolicy {
    PollPolicy {
        deadline: Some(Duration::from_secs(seconds)),
        ..doubling()
    }
}

#[tokio::test(start_paused = true)]
async fn orders_of_statuses() {
    for (replies, expected, ms) in [
        ("Finished", "done", 0),
        ("Started, Finished", "done", 500),
        (
            "Created, Enqueued, Started, Finished",
            "done",
            500 + 1000 + 2000,
        ),
        (
            "Created, Started, Enqueued, Started, Finished",
            "done",
            7500,
        ),
        // the back-off stops growing at its maximum
        ("Started*8, Finished", "done", 23_500),
        (
            "Started, Failed bad deck",
            "operation `op-1` failed: bad deck",
            500,
        ),
        (
            "Failed slide 3 is damaged",
            "operation `op-1` failed: slide 3 is damaged",
            0,
        ),
        ("Started, Canceled", "operation `op-1` was canceled", 500),
        ("Created, Canceled", "operation `op-1` was canceled", 500),
    ] {
        check(doubling(), replies, expected, ms).await;
    }
}

#[tokio::test(start_paused = true)]
async fn errors_between_statuses() {
    let cut = "the connection was cut: cut";
    for (replies, expected, ms) in [
        ("Started, cut, Finished", "done", 1500),
        ("cut, Finished", "done", 500),
        ("Started, cut*5, Finished", "done", 15_500),
        ("Started, cut*6, Finished", cut, 15_500),
        // a good reply starts the budget anew
        ("cut*5, Started, cut*5, Finished", "done", 35_500),
        ("Started, 503 7, Finished", "done", 500 + 7000),
        (
            "Started, tls",
            "the TLS handshake failed: bad certificate",
            500,
        ),
        ("Started, 400", "bad id", 500),
    ] {
        check(doubling(), replies, expected, ms).await;
    }
}

#[tokio::test(start_paused = true)]
async fn not_found_has_a_short_grace() {
    let gone = "`op-1` does not exist";
    for (replies, expected, ms) in [
        ("404, Started, Finished", "done", 1500),
        ("404*4, Finished", "done", 7500),
        // the first poll after the five seconds is the last
        ("404*9", gone, 7500),
        // once known, an id that is gone is gone
        ("Started, 404, Finished", gone, 500),
    ] {
        check(doubling(), replies, expected, ms).await;
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_statuses_are_tolerated_for_a_while() {
    let unknown = "operation `op-1` reports status `Paused`, which this client does not know";
    for (replies, expected, ms) in [
        ("Paused, Finished", "done", 500),
        ("Paused*5, Finished", "done", 11_500),
        ("Paused*6, Finished", unknown, 11_500),
        ("Paused*5, Started, Paused*5, Finished", "done", 35_500),
    ] {
        check(doubling(), replies, expected, ms).await;
    }
}

#[tokio::test(start_paused = true)]
async fn deadline_and_retry_after() {
    for (policy, replies, expected, ms) in [
        // the last poll is at the deadline, and may still bring the end
        (short(2), "Started*3, Finished", "done", 2000),
        (
            short(2),
            "Started*9",
            "deadline: Started after 2 s, 4 polls",
            2000,
        ),
        (short(10), "Started 3, Started 4, Finished", "done", 7000),
        (short(10), "Started 3, Started 30, Finished", "done", 10_000),
        (
            short(10),
            "Started 3, Started 30, Started",
            "deadline: Started after 10 s, 3 polls",
            10_000,
        ),
        // shorter than the back-off: the back-off holds
        (short(10), "Started 0, Started 0, Finished", "done", 1500),
        // an unreasonable header counts as a minute
        (short(900), "Started 86400, Finished", "done", 60_000),
        // a hiccup at the end does not hide the deadline
        (
            short(2),
            "Started*3, cut",
            "deadline: Started after 2 s, 4 polls",
            2000,
        ),
        (short(1), "cut*9", "the connection was cut: cut", 1000),
    ] {
        check(policy, replies, expected, ms).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_deadline_waits_on() {
    let policy = PollPolicy {
        deadline: None,
        ..doubling()
    };
    check(policy, "Started*400, Finished", "done", 7500 + 396 * 4000).await;
}

#[tokio::test(start_paused = true)]
async fn odd_policies_neither_spin_nor_panic() {
    let odd = PollPolicy {
        factor: f64::NAN,
        max: Duration::from_secs(1),
        ..short(5)
    };
    check(
        odd,
        "Started*99",
        "deadline: Started after 5 s, 11 polls",
        5000,
    )
    .await;
    let huge = PollPolicy {
        factor: f64::MAX,
        deadline: Some(Duration::MAX),
        ..exact()
    };
    check(huge, "Started*2, Finished", "done", 5500).await;
}

#[tokio::test(start_paused = true)]
async fn a_status_call_that_hangs_ends_soon_after_the_deadline() {
    let api = Arc::new(FakeApi::statuses(["Started"]).with_latency(Duration::from_hours(1)));
    let start = Instant::now();
    let outcome = OperationHandle::<Download>::new(api, "op-1".into())
        .with_policy(short(30))
        .await;
    assert_eq!(outcome.unwrap_err().kind_text(), "transport.timeout");
    assert_eq!(start.elapsed(), Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn next_gives_each_status_at_once_and_then_none() {
    let api = Arc::new(FakeApi::new(script("Created, cut, Started, Finished")).with_result("%PDF"));
    let mut handle =
        OperationHandle::<Download>::new(api.clone(), "op-1".into()).with_policy(exact());
    let start = Instant::now();
    let mut seen = Vec::new();
    while let Some(now) = handle.next().await {
        seen.push((now.unwrap().status.to_string(), start.elapsed().as_millis()));
    }
    let expected = [("Created", 0), ("Started", 1250), ("Finished", 2375)];
    assert_eq!(seen, expected.map(|(status, ms)| (status.to_owned(), ms)));
    assert!(handle.next().await.is_none());
    assert_eq!(handle.await.unwrap().bytes().await.unwrap(), "%PDF");
    assert_eq!(api.status_calls(), 4, "the end is not asked for again");
}

#[tokio::test(start_paused = true)]
async fn waits_are_spread_and_not_shorter_than_the_server_wants() {
    for (replies, at_least, at_most) in [
        ("Started, Started, Started, Finished", 1187, 2375),
        ("Started 3, Started 3, Finished", 6000, 9000),
    ] {
        let mut times = Vec::new();
        for seed in 0..20 {
            let api = Arc::new(FakeApi::new(script(replies)));
            let mut handle = OperationHandle::<Download>::new(api, "op-1".into());
            handle.jitter = Jitter::seeded(seed);
            let start = Instant::now();
            handle.await.unwrap();
            times.push(start.elapsed().as_millis());
        }
        times.sort_unstable();
        // the paused clock rounds each of the waits up to a millisecond
        let bounds = at_least..=at_most + 3;
        assert!(times.iter().all(|ms| bounds.contains(ms)), "{times:?}");
        times.dedup();
        assert!(times.len() > 15, "{times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn updates_is_the_same_as_a_stream() {
    let api = Arc::new(FakeApi::failing_with("bad deck"));
    let mut handle = OperationHandle::<Download>::new(api, "op-1".into());
    let seen: Vec<_> = handle
        .updates()
        .map(|now| now.unwrap().status.to_string())
        .collect()
        .await;
    assert_eq!(seen, ["Started", "Failed"]);
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_the_items_but_not_the_operation() {
    let api = Arc::new(FakeApi::new(script("Started, 400, Started, Finished")));
    let mut handle = OperationHandle::<Download>::new(api, "op-1".into());
    let seen: Vec<_> = handle.updates().map(|now| now.is_ok()).collect().await;
    assert_eq!(seen, [true, false]);
    assert!(handle.next().await.is_none());
    handle.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn dropped_futures_lose_nothing() {
    let api = Arc::new(
        FakeApi::statuses(["Created", "Started", "Finished"])
            .with_latency(Duration::from_millis(300)),
    );
    let mut handle = OperationHandle::<Download>::new(api.clone(), "op-1".into());
    let mut seen = Vec::new();
    // every call is cut off twice: once in its sleep or early in the call, once in mid-call
    for limit in [100, 250, 400, 100, 600, 700, 900, 100, 1000, 1300, 1300] {
        tokio::select! {
            item = handle.next() => match item {
                Some(item) => seen.push(item.unwrap().status.to_string()),
                None => break,
            },
            () = tokio::time::sleep(Duration::from_millis(limit)) => {}
        }
    }
    assert_eq!(seen, ["Created", "Started", "Finished"]);
    assert_eq!(
        api.status_calls(),
        3,
        "a dropped call takes nothing from the script"
    );

    let mut again = OperationHandle::<Download>::new(api, "op-1".into());
    let cut = tokio::time::timeout(Duration::from_millis(1), again.wait()).await;
    assert!(cut.is_err());
    again.wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_spent_deadline_can_be_waited_for_again() {
    let api = Arc::new(FakeApi::statuses([
        "Started", "Started", "Started", "Started", "Finished",
    ]));
    let mut handle =
        OperationHandle::<Download>::new(api.clone(), "op-1".into()).with_policy(short(1));
    let error = handle.wait().await.unwrap_err();
    assert!(
        matches!(error, Error::DeadlineExceeded { polls: 3, .. }),
        "{error}"
    );

    let id = error.operation_id().unwrap();
    OperationHandle::<Download>::new(api, id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn cancel_is_explicit_and_seen_in_the_status() {
    let api = Arc::new(FakeApi::statuses(["Started"]));
    let mut handle = OperationHandle::<Download>::new(api.clone(), "op-1".into());
    handle.next().await.unwrap().unwrap();
    handle.cancel().await.unwrap();
    assert!(matches!(handle.await, Err(Error::Canceled { .. })));

    let mut mock = MockAsyncApi::new();
    mock.expect_cancel()
        .returning(|_| Err(Error::unsupported("cancel", "the vendor's cloud")));
    let error = OperationHandle::<Download>::new(Arc::new(mock), "op-1".into())
        .cancel()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the vendor's cloud does not support `cancel`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_result_that_breaks_off_at_first_is_fetched_again() {
    let mut api = MockAsyncApi::new();
    api.expect_status()
        .times(1)
        .returning(|id| Ok(testing::reply(id, "Finished")));
    let mut tries = 0;
    api.expect_result().times(3).returning(move |_| {
        tries += 1;
        if tries < 3 {
            Err(Error::unavailable(503, "busy", None))
        } else {
            Ok(Download::from_bytes("ok"))
        }
    });
    let start = Instant::now();
    let result = OperationHandle::<Download>::new(Arc::new(api), "op-1".into())
        .with_policy(exact())
        .await
        .unwrap();
    assert_eq!(result.bytes().await.unwrap(), "ok");
    assert_eq!(start.elapsed(), Duration::from_millis(1250));
}

#[tokio::test(start_paused = true)]
async fn a_saved_result_says_where_it_lies() {
    let mut target = Target::new(ExportFormat::Pdf);
    target.storage = Some("Archive".into());
    let call = StartCall::ConvertAndSave {
        target,
        out_path: "out/deck.pdf".into(),
    };
    let request = StartRequest::new(call).document(Payload::bytes("PK"));
    let api = Arc::new(FakeApi::finishing_with(""));
    let saved = OperationHandle::<Saved>::start(api.clone(), request.clone())
        .await
        .unwrap()
        .await
        .unwrap();
    assert_eq!(
        saved.location(),
        Some(FileLocation::new("out/deck.pdf").in_storage(Some("Archive".into())))
    );

    let wrong = OperationHandle::<Download>::start(api.clone(), request)
        .await
        .unwrap_err();
    assert_eq!(wrong.status_code(), Some(400), "{wrong}");
    assert_eq!(api.started().len(), 1, "refused before it was started");
}

#[tokio::test(start_paused = true)]
async fn resuming_under_the_wrong_kind_is_refused() {
    let entries = || {
        let method = OperationMethod::MergeAndSave;
        [
            Ok(testing::reply("op-1", "Started").method(method.clone())),
            Ok(testing::reply("op-1", "Finished").method(method)),
        ]
    };
    let api = Arc::new(FakeApi::new(entries()));
    let error = OperationHandle::<Download>::new(api, "op-1".into())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`MergeAndSave`, which does not end in a `Download`"),
        "{error}"
    );

    let saved = OperationHandle::<Saved>::new(Arc::new(FakeApi::new(entries())), "op-1".into())
        .await
        .unwrap();
    assert_eq!(saved.location(), None);
}

#[tokio::test(start_paused = true)]
async fn a_handle_can_cross_threads_and_shows_no_more_than_its_state() {
    fn check<T: Send + Sync>(_: &T) {}
    let mut handle =
        OperationHandle::<Download>::new(Arc::new(FakeApi::statuses(["Enqueued"])), "op-1".into());
    check(&handle);
    assert_eq!(handle.poll().await.unwrap().phase(), crate::Phase::Pending);
    assert_eq!(
        format!("{handle:?}"),
        "OperationHandle { id: OperationId(\"op-1\"), status: Some(Enqueued), polls: 1, .. }"
    );
}

/// An implementer that knows of changes by itself: a plan of statuses by the seconds at which they begin. It keeps the
/// calls with the milliseconds at which they came.
struct Telling {
    plan: Vec<(u64, &'static str)>,
    begun: Instant,
    /// Answers at once, whether there is news or not.
    hasty: bool,
    calls: Mutex<Vec<(&'static str, u128)>>,
}

impl Telling {
    fn new(plan: impl IntoIterator<Item = (u64, &'static str)>) -> Self {
        Self {
            plan: plan.into_iter().collect(),
            begun: Instant::now(),
            hasty: false,
            calls: Mutex::default(),
        }
    }

    fn called(&self, what: &'static str) {
        let at = self.begun.elapsed().as_millis();
        self.calls.lock().unwrap().push((what, at));
    }

    fn calls(&self) -> Vec<(&'static str, u128)> {
        self.calls.lock().unwrap().clone()
    }

    fn now(&self) -> StatusReply {
        let past = |entry: &&(u64, &str)| Duration::from_secs(entry.0) <= self.begun.elapsed();
        testing::reply("op-1", self.plan.iter().rfind(past).unwrap().1)
    }
}

#[async_trait]
impl AsyncApi for Telling {
    async fn start(&self, _: StartRequest) -> Result<OperationId> {
        Ok("op-1".into())
    }

    async fn status(&self, _: &OperationId) -> Result<StatusReply> {
        self.called("status");
        Ok(self.now())
    }

    async fn result(&self, _: &OperationId) -> Result<Download> {
        Ok(Download::from_bytes("%PDF"))
    }

    async fn changed(&self, _: &OperationId, seen: Seen, limit: Duration) -> Result<StatusReply> {
        self.called("changed");
        let end = Instant::now() + limit;
        loop {
            let reply = self.now();
            if self.hasty || seen.is_outdated_by(&reply.operation) || Instant::now() >= end {
                return Ok(reply);
            }
            let times = self.plan.iter().map(|(at, _)| *at);
            let next = times.map(|at| self.begun + Duration::from_secs(at));
            let next = next.filter(|at| *at > Instant::now()).min();
            tokio::time::sleep_until(next.unwrap_or(end).min(end)).await;
        }
    }
}

/// Waits as `doubling`, but for what the implementer tells.
fn held(seconds: u64) -> PollPolicy {
    PollPolicy {
        held: Some(Duration::from_secs(seconds)),
        ..doubling()
    }
}

#[tokio::test(start_paused = true)]
async fn news_is_told_where_the_policy_leaves_the_wait_to_the_implementer() {
    let deadline = PollPolicy {
        deadline: Some(Duration::from_secs(5)),
        ..held(30)
    };
    let (polled, told) = ("status", "changed");
    for (policy, plan, expected, ms, calls) in [
        // without it, the end is seen at the next poll
        (
            doubling(),
            vec![(0, "Started"), (5, "Finished")],
            "done",
            7500,
            vec![
                (polled, 0),
                (polled, 500),
                (polled, 1500),
                (polled, 3500),
                (polled, 7500),
            ],
        ),
        (
            held(30),
            vec![(0, "Started"), (5, "Finished")],
            "done",
            5000,
            vec![(polled, 0), (told, 100)],
        ),
        (
            held(30),
            vec![(0, "Created"), (1, "Started"), (2, "Finished")],
            "done",
            2000,
            vec![(polled, 0), (told, 100), (told, 1100)],
        ),
        // silence ends after the policy's time
        (
            held(30),
            vec![(0, "Started"), (70, "Finished")],
            "done",
            70_000,
            vec![(polled, 0), (told, 100), (told, 30_200), (told, 60_300)],
        ),
        // what the server would not understand is asked for
        (
            held(30),
            vec![(0, "Paused"), (1, "Started"), (2, "Finished")],
            "done",
            2000,
            vec![(polled, 0), (polled, 500), (polled, 1500), (told, 1600)],
        ),
        (
            deadline,
            vec![(0, "Started")],
            "deadline: Started after 5 s, 2 polls",
            5000,
            vec![(polled, 0), (told, 100)],
        ),
    ] {
        let api = Arc::new(Telling::new(plan.clone()));
        let start = Instant::now();
        let outcome = OperationHandle::<Download>::new(api.clone(), "op-1".into())
            .with_policy(policy)
            .await;
        let took = start.elapsed().as_millis();
        assert_eq!((text(&outcome).as_str(), took), (expected, ms), "{plan:?}");
        assert_eq!(api.calls(), calls, "{plan:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_tells_without_news_is_not_asked_more_often_than_by_polls() {
    let hasty = Arc::new(Telling {
        hasty: true,
        ..Telling::new([(0, "Started"), (100, "Finished")])
    });
    let handle = OperationHandle::<Download>::new(hasty.clone(), "op-1".into());
    handle.with_policy(held(30)).await.unwrap();
    assert!(hasty.calls().len() < 30, "{:?}", hasty.calls());
}

#[tokio::test(start_paused = true)]
async fn waits_that_are_dropped_again_and_again_ask_no_more_often_than_polls() {
    let api = Arc::new(Telling::new([(0, "Started"), (20, "Finished")]));
    let mut handle =
        OperationHandle::<Download>::new(api.clone(), "op-1".into()).with_policy(held(30));
    // a display that draws a frame every tenth of a second
    let mut seen = Vec::new();
    loop {
        tokio::select! {
            biased;
            item = handle.next() => match item {
                Some(item) => seen.push(item.unwrap().status.to_string()),
                None => break,
            },
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
    }
    assert_eq!(seen.last().map(String::as_str), Some("Finished"));
    let polls = api.calls().iter().filter(|call| call.0 == "status").count();
    // by its back-off of up to 4 s it would poll eight times; each may have one wait beside it
    assert!((5..=9).contains(&polls), "{:?}", api.calls());
    assert!(api.calls().len() <= 2 * polls, "{:?}", api.calls());
}

#[tokio::test(start_paused = true)]
async fn first_polls_can_be_spread() {
    let policy = PollPolicy {
        first_within: Duration::from_secs(10),
        ..doubling()
    };
    let mut times = Vec::new();
    for seed in 0..100 {
        let api = Arc::new(FakeApi::statuses(["Finished"]));
        let mut handle =
            OperationHandle::<Download>::new(api, "op-1".into()).with_policy(policy.clone());
        handle.jitter = Jitter::seeded(seed);
        let start = Instant::now();
        handle.wait().await.unwrap();
        times.push(start.elapsed().as_millis());
    }
    times.sort_unstable();
    assert!(
        times[0] < 1000 && times[99] > 9000 && times[99] <= 10_001,
        "{times:?}"
    );
    let most = times
        .chunk_by(|a, b| a / 1000 == b / 1000)
        .map(<[u128]>::len);
    assert!(most.max() < Some(25), "{times:?}");
}
