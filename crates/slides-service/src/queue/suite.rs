//! The conformance suite: every store gives the same answers.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;

fn operation(id: &str) -> NewOperation {
    NewOperation {
        id: id.to_owned(),
        tenant: String::new(),
        method: "Convert".to_owned(),
        request: id.as_bytes().to_vec(),
        inputs: vec![format!("in-{id}")],
        max_attempts: 2,
        idempotency: None,
    }
}

fn keyed(id: &str, key: &str, hash: &str) -> NewOperation {
    let key = IdempotencyKey {
        key: key.to_owned(),
        request_hash: hash.to_owned(),
    };
    NewOperation {
        idempotency: Some(key),
        ..operation(id)
    }
}

fn finished(hold: &Hold) -> Outcome {
    Outcome::Finished {
        result: Some(ResultRef {
            blob: format!("{}.{}", hold.id, hold.epoch),
            len: 7,
            sha256: "ab".to_owned(),
            media_type: "application/pdf".to_owned(),
            file_name: "deck.pdf".to_owned(),
        }),
        warnings: vec!["slide 1: chart: left out".to_owned()],
        progress: Some(Progress {
            step_index: 3,
            step_count: 3,
            description: None,
        }),
    }
}

/// Runs a check on each store.
fn on_each(check: impl Fn(&dyn Store)) {
    check(&MemoryStore::new());
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteOptions::default();
    check(&SqliteStore::open(dir.path().join("queue.db"), &options).unwrap());
}

fn claim(store: &dyn Store, now: Micros) -> Hold {
    let row = store
        .claim("w", now + 30, now)
        .unwrap()
        .expect("an operation is ready");
    Hold::new(row.id, row.epoch)
}

#[test]
fn a_life_from_submit_to_expiry() {
    on_each(|store| {
        assert_eq!(store.submit(operation("a"), 1).unwrap(), Submitted::New);
        let row = store.get("a").unwrap().unwrap();
        assert_eq!((row.state, row.created, row.epoch), (State::Enqueued, 1, 0));

        let hold = claim(store, 5);
        let row = store.get("a").unwrap().unwrap();
        assert_eq!(
            (row.state, row.started, row.epoch, row.attempts),
            (State::Started, Some(5), 1, 1)
        );
        assert_eq!(row.lease_until, Some(35));

        let progress = Progress {
            step_index: 1,
            step_count: 3,
            description: Some("Slide converted".to_owned()),
        };
        assert_eq!(
            store.heartbeat(&hold, 60, Some(progress.clone())).unwrap(),
            Beat::Held { cancel: false }
        );
        assert_eq!(
            store.heartbeat(&hold, 70, None).unwrap(),
            Beat::Held { cancel: false }
        );
        let row = store.get("a").unwrap().unwrap();
        assert_eq!((row.progress, row.lease_until), (Some(progress), Some(70)));

        assert_eq!(
            store.end(&hold, finished(&hold), 80, 1000).unwrap(),
            Ended::Recorded
        );
        let row = store.get("a").unwrap().unwrap();
        assert_eq!(
            (row.state, row.ended, row.expires),
            (State::Finished, Some(80), Some(1000))
        );
        assert_eq!(row.result.unwrap().blob, "a.1");
        assert_eq!(row.warnings.len(), 1);

        assert_eq!(store.expire(999, 10).unwrap(), []);
        let expired = store.expire(1000, 10).unwrap();
        assert_eq!(
            expired,
            [Expired {
                id: "a".to_owned(),
                blobs: vec!["in-a".to_owned(), "a.1".to_owned()]
            }]
        );
        assert_eq!(store.get("a").unwrap(), None);
    });
}

#[test]
fn operations_are_handed_out_in_the_order_they_came() {
    on_each(|store| {
        for (id, at) in [("b", 2), ("a", 2), ("c", 1)] {
            store.submit(operation(id), at).unwrap();
        }
        let order: Vec<_> = (0..3).map(|_| claim(store, 10).id).collect();
        assert_eq!(order, ["c", "b", "a"]);
        assert_eq!(store.claim("w", 40, 10).unwrap(), None);
    });
}

