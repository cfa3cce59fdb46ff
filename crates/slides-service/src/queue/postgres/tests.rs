use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use sqlx::Row as _;

use super::super::test_postgres::{PostgresServer, fresh_schema, shared_postgres};
use super::super::{Failure, IdempotencyKey, ResultRef};
use super::*;

const SECOND: i64 = 1_000_000;

fn operation(id: &str) -> NewOperation {
    NewOperation {
        id: id.to_owned(),
        tenant: String::new(),
        method: "Convert".to_owned(),
        request: id.as_bytes().to_vec(),
        inputs: Vec::new(),
        input_bytes: 0,
        priority: 0,
        max_attempts: 2,
        idempotency: None,
        webhook: None,
    }
}

fn finished(hold: &Hold) -> Outcome {
    Outcome::Finished {
        result: Some(ResultRef {
            blob: format!("{}.{}", hold.id, hold.epoch),
            len: 7,
            sha256: String::new(),
            media_type: String::new(),
            file_name: String::new(),
        }),
        warnings: Vec::new(),
        progress: None,
    }
}

/// Options for a schema that nobody else uses; nothing without a server.
fn options() -> Option<PostgresOptions> {
    let options = PostgresOptions::new(shared_postgres()?).unwrap();
    Some(options.schema(fresh_schema()))
}

fn open(options: &PostgresOptions) -> PostgresStore {
    PostgresStore::open(options.clone()).unwrap()
}

/// One value of a statement.
fn value(store: &PostgresStore, sql: &'static str) -> String {
    let ask = store.ask("ask", async |connection, _| {
        let row = sqlx::query(sql).fetch_one(connection).await?;
        Ok(row.try_get(0)?)
    });
    ask.unwrap()
}

/// Ends every session of this schema's stores but the asking one.
fn cut_all(store: &PostgresStore) {
    value(
        store,
        "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity
          WHERE pid <> pg_backend_pid() AND application_name = 'slides/' || current_schema()",
    );
}

#[test]
fn each_operation_is_handed_out_once_to_two_servers() {
    let Some(options) = options() else { return };
    let stores = [open(&options), open(&options)];
    for n in 0..60 {
        stores[n % 2].submit(operation(&n.to_string()), 0).unwrap();
    }
    let mut claimed: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..6)
            .map(|n| {
                let store = &stores[n % 2];
                scope.spawn(move || {
                    let name = format!("w{n}");
                    let next = || store.claim(&name, SECOND, 0).unwrap();
                    std::iter::from_fn(next)
                        .map(|row| row.id)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap())
            .collect()
    });
    claimed.sort_unstable();
    let mut all: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    all.sort_unstable();
    assert_eq!(claimed, all);
}

