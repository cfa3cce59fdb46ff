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
        input_bytes: 3,
        priority: 0,
        max_attempts: 2,
        idempotency: None,
        webhook: None,
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
    on_stores_of_one_process(&check);
    #[cfg(feature = "postgres")]
    if let Some(store) = on_postgres() {
        check(&store);
    }
}

fn on_stores_of_one_process(check: impl Fn(&dyn Store)) {
    check(&MemoryStore::new());
    let dir = tempfile::tempdir().unwrap();
    let options = SqliteOptions::default();
    check(&SqliteStore::open(dir.path().join("queue.db"), &options).unwrap());
}

/// A store with a schema of its own and the clock of its caller, if there is a server.
#[cfg(feature = "postgres")]
fn on_postgres() -> Option<PostgresStore> {
    let address = test_postgres::shared_postgres()?;
    let mut options = PostgresOptions::new(address).unwrap();
    options.schema = test_postgres::fresh_schema();
    options.callers_clock = true;
    Some(PostgresStore::open(options).unwrap())
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
            store
                .heartbeat(&hold, 60, Some(progress.clone()), 30)
                .unwrap(),
            Beat::Held { cancel: false }
        );
        assert_eq!(
            store.heartbeat(&hold, 70, None, 40).unwrap(),
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
        for id in ["b", "a", "c"] {
            store.submit(operation(id), 1).unwrap();
        }
        assert_eq!(order(store, 3), ["b", "a", "c"]);
        assert_eq!(store.claim("w", 40, 10).unwrap(), None);
    });
}

/// The ids of the next claims.
fn order(store: &dyn Store, count: usize) -> Vec<String> {
    (0..count).map(|_| claim(store, 10).id).collect()
}

fn of_client(id: &str, tenant: &str, priority: i16) -> NewOperation {
    NewOperation {
        tenant: tenant.to_owned(),
        priority,
        ..operation(id)
    }
}

#[test]
fn clients_take_turns() {
    on_each(|store| {
        for n in 0..4 {
            store
                .submit(of_client(&format!("a{n}"), "a", 0), 1)
                .unwrap();
        }
        assert_eq!(order(store, 1), ["a0"]);
        for n in 0..3 {
            store
                .submit(of_client(&format!("b{n}"), "b", 0), 2)
                .unwrap();
        }
        assert_eq!(order(store, 4), ["a1", "b0", "a2", "b1"]);
        // Who comes later waits for one of each, not for all.
        store.submit(of_client("c0", "c", 0), 3).unwrap();
        assert_eq!(order(store, 3), ["a3", "b2", "c0"]);
        // An idle time is not saved up.
        for (id, tenant) in [("a4", "a"), ("a5", "a"), ("c1", "c"), ("c2", "c")] {
            store.submit(of_client(id, tenant, 0), 4).unwrap();
        }
        assert_eq!(order(store, 4), ["a4", "c1", "a5", "c2"]);
    });
}

#[test]
fn a_higher_priority_goes_first_and_a_requeue_keeps_its_turn() {
    on_each(|store| {
        for (id, priority) in [("low", -1), ("usual", 0), ("high", 5), ("next", 0)] {
            store.submit(of_client(id, "a", priority), 1).unwrap();
        }
        let high = claim(store, 2);
        let usual = claim(store, 2);
        assert_eq!((&*high.id, &*usual.id), ("high", "usual"));
        store.release(&usual, 3, true, 2).unwrap();
        assert_eq!(order(store, 3), ["usual", "next", "low"]);
    });
}

#[test]
fn what_waits_is_counted_for_all_and_for_one() {
    on_each(|store| {
        assert_eq!(store.waiting("a").unwrap(), Waiting::default());
        for (id, tenant) in [("1", "a"), ("2", "b"), ("3", "a"), ("4", "a")] {
            store.submit(of_client(id, tenant, 0), 1).unwrap();
        }
        claim(store, 2);
        let of = |operations, of_client| Waiting {
            operations,
            bytes: 3 * operations,
            of_client,
        };
        assert_eq!(store.waiting("a").unwrap(), of(3, 2));
        assert_eq!(store.waiting("b").unwrap(), of(3, 1));
        store.cancel("4", 3, 9).unwrap();
        assert_eq!(store.waiting("a").unwrap(), of(2, 1));
    });
}