#[test]
fn one_operation_can_be_asked_for() {
    on_each(|store| {
        for id in ["a", "b"] {
            store.submit(operation(id), 1).unwrap();
        }
        let claimed = store.claim_one("b", "aside", 100, 2).unwrap().unwrap();
        assert_eq!((claimed.id.as_str(), claimed.epoch), ("b", 1));
        assert_eq!(claimed.state, State::Started);
        // It is held, and a name that nothing has is nothing.
        for id in ["b", "c"] {
            assert_eq!(store.claim_one(id, "aside", 100, 3).unwrap(), None);
        }
        // One that waits for its next try waits for this claim as well.
        let hold = Hold::new("b", 1);
        store.release(&hold, 50, true).unwrap();
        assert_eq!(store.claim_one("b", "aside", 100, 49).unwrap(), None);
        assert_eq!(store.claim("w", 100, 4).unwrap().unwrap().id, "a");
        assert!(store.claim_one("b", "aside", 100, 50).unwrap().is_some());
    });
}

#[test]
fn a_late_worker_changes_nothing() {
    on_each(|store| {
        store.submit(operation("a"), 1).unwrap();
        let late = claim(store, 1);
        let rescued = store.rescue(Rescue::Expired, 100, 1000).unwrap();
        assert_eq!(rescued.requeued, ["a"]);
        assert_eq!(store.heartbeat(&late, 200, None).unwrap(), Beat::Lost);
        let second = claim(store, 100);
        assert_eq!(second.epoch, late.epoch + 1);
        assert_eq!(
            store.end(&late, finished(&late), 110, 1000).unwrap(),
            Ended::Fenced
        );
        assert_eq!(store.release(&late, 0, true).unwrap(), Ended::Fenced);
        assert_eq!(
            store.end(&second, finished(&second), 120, 1000).unwrap(),
            Ended::Recorded
        );
        let failure = Outcome::Failed(Failure::new(500, "internal", "late"));
        assert_eq!(
            store.end(&second, failure, 130, 1000).unwrap(),
            Ended::Fenced
        );
        assert_eq!(store.get("a").unwrap().unwrap().result.unwrap().blob, "a.2");
    });
}

#[test]
fn tries_are_counted_and_end() {
    on_each(|store| {
        store.submit(operation("a"), 1).unwrap();
        claim(store, 1);
        assert_eq!(
            store.rescue(Rescue::Expired, 100, 1000).unwrap().requeued,
            ["a"]
        );
        claim(store, 101);
        // The lease still runs.
        assert_eq!(
            store.rescue(Rescue::Expired, 120, 1000).unwrap(),
            Rescued::default()
        );
        assert_eq!(
            store.rescue(Rescue::Expired, 200, 1000).unwrap().failed,
            ["a"]
        );
        let row = store.get("a").unwrap().unwrap();
        assert_eq!((row.state, row.attempts), (State::Failed, 2));
        assert!(row.error.unwrap().message.contains("2 times"));
    });
}

#[test]
fn a_restart_takes_all_started_operations_back_at_once() {
    on_each(|store| {
        store.submit(operation("a"), 1).unwrap();
        for epoch in 1..=3 {
            assert_eq!(claim(store, 10).epoch, epoch);
            let rescued = store
                .rescue(Rescue::All { count_from: 4 }, 10, 1000)
                .unwrap();
            assert_eq!(rescued.requeued, ["a"]);
            assert_eq!(store.get("a").unwrap().unwrap().attempts, 0);
        }
        // From the fourth claim on they count, and two are allowed.
        claim(store, 10);
        assert_eq!(
            store
                .rescue(Rescue::All { count_from: 4 }, 10, 1000)
                .unwrap()
                .requeued,
            ["a"]
        );
        claim(store, 10);
        assert_eq!(
            store
                .rescue(Rescue::All { count_from: 4 }, 10, 1000)
                .unwrap()
                .failed,
            ["a"]
        );
    });
}

#[test]
fn released_operations_wait_until_they_are_due() {
    on_each(|store| {
        store.submit(operation("a"), 1).unwrap();
        let hold = claim(store, 1);
        assert_eq!(store.release(&hold, 50, false).unwrap(), Ended::Recorded);
        assert_eq!(store.get("a").unwrap().unwrap().attempts, 0);
        assert_eq!(store.claim("w", 90, 49).unwrap(), None);
        let hold = claim(store, 50);
        assert_eq!(store.release(&hold, 60, true).unwrap(), Ended::Recorded);
        assert_eq!(store.get("a").unwrap().unwrap().attempts, 1);
    });
}