#[test]
fn a_key_names_one_operation_on_two_servers() {
    let Some(options) = options() else { return };
    let stores = [open(&options), open(&options)];
    for round in 0..10 {
        let answers: Vec<Submitted> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|n| {
                    let store = &stores[n % 2];
                    let new = NewOperation {
                        idempotency: Some(IdempotencyKey {
                            key: format!("k{round}"),
                            request_hash: "h".to_owned(),
                        }),
                        ..operation(&format!("{round}-{n}"))
                    };
                    scope.spawn(move || store.submit(new, 0).unwrap())
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let new = answers
            .iter()
            .filter(|answer| **answer == Submitted::New)
            .count();
        assert_eq!(new, 1, "{answers:?}");
        let mut existing = answers.iter().filter(|answer| **answer != Submitted::New);
        let first = existing.next().unwrap();
        assert!(existing.all(|answer| answer == first), "{answers:?}");
    }
    assert_eq!(stores[0].stats().unwrap().count(State::Enqueued), 10);
}

#[test]
fn the_clock_is_the_databases() {
    let Some(options) = options() else { return };
    let store = open(&options);
    let hour = 3600 * SECOND;
    let real = crate::clock::now();
    // Servers whose clocks are a day behind and a day ahead.
    let (slow, fast) = (real - 24 * hour, real + 24 * hour);
    store.submit(operation("a"), fast).unwrap();
    let row = store.get("a").unwrap().unwrap();
    assert!(
        (row.created - real).abs() < hour,
        "{} is not the database's time",
        row.created
    );
    let row = store.claim("w", slow + 30 * SECOND, slow).unwrap().unwrap();
    let lease = row.lease_until.unwrap();
    assert!((lease - row.started.unwrap() - 30 * SECOND).abs() < SECOND);
    // To the fast one the lease ended long ago.
    assert_eq!(
        store.rescue(Rescue::Expired, fast, fast + hour).unwrap(),
        Rescued::default()
    );
    let hold = Hold::new("a", row.epoch);
    store.heartbeat(&hold, fast - SECOND, None, fast).unwrap();
    assert_eq!(
        store
            .rescue(Rescue::Expired, slow, slow + hour)
            .unwrap()
            .requeued,
        ["a"]
    );
    store.cancel("a", slow, slow + 1).unwrap();
    assert_eq!(store.expire(slow, 10).unwrap().len(), 1);
}

#[test]
fn news_reach_the_other_server() {
    let Some(options) = options() else { return };
    let (one, other) = (open(&options), open(&options));
    let (mut own, mut heard) = (one.news().unwrap(), other.news().unwrap());
    // A listener that is not there yet hears nothing: told until it is.
    while heard.try_recv().is_err() {
        one.tell(News::Ready);
        std::thread::yield_now();
    }
    let mut next = |wanted: News| while heard.blocking_recv().unwrap() != wanted {};
    one.submit(operation("a"), 0).unwrap();
    let row = one.claim("w", 30 * SECOND, 0).unwrap().unwrap();
    one.cancel("a", 0, SECOND).unwrap();
    next(News::CancelRequested("a".to_owned()));
    one.end(&Hold::new("a", row.epoch), Outcome::Canceled, 0, SECOND)
        .unwrap();
    next(News::Ended("a".to_owned()));
    one.submit(operation("b"), 0).unwrap();
    one.cancel("b", 0, SECOND).unwrap();
    next(News::Ended("b".to_owned()));
    // Its own are not news to a server.
    assert!(own.try_recv().is_err());
    cut_all(&other);
    next(News::Missed);
}

#[test]
fn a_newer_schema_is_refused() {
    let Some(options) = options() else { return };
    let store = open(&options);
    let version = "INSERT INTO slides_schema (version) VALUES (99) RETURNING version::text";
    assert_eq!(value(&store, version), "99");
    let error = PostgresStore::open(options).unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::NewerSchema {
                found: 99,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn servers_that_start_at_once_make_one_schema() {
    let Some(options) = options() else { return };
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&options))).collect();
        for store in started {
            store.join().unwrap().stats().unwrap();
        }
    });
}

#[test]
fn sessions_are_set_up_for_durability() {
    let Some(address) = shared_postgres() else {
        return;
    };
    let address = format!("{address}&options=-c%20synchronous_commit%3Doff");
    let options = PostgresOptions::new(&address)
        .unwrap()
        .schema(fresh_schema());
    let store = open(&options);
    assert_eq!(value(&store, "SHOW synchronous_commit"), "on");
    assert_eq!(value(&store, "SHOW statement_timeout"), "5s");
    assert_eq!(
        value(&store, "SHOW transaction_isolation"),
        "read committed"
    );
}

#[test]
fn one_server_at_a_time_sweeps() {
    let Some(options) = options() else { return };
    let (one, other) = (open(&options), open(&options));
    one.submit(operation("a"), 0).unwrap();
    one.claim("w", -SECOND, 0).unwrap().unwrap();
    let name = format!("slides/{}/rescue", options.schema);
    let meanwhile = one.ask("hold the lock", async |connection, _| {
        connect::transaction(connection, async |connection| {
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(&name)
                .execute(connection)
                .await?;
            // On a thread of its own, as it blocks.
            Ok(std::thread::scope(|scope| {
                scope
                    .spawn(|| other.rescue(Rescue::Expired, 0, SECOND))
                    .join()
                    .unwrap()
            })?)
        })
        .await
    });
    assert_eq!(meanwhile.unwrap(), Rescued::default());
    assert_eq!(
        other.rescue(Rescue::Expired, 0, SECOND).unwrap().requeued,
        ["a"]
    );
    let day = 24 * 3600 * SECOND;
    assert!(one.takes_round("orphans", day, 0).unwrap());
    assert!(!other.takes_round("orphans", day, 0).unwrap());
    assert!(other.takes_round("more", day, 0).unwrap());
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_wait_for_it() {
    let Some(mut options) = options() else { return };
    options.callers_clock = true;
    options.lease = Duration::from_secs(30);
    let store = open(&options);
    let hour = 3600 * SECOND;
    let (late, early) = (100 * hour, 99 * hour);
    let lease = 30 * SECOND;
    let day = 24 * hour;
    for id in ["a", "b"] {
        let mut operation = operation(id);
        operation.webhook = Some(b"sealed".to_vec());
        store.submit(operation, late).unwrap();
    }
    let row = store.claim("w", late + lease, late).unwrap().unwrap();
    assert!(store.takes_round("orphans", hour / 4, late).unwrap());
    // An hour back. What waits is due, and whoever runs the other is taken to be alive for a lease.
    let waiting = store.claim("v", early + lease, early).unwrap().unwrap();
    assert_eq!(waiting.id, "b");
    let rescue = |now| store.rescue(Rescue::Expired, now, now + day).unwrap();
    assert_eq!(rescue(early), Rescued::default());
    let hold = Hold::new("b", waiting.epoch);
    let beat = store.heartbeat(&hold, early + 3 * lease, None, early + lease);
    assert_eq!(beat.unwrap(), Beat::Held { cancel: false });
    assert_eq!(rescue(early + lease + SECOND).requeued, [row.id]);
    // Telling, and what is done in rounds, go on as well.
    store.end(&hold, finished(&hold), late, late + day).unwrap();
    assert_eq!(store.events_due(9, hour, early).unwrap(), []);
    rescue(early);
    let due = store.events_due(9, SECOND, early).unwrap();
    assert_eq!(due.iter().map(|e| &*e.operation).collect::<Vec<_>>(), ["b"]);
    assert!(store.takes_round("orphans", hour / 4, early).unwrap());
    assert!(!store.takes_round("orphans", hour / 4, early).unwrap());
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    let Some(mut options) = options() else {
        return;
    };
    options.patience = Duration::ZERO;
    let store = open(&options);
    let error = store
        .ask("wait", async |connection, _| {
            sqlx::query("SET statement_timeout = 50")
                .execute(&mut *connection)
                .await?;
            sqlx::query("SELECT pg_sleep(60)")
                .execute(connection)
                .await?;
            Ok(())
        })
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::Failed { what: "wait", .. }),
        "{error}"
    );
    assert_eq!(store.stats().unwrap(), StoreStats::default());
}