#[test]
fn lists_are_cut_by_state_client_and_number() {
    on_each(|store| {
        for (id, tenant) in [("1", "a"), ("2", "b"), ("3", "a")] {
            store.submit(of_client(id, tenant, 0), 1).unwrap();
        }
        store.cancel("1", 2, 9).unwrap();
        let all = Filter {
            limit: 10,
            ..Filter::default()
        };
        let ids = |filter: &Filter| -> Vec<String> {
            let rows = store.list(filter).unwrap();
            for row in &rows {
                assert_eq!(store.get(&row.id).unwrap().as_ref(), Some(row));
            }
            rows.into_iter().map(|row| row.id).collect()
        };
        assert_eq!(ids(&all), ["1", "2", "3"]);
        let first = store
            .list(&Filter {
                limit: 1,
                ..all.clone()
            })
            .unwrap();
        let behind = first[0].seq;
        assert_eq!(
            ids(&Filter {
                after: behind,
                ..all.clone()
            }),
            ["2", "3"]
        );
        let states = vec![State::Enqueued, State::Started];
        assert_eq!(
            ids(&Filter {
                states,
                ..all.clone()
            }),
            ["2", "3"]
        );
        let tenant = Some("a".to_owned());
        assert_eq!(ids(&Filter { tenant, ..all }), ["1", "3"]);
    });
}