#[test]
fn cancel_before_while_and_after() {
    on_each(|store| {
        assert_eq!(store.cancel("a", 1, 10).unwrap(), Canceled::Unknown);
        store.submit(operation("a"), 1).unwrap();
        assert_eq!(store.cancel("a", 2, 10).unwrap(), Canceled::Now);
        assert_eq!(store.get("a").unwrap().unwrap().state, State::Canceled);
        assert_eq!(
            store.cancel("a", 3, 10).unwrap(),
            Canceled::TooLate(State::Canceled)
        );
        assert_eq!(store.claim("w", 50, 3).unwrap(), None);

        store.submit(operation("b"), 4).unwrap();
        let hold = claim(store, 5);
        assert_eq!(store.cancel("b", 6, 10).unwrap(), Canceled::Requested);
        assert_eq!(
            store.heartbeat(&hold, 90, None).unwrap(),
            Beat::Held { cancel: true }
        );
        assert_eq!(
            store.end(&hold, Outcome::Canceled, 7, 10).unwrap(),
            Ended::Recorded
        );
        assert_eq!(store.get("b").unwrap().unwrap().state, State::Canceled);

        // The worker was faster.
        store.submit(operation("c"), 8).unwrap();
        let hold = claim(store, 9);
        store.cancel("c", 10, 20).unwrap();
        assert_eq!(
            store.end(&hold, finished(&hold), 11, 20).unwrap(),
            Ended::Recorded
        );
        assert_eq!(
            store.cancel("c", 12, 20).unwrap(),
            Canceled::TooLate(State::Finished)
        );

        // The worker is gone: the rescue keeps the promise.
        store.submit(operation("d"), 13).unwrap();
        claim(store, 14);
        store.cancel("d", 15, 20).unwrap();
        assert_eq!(
            store.rescue(Rescue::Expired, 1000, 2000).unwrap().canceled,
            ["d"]
        );
    });
}

#[test]
fn a_key_names_one_request() {
    on_each(|store| {
        assert_eq!(
            store.submit(keyed("a", "k", "h1"), 1).unwrap(),
            Submitted::New
        );
        assert_eq!(
            store.submit(keyed("b", "k", "h1"), 2).unwrap(),
            Submitted::Existing("a".to_owned())
        );
        let conflict = StoreError::KeyConflict {
            key: "k".to_owned(),
        };
        assert_eq!(
            store.submit(keyed("c", "k", "h2"), 3).unwrap_err(),
            conflict
        );
        let other = NewOperation {
            tenant: "t".to_owned(),
            ..keyed("d", "k", "h2")
        };
        assert_eq!(store.submit(other, 4).unwrap(), Submitted::New);
        let again = StoreError::DuplicateId { id: "a".to_owned() };
        assert_eq!(store.submit(operation("a"), 5).unwrap_err(), again);
        // The key is free again once its operation is removed.
        store.cancel("a", 6, 7).unwrap();
        store.expire(7, 10).unwrap();
        assert_eq!(
            store.submit(keyed("e", "k", "h2"), 8).unwrap(),
            Submitted::New
        );
    });
}

#[test]
fn blobs_are_those_still_needed() {
    on_each(|store| {
        for id in ["a", "b", "c"] {
            store.submit(operation(id), 1).unwrap();
        }
        let hold = claim(store, 2);
        store.end(&hold, finished(&hold), 3, 10).unwrap();
        store.cancel("b", 4, 10).unwrap();
        let blobs: Vec<_> = store.blobs().unwrap().into_iter().collect();
        assert_eq!(blobs, ["a.1", "in-c"]);
    });
}

#[test]
fn figures_count_by_state() {
    on_each(|store| {
        assert_eq!(store.stats().unwrap(), StoreStats::default());
        for (n, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
            store.submit(operation(id), 1 + n as i64).unwrap();
        }
        let hold = claim(store, 10);
        store.end(&hold, finished(&hold), 11, 100).unwrap();
        claim(store, 12);
        store.cancel("c", 13, 100).unwrap();
        let stats = store.stats().unwrap();
        let expected = BTreeMap::from([
            (State::Finished, 1),
            (State::Started, 1),
            (State::Canceled, 1),
            (State::Enqueued, 1),
        ]);
        assert_eq!(
            stats,
            StoreStats {
                depth: expected,
                oldest_enqueued: Some(4)
            }
        );
    });
}

/// One step of the model test. Small numbers pick operations and holds seen before.
#[derive(Debug, Clone)]
enum Step {
    Submit { key: Option<(u8, u8)> },
    Claim,
    Heartbeat(u8),
    Finish(u8),
    Fail(u8),
    EndCanceled(u8),
    Release(u8, bool),
    Rescue(Option<u64>),
    Cancel(u8),
    Expire,
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::option::weighted(0.3, (0..3u8, 0..2u8)).prop_map(|key| Step::Submit { key }),
        6 => Just(Step::Claim),
        2 => any::<u8>().prop_map(Step::Heartbeat),
        3 => any::<u8>().prop_map(Step::Finish),
        1 => any::<u8>().prop_map(Step::Fail),
        1 => any::<u8>().prop_map(Step::EndCanceled),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(n, counted)| Step::Release(n, counted)),
        2 => proptest::option::of(1..4u64).prop_map(Step::Rescue),
        2 => any::<u8>().prop_map(Step::Cancel),
        1 => Just(Step::Expire),
        3 => (1..60u8).prop_map(Step::Wait),
    ]
}