#[test]
fn lost_connections_are_made_again() {
    let Some(options) = options() else { return };
    let store = open(&options);
    store.submit(operation("a"), 0).unwrap();
    let killer = open(&options);
    for id in ["b", "c"] {
        cut_all(&killer);
        store.submit(operation(id), 0).unwrap();
    }
    cut_all(&killer);
    assert_eq!(store.stats().unwrap().count(State::Enqueued), 3);
    assert!(store.is_healthy());
}

/// Passes everything through to a server, but cuts a connection where an answer to a message with a mark is due: what
/// was asked for has been done then.
struct CuttingProxy {
    address: String,
    mark: Arc<Mutex<Option<Vec<u8>>>>,
}

impl CuttingProxy {
    fn start(socket: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!(
            "postgres://slides@{}/postgres?sslmode=disable",
            listener.local_addr().unwrap()
        );
        let mark = Arc::new(Mutex::new(None));
        let (socket, at) = (socket.to_owned(), Arc::clone(&mark));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), UnixStream::connect(&socket).unwrap());
                let marked = Arc::new(Mutex::new(false));
                let (to, from) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (mark, seen) = (Arc::clone(&at), Arc::clone(&marked));
                std::thread::spawn(move || requests(client, server, &mark, &seen));
                std::thread::spawn(move || answers(from, to, &marked));
            }
        });
        Self { address, mark }
    }

    fn cut_at(&self, mark: &str) {
        *self.mark.lock().unwrap() = Some(mark.as_bytes().to_vec());
    }
}

fn requests(
    mut client: TcpStream,
    mut server: UnixStream,
    mark: &Mutex<Option<Vec<u8>>>,
    seen: &Mutex<bool>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(len @ 1..) = client.read(&mut buffer) {
        let data = &buffer[..len];
        let mut mark = mark.lock().unwrap();
        if mark
            .as_ref()
            .is_some_and(|mark| data.windows(mark.len()).any(|part| part == mark))
        {
            *mark = None;
            *seen.lock().unwrap() = true;
        }
        drop(mark);
        if server.write_all(data).is_err() {
            break;
        }
    }
    server.shutdown(Shutdown::Both).ok();
}