#[test]
fn the_newest_come_first_and_little_is_looked_at() {
    on_each(|store| {
        for (id, tenant) in [("1", "a"), ("2", "b"), ("3", ""), ("4", "a"), ("5", "b")] {
            store.submit(of_client(id, tenant, 0), 1).unwrap();
        }
        store.cancel("4", 2, 9).unwrap();
        let all = Newest {
            limit: 10,
            scan: 10,
            ..Newest::default()
        };
        let ids = |which: &Newest| -> (Vec<String>, Option<i64>) {
            let page = store.newest(which).unwrap();
            for row in &page.rows {
                assert_eq!(store.get(&row.id).unwrap().as_ref(), Some(row));
            }
            let ids = page.rows.into_iter().map(|row| row.id).collect();
            (ids, page.before)
        };
        let whole = |list: &[&str]| (list.iter().map(|&id| id.to_owned()).collect(), None);
        assert_eq!(ids(&all), whole(&["5", "4", "3", "2", "1"]));
        let mine = Newest {
            tenants: vec!["a".to_owned(), String::new()],
            ..all.clone()
        };
        assert_eq!(ids(&mine), whole(&["4", "3", "1"]));
        let waiting = Newest {
            states: vec![State::Enqueued],
            ..mine.clone()
        };
        assert_eq!(ids(&waiting), whole(&["3", "1"]));
        // Page by page, whatever ends one: enough found, or enough looked at.
        for (limit, scan) in [(1, 10), (2, 10), (10, 1), (10, 2), (1, 1)] {
            let mut found = Vec::new();
            let mut which = Newest {
                limit,
                scan,
                ..mine.clone()
            };
            for _ in 0..6 {
                let (page, before) = ids(&which);
                assert!(page.len() <= limit.min(scan));
                found.extend(page);
                which.before = before;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!((found, which.before), whole(&["4", "3", "1"]));
        }
    });
}

#[test]
fn the_line_is_the_order_of_the_claims() {
    on_each(|store| {
        assert_eq!(store.line(10).unwrap(), Vec::<i64>::new());
        for (id, tenant, priority) in [("1", "a", 0), ("2", "a", 0), ("3", "b", 0), ("4", "b", 1)] {
            store.submit(of_client(id, tenant, priority), 1).unwrap();
        }
        let line = store.line(10).unwrap();
        assert_eq!(store.line(2).unwrap(), line[..2]);
        let claimed: Vec<i64> = (0..4)
            .map(|_| {
                let hold = claim(store, 2);
                store.get(&hold.id).unwrap().unwrap().seq
            })
            .collect();
        assert_eq!(line, claimed);
        assert_eq!(store.line(10).unwrap(), Vec::<i64>::new());
    });
}

#[test]
fn a_queue_moves_from_one_store_to_another() {
    let other = MemoryStore::new();
    let webhook = |id: &str| NewOperation {
        webhook: Some(b"sealed".to_vec()),
        priority: 3,
        ..keyed(id, id, "hash")
    };
    for id in ["done", "runs", "waits", "canceled"] {
        other.submit(webhook(id), 1).unwrap();
    }
    let hold = claim(&other, 2);
    other.end(&hold, finished(&hold), 3, 100).unwrap();
    claim(&other, 4);
    other.cancel("canceled", 5, 100).unwrap();
    other.event_done("done").unwrap();
    let all = Filter {
        limit: 10,
        ..Filter::default()
    };
    let rows = other.list(&all).unwrap();
    on_each(|store| {
        for row in &rows {
            store.insert(row, row.id == "canceled").unwrap();
            let got = store.get(&row.id).unwrap().unwrap();
            let seq = got.seq;
            assert_eq!(got, Record { seq, ..row.clone() });
        }
        let there = StoreError::DuplicateId {
            id: "done".to_owned(),
        };
        assert_eq!(store.insert(&rows[0], false).unwrap_err(), there);
        let renamed = Record {
            id: "other".to_owned(),
            ..rows[0].clone()
        };
        let taken = StoreError::KeyConflict {
            key: "done".to_owned(),
        };
        assert_eq!(store.insert(&renamed, false).unwrap_err(), taken);
        let told: Vec<_> = store.events_due(9, 50, 10).unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!((&*told[0].operation, told[0].at), ("canceled", 5));
        // What ran is rescued when its lease ends, and the old worker is fenced off.
        assert_eq!(
            store.rescue(Rescue::Expired, 1000, 2000).unwrap().requeued,
            ["runs"]
        );
        let again = [claim(store, 1000).id, claim(store, 1000).id];
        assert_eq!(again, ["runs", "waits"]);
        assert_eq!(
            store
                .end(&Hold::new("runs", 1), Outcome::Canceled, 1001, 2000)
                .unwrap(),
            Ended::Fenced
        );
    });
}

#[test]
fn only_ended_operations_can_be_removed() {
    on_each(|store| {
        for id in ["ended", "waits", "runs"] {
            store.submit(operation(id), 1).unwrap();
        }
        store.cancel("ended", 2, 1000).unwrap();
        claim(store, 3);
        let ids = ["ended", "waits", "runs", "unknown"].map(str::to_owned);
        let removed = store.remove(&ids).unwrap();
        let blobs = vec!["in-ended".to_owned()];
        let id = "ended".to_owned();
        assert_eq!(removed, [Expired { id, blobs }]);
        assert_eq!(store.remove(&ids).unwrap(), []);
        assert!(store.get("waits").unwrap().is_some());
    });
}

#[test]
fn each_end_with_a_webhook_is_told_until_it_is_done() {
    on_each(|store| {
        let told = |limit, again, now| -> Vec<(String, u32, Micros)> {
            let events = store.events_due(limit, again, now).unwrap();
            let parts = |event: EndEvent| (event.operation, event.attempts, event.at);
            events.into_iter().map(parts).collect()
        };
        for id in ["a", "b", "c", "d"] {
            let new = NewOperation {
                webhook: (id != "d").then(|| id.as_bytes().to_vec()),
                ..operation(id)
            };
            store.submit(new, 1).unwrap();
        }
        assert_eq!(told(9, 9, 9), []);
        // By a worker's end, by a cancel, by a rescue; not the one without a webhook.
        let hold = claim(store, 2);
        store.end(&hold, finished(&hold), 10, 1000).unwrap();
        store.cancel("d", 10, 1000).unwrap();
        store.cancel("b", 11, 1000).unwrap();
        claim(store, 12);
        store.cancel("c", 13, 1000).unwrap();
        assert_eq!(
            store.rescue(Rescue::Expired, 60, 1000).unwrap().canceled,
            ["c"]
        );
        assert_eq!(store.get("a").unwrap().unwrap().webhook.unwrap(), b"a");

        let of = |id: &str, attempts, at| (id.to_owned(), attempts, at);
        assert_eq!(told(2, 100, 60), [of("a", 1, 10), of("b", 1, 11)]);
        assert_eq!(told(2, 100, 60), [of("c", 1, 60)]);
        assert_eq!(told(9, 100, 99), []);
        store.event_done("a").unwrap();
        store.event_later("b", 300, 60).unwrap();
        assert_eq!(told(9, 200, 100), [of("c", 2, 60)]);
        assert_eq!(told(9, 400, 300), [of("c", 3, 60), of("b", 2, 11)]);
        // Whoever had taken them is gone.
        store
            .rescue(Rescue::All { count_from: 1 }, 301, 1000)
            .unwrap();
        assert_eq!(told(9, 400, 301), [of("b", 3, 11), of("c", 4, 60)]);
        // What is removed has nothing more to tell.
        store.expire(1000, 9).unwrap();
        assert_eq!(told(9, 2000, 1000), []);
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
        store.release(&hold, 50, true, 3).unwrap();
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
        assert_eq!(store.heartbeat(&late, 200, None, 100).unwrap(), Beat::Lost);
        let second = claim(store, 100);
        assert_eq!(second.epoch, late.epoch + 1);
        assert_eq!(
            store.end(&late, finished(&late), 110, 1000).unwrap(),
            Ended::Fenced
        );
        assert_eq!(store.release(&late, 0, true, 110).unwrap(), Ended::Fenced);
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
        assert_eq!(store.release(&hold, 50, false, 1).unwrap(), Ended::Recorded);
        assert_eq!(store.get("a").unwrap().unwrap().attempts, 0);
        assert_eq!(store.claim("w", 90, 49).unwrap(), None);
        let hold = claim(store, 50);
        assert_eq!(store.release(&hold, 60, true, 50).unwrap(), Ended::Recorded);
        assert_eq!(store.get("a").unwrap().unwrap().attempts, 1);
    });
}

#[test]
fn a_clock_set_back_between_two_runs_makes_nothing_wait() {
    // PostgreSQL has a clock of its own.
    on_stores_of_one_process(|store| {
        let hour = 3_600_000_000;
        store.submit(operation("a"), 2 * hour).unwrap();
        store.submit(operation("b"), 2 * hour).unwrap();
        let hold = claim(store, 2 * hour);
        // An hour back: the one was started in the future, the other becomes due there.
        assert_eq!(store.claim("w", hour, hour).unwrap(), None);
        let rescued = store
            .rescue(Rescue::All { count_from: 9 }, hour, 3 * hour)
            .unwrap();
        assert_eq!(rescued.requeued, std::slice::from_ref(&hold.id));
        assert_eq!([claim(store, hour).id, claim(store, hour).id], ["a", "b"]);
        // The claim of the future is fenced.
        let late = store.end(&hold, finished(&hold), hour, 3 * hour).unwrap();
        assert_eq!(late, Ended::Fenced);
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
            store.heartbeat(&hold, 90, None, 6).unwrap(),
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
        for id in ["a", "b", "c", "d"] {
            store.submit(operation(id), 1).unwrap();
        }
        let hold = claim(store, 2);
        store.end(&hold, finished(&hold), 3, 10).unwrap();
        store.cancel("b", 4, 10).unwrap();
        // What failed can be tried again by an operator.
        let hold = claim(store, 5);
        let failure = Outcome::Failed(Failure::new(500, "internal", "broken"));
        store.end(&hold, failure, 6, 10).unwrap();
        let blobs: Vec<_> = store.blobs().unwrap().into_iter().collect();
        assert_eq!(blobs, ["a.1", "in-c", "in-d"]);
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
    Submit {
        key: Option<(u8, u8)>,
        tenant: u8,
        priority: i16,
        webhook: bool,
    },
    Claim,
    Heartbeat(u8),
    Finish(u8),
    Fail(u8),
    EndCanceled(u8),
    Release(u8, bool),
    Rescue(Option<u64>),
    Cancel(u8),
    Expire,
    Remove(u8),
    Tell(bool),
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (proptest::option::weighted(0.3, (0..3u8, 0..2u8)), 0..3u8, 0..2i16, any::<bool>())
            .prop_map(|(key, tenant, priority, webhook)| Step::Submit { key, tenant, priority, webhook }),
        6 => Just(Step::Claim),
        2 => any::<u8>().prop_map(Step::Heartbeat),
        3 => any::<u8>().prop_map(Step::Finish),
        1 => any::<u8>().prop_map(Step::Fail),
        1 => any::<u8>().prop_map(Step::EndCanceled),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(n, counted)| Step::Release(n, counted)),
        2 => proptest::option::of(1..4u64).prop_map(Step::Rescue),
        2 => any::<u8>().prop_map(Step::Cancel),
        1 => Just(Step::Expire),
        1 => any::<u8>().prop_map(Step::Remove),
        2 => any::<bool>().prop_map(Step::Tell),
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
            Step::Submit {
                key,
                tenant,
                priority,
                webhook,
            } => {
                let id = format!("op-{}", ids.len());
                ids.push(id.clone());
                let new = match key {
                    Some((key, hash)) => keyed(&id, &key.to_string(), &hash.to_string()),
                    None => operation(&id),
                };
                let new = NewOperation {
                    tenant: tenant.to_string(),
                    priority: *priority,
                    webhook: webhook.then(|| vec![1]),
                    ..new
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
                format!(
                    "{:?}",
                    hold(n).map(|h| store.heartbeat(&h, now + 30, None, now))
                )
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
                hold(n).map(|h| store.release(&h, now + 5, *counted, now))
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
            Step::Remove(n) => {
                let picked = ids.get(usize::from(*n) % ids.len().max(1));
                let removed = store
                    .remove(picked.map_or(&[], std::slice::from_ref))
                    .unwrap();
                for gone in &removed {
                    assert!(
                        ends.remove(&gone.id).is_some(),
                        "{} was removed before its end",
                        gone.id
                    );
                }
                format!("{removed:?}")
            }
            Step::Tell(done) => {
                let events = store.events_due(2, now + 20, now).unwrap();
                for event in &events {
                    assert!(
                        ends.contains_key(&event.operation),
                        "the end of {} was told before it ended",
                        event.operation
                    );
                    if *done {
                        store.event_done(&event.operation).unwrap();
                    } else {
                        store.event_later(&event.operation, now + 5, now).unwrap();
                    }
                }
                format!("{events:?}")
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
        answers.push(format!(
            "{:?} {:?} {:?}",
            store.stats(),
            store.waiting("1"),
            store.blobs()
        ));
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_stores_tell_the_same_history(steps in proptest::collection::vec(step(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions { log_bytes: 64 << 10, ..SqliteOptions::default() };
        let sqlite = SqliteStore::open(dir.path().join("queue.db"), &options).unwrap();
        let durable = history(&sqlite, &steps);
        let model = history(&MemoryStore::new(), &steps);
        for (n, (durable, model)) in durable.iter().zip(&model).enumerate() {
            prop_assert_eq!(durable, model, "answer {}", n);
        }
        #[cfg(feature = "postgres")]
        if let Some(store) = on_postgres() {
            let shared = history(&store, &steps);
            for (n, (shared, model)) in shared.iter().zip(&model).enumerate() {
                prop_assert_eq!(shared, model, "answer {} of PostgreSQL", n);
            }
        }
    }
}