/// Runs the steps, gives back every answer in words, and checks what must hold in any history.
fn history(store: &dyn Store, steps: &[Step]) -> Vec<String> {
    let mut now = 1;
    let mut ids: Vec<String> = Vec::new();
    let mut holds: Vec<Hold> = Vec::new();
    let mut ends: HashMap<String, Record> = HashMap::new();
    let mut epochs: HashMap<String, u64> = HashMap::new();
    let mut answers = Vec::new();
    for step in steps {
        let hold =
            |n: &u8| (!holds.is_empty()).then(|| holds[usize::from(*n) % holds.len()].clone());
        let answer = match step {
            Step::Submit { key } => {
                let id = format!("op-{}", ids.len());
                ids.push(id.clone());
                let new = match key {
                    Some((key, hash)) => keyed(&id, &key.to_string(), &hash.to_string()),
                    None => operation(&id),
                };
                format!("{:?}", store.submit(new, now))
            }
            Step::Claim => {
                let row = store.claim("w", now + 30, now).unwrap();
                if let Some(row) = &row {
                    let before = epochs.insert(row.id.clone(), row.epoch);
                    assert!(
                        before.unwrap_or(0) < row.epoch,
                        "the epoch of {} did not rise",
                        row.id
                    );
                    holds.push(Hold::new(row.id.clone(), row.epoch));
                }
                format!("{row:?}")
            }
            Step::Heartbeat(n) => {
                format!("{:?}", hold(n).map(|h| store.heartbeat(&h, now + 30, None)))
            }
            Step::Finish(n) => format!(
                "{:?}",
                hold(n).map(|h| store.end(&h, finished(&h), now, now + 50))
            ),
            Step::Fail(n) => {
                let failure = Outcome::Failed(Failure::new(400, "invalidArgument", "no deck"));
                format!(
                    "{:?}",
                    hold(n).map(|h| store.end(&h, failure, now, now + 50))
                )
            }
            Step::EndCanceled(n) => {
                format!(
                    "{:?}",
                    hold(n).map(|h| store.end(&h, Outcome::Canceled, now, now + 50))
                )
            }
            Step::Release(n, counted) => format!(
                "{:?}",
                hold(n).map(|h| store.release(&h, now + 5, *counted))
            ),
            Step::Rescue(count_from) => {
                let which =
                    count_from.map_or(Rescue::Expired, |count_from| Rescue::All { count_from });
                format!("{:?}", store.rescue(which, now, now + 50))
            }
            Step::Cancel(n) => {
                let id = ids
                    .get(usize::from(*n) % ids.len().max(1))
                    .cloned()
                    .unwrap_or_default();
                format!("{:?}", store.cancel(&id, now, now + 50))
            }
            Step::Expire => {
                let expired = store.expire(now, 3).unwrap();
                for gone in &expired {
                    assert!(
                        ends.remove(&gone.id).is_some(),
                        "{} was removed before its end",
                        gone.id
                    );
                }
                format!("{expired:?}")
            }
            Step::Wait(micros) => {
                now += i64::from(*micros);
                String::new()
            }
        };
        answers.push(answer);
        for id in &ids {
            let row = store.get(id).unwrap();
            answers.push(format!("{row:?}"));
            if let Some(row) = row.filter(|row| row.state.is_terminal()) {
                let first = ends.entry(id.clone()).or_insert_with(|| row.clone());
                assert_eq!(*first, row, "an ended operation changed");
            } else {
                assert!(
                    !ends.contains_key(id),
                    "an ended operation came back or vanished"
                );
            }
        }
        answers.push(format!("{:?} {:?}", store.stats(), store.blobs()));
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_tell_the_same_history(steps in proptest::collection::vec(step(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions { log_bytes: 64 << 10, ..SqliteOptions::default() };
        let sqlite = SqliteStore::open(dir.path().join("queue.db"), &options).unwrap();
        let durable = history(&sqlite, &steps);
        let model = history(&MemoryStore::new(), &steps);
        for (n, (durable, model)) in durable.iter().zip(&model).enumerate() {
            prop_assert_eq!(durable, model, "answer {}", n);
        }
    }
}