fn answers(mut server: UnixStream, mut client: TcpStream, seen: &Mutex<bool>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(len @ 1..) = server.read(&mut buffer) {
        if *seen.lock().unwrap() || client.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    client.shutdown(Shutdown::Both).ok();
}

#[test]
fn a_change_whose_answer_is_lost_is_made_once() {
    if shared_postgres().is_none() {
        return;
    }
    let server = PostgresServer::start(&[]);
    let proxy = CuttingProxy::start(&server.socket());
    let store = open(&PostgresOptions::new(&proxy.address).unwrap());
    let lease = 60 * SECOND;
    // Once through, so that statements are prepared and the marks below are in the messages that run them.
    store.submit(operation("warm"), 0).unwrap();
    let warm = store.claim("w", lease, 0).unwrap().unwrap();
    let hold = Hold::new("warm", warm.epoch);
    store.release(&hold, 0, true, 0).unwrap();
    let warm = store.claim("w", lease, 0).unwrap().unwrap();
    store
        .end(&Hold::new("warm", warm.epoch), Outcome::Canceled, 0, lease)
        .unwrap();

    proxy.cut_at("submit-1");
    assert_eq!(
        store.submit(operation("submit-1"), 0).unwrap(),
        Submitted::New
    );
    assert!(proxy.mark.lock().unwrap().is_none(), "nothing was cut");
    assert_eq!(store.stats().unwrap().count(State::Enqueued), 1);

    // The claim is taken up, not lost until its lease ends.
    proxy.cut_at("worker-1");
    let row = store.claim("worker-1", lease, 0).unwrap().unwrap();
    assert_eq!((row.id.as_str(), row.epoch), ("submit-1", 1));
    assert_eq!(store.claim("worker-2", lease, 0).unwrap(), None);

    // An end that was recorded is not taken for one that came late, which would remove its result.
    let hold = Hold::new("submit-1", 1);
    store.heartbeat(&hold, lease, None, 0).unwrap();
    store
        .end(&Hold::new("none", 1), finished(&hold), 0, lease)
        .unwrap();
    proxy.cut_at("submit-1.1");
    assert_eq!(
        store.end(&hold, finished(&hold), 0, lease).unwrap(),
        Ended::Recorded
    );
    assert!(proxy.mark.lock().unwrap().is_none(), "nothing was cut");
    assert_eq!(
        store.end(&hold, finished(&hold), 0, lease).unwrap(),
        Ended::Fenced
    );
    let late = Outcome::Failed(Failure::new(500, "internal", "late"));
    assert_eq!(store.end(&hold, late, 0, lease).unwrap(), Ended::Fenced);
    assert_eq!(
        store.get("submit-1").unwrap().unwrap().state,
        State::Finished
    );
}

#[test]
fn without_patience_a_lost_answer_is_uncertain() {
    if shared_postgres().is_none() {
        return;
    }
    let server = PostgresServer::start(&[]);
    let proxy = CuttingProxy::start(&server.socket());
    let mut options = PostgresOptions::new(&proxy.address).unwrap();
    options.patience = Duration::ZERO;
    let store = open(&options);
    store.submit(operation("warm"), 0).unwrap();
    proxy.cut_at("submit-1");
    let error = store.submit(operation("submit-1"), 0).unwrap_err();
    assert!(matches!(error, StoreError::Uncertain { .. }), "{error}");
    assert!(!store.is_healthy());
    assert!(store.get("submit-1").unwrap().is_some());
    assert!(store.is_healthy());
}

#[test]
fn a_server_that_crashed_and_came_back_is_found() {
    if shared_postgres().is_none() {
        return;
    }
    let mut server = PostgresServer::start(&[]);
    let mut options = PostgresOptions::new(&server.address()).unwrap();
    options.patience = Duration::from_mins(1);
    let store = open(&options);
    store.submit(operation("a"), 0).unwrap();
    server.stop();
    std::thread::scope(|scope| {
        let submit = scope.spawn(|| store.submit(operation("b"), 0));
        server.run();
        assert_eq!(submit.join().unwrap().unwrap(), Submitted::New);
    });
    assert_eq!(store.stats().unwrap().count(State::Enqueued), 2);
}

/// Each seeded fault breaks a promise that the tests above hold the store to.
#[cfg(debug_assertions)]
#[test]
fn seeded_faults_break_what_they_should() {
    let Some(mut options) = options() else { return };
    options.faults.no_epoch_check = true;
    options.faults.claim_without_bump = true;
    let store = open(&options);
    store.submit(operation("a"), 0).unwrap();
    let late = store.claim("w", -SECOND, 0).unwrap().unwrap();
    store.rescue(Rescue::Expired, 0, SECOND).unwrap();
    let second = store.claim("w", 60 * SECOND, 0).unwrap().unwrap();
    assert_eq!(second.epoch, late.epoch);
    let other = Hold::new("a", 77);
    assert_eq!(
        store.end(&other, Outcome::Canceled, 0, SECOND).unwrap(),
        Ended::Recorded
    );
    options.faults = super::super::Faults::default();
    options.faults.ack_before_commit = true;
    let store = open(&options);
    assert_eq!(store.submit(operation("b"), 0).unwrap(), Submitted::New);
    assert_eq!(store.get("b").unwrap(), None);
}
