use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, named_params, params};

use super::recent::Recent;
use super::store::attempts_spent;
use super::{
    Beat, Canceled, Ended, Event, Expired, Failure, Hold, Micros, NewOperation, Outcome, Progress,
    Record, Rescue, Rescued, ResultRef, State, Store, StoreError, StoreStats, Submitted,
    transition,
};

/// The migrations in order; `user_version` counts those that were applied.
const MIGRATIONS: &[&str] = &[include_str!("schema-1.sql")];
/// `slds`: marks the file as ours for tools such as `file`.
const APPLICATION_ID: i64 = 0x736c_6473;
/// Calls that may wait for the writer thread.
const BACKLOG: usize = 1024;
/// Calls that share one commit at most.
const BATCH: usize = 128;
/// Statements kept prepared on each connection.
const STATEMENTS: usize = 32;
/// Connections that read.
const READERS: usize = 4;

/// How a [`SqliteStore`] is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// Bytes the write-ahead log is grown to before the first call, and at which it is
    /// checkpointed. A log that grows while it is synced costs several times the sync.
    pub log_bytes: u64,
    /// How long a call waits when another process holds the database.
    pub busy_timeout: Duration,
    /// Answers submits before they are committed, to prove that the durability test catches it.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub ack_before_commit: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            log_bytes: 4 << 20,
            busy_timeout: Duration::from_secs(5),
            #[cfg(debug_assertions)]
            ack_before_commit: false,
        }
    }
}

/// The durable queue: SQLite in write-ahead mode with `synchronous = FULL`.
///
/// One thread writes. Calls that arrive while a commit is on its way share the next one, and each
/// is answered only after its commit is synced. After a failed commit nothing more is written,
/// because what the disk holds is uncertain then.
pub struct SqliteStore {
    path: PathBuf,
    calls: Option<SyncSender<Box<dyn Call>>>,
    writer: Option<JoinHandle<()>>,
    /// So that a long read does not hold the short ones up.
    readers: [Mutex<Connection>; READERS],
    recent: Arc<Recent>,
    stopped: Arc<AtomicBool>,
    #[cfg(debug_assertions)]
    ack_before_commit: bool,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A call on its way through the writer thread.
trait Call: Send {
    /// Runs inside the open transaction.
    fn run(&mut self, connection: &Connection);
    /// Answers the caller after the commit, or with the reason why there was none.
    fn answer(self: Box<Self>, committed: Result<()>);
    /// Answers before the commit: the seeded fault of the durability test.
    #[cfg(debug_assertions)]
    fn answer_early(&mut self) {}
}

struct Pending<F, R> {
    run: Option<F>,
    outcome: Option<Result<R>>,
    reply: SyncSender<Result<R>>,
    #[cfg(debug_assertions)]
    early: bool,
}

impl<F, R> Call for Pending<F, R>
where
    F: FnOnce(&Connection) -> Result<R> + Send,
    R: Send,
{
    fn run(&mut self, connection: &Connection) {
        if let Some(run) = self.run.take() {
            self.outcome = Some(in_savepoint(connection, run));
        }
    }

    fn answer(mut self: Box<Self>, committed: Result<()>) {
        if let Some(outcome) = self.outcome.take() {
            // The caller may have gone away; its change stands all the same.
            let _ = self.reply.send(committed.and(outcome));
        } else if let Err(error) = committed {
            let _ = self.reply.send(Err(error));
        }
    }

    #[cfg(debug_assertions)]
    fn answer_early(&mut self) {
        if self.early
            && let Some(outcome) = self.outcome.take()
        {
            let _ = self.reply.send(outcome);
        }
    }
}

/// One call's changes are all made or none, whatever the others in the batch do.
fn in_savepoint<R>(
    connection: &Connection,
    run: impl FnOnce(&Connection) -> Result<R>,
) -> Result<R> {
    execute(connection, "SAVEPOINT one_call")?;
    let outcome = run(connection);
    if outcome.is_err() {
        execute(connection, "ROLLBACK TO one_call")?;
    }
    execute(connection, "RELEASE one_call")?;
    outcome
}

fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection
        .prepare_cached(sql)
        .and_then(|mut s| s.execute([]))
        .map_err(failed("write"))?;
    Ok(())
}

fn failed(what: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| StoreError::Failed {
        what,
        reason: error.to_string(),
    }
}

impl SqliteStore {
    /// Opens the queue in a file, making or migrating it as needed.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] for a file of a newer version; [`StoreError::Failed`] when the
    /// file cannot be opened, read or written.
    pub fn open(path: impl Into<PathBuf>, options: &SqliteOptions) -> Result<Self> {
        let path = path.into();
        let writer = connect(&path, options)?;
        migrate(&writer, &path)?;
        grow_log(&writer, options.log_bytes).map_err(failed("grow its write-ahead log"))?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let reader = connect(&path, options)?;
            reader
                .pragma_update(None, "query_only", true)
                .map_err(failed("open"))?;
            readers.push(Mutex::new(reader));
        }
        let readers = readers.try_into().map_err(|_| StoreError::Stopped)?;

        let stopped = Arc::new(AtomicBool::new(false));
        let recent = Arc::new(Recent::default());
        let (calls, queue) = sync_channel(BACKLOG);
        let thread = std::thread::Builder::new()
            .name("slides-queue".to_owned())
            .spawn({
                let (stopped, recent) = (Arc::clone(&stopped), Arc::clone(&recent));
                #[cfg(debug_assertions)]
                let lag = options.ack_before_commit;
                #[cfg(not(debug_assertions))]
                let lag = false;
                move || write_loop(&writer, &queue, (&stopped, &recent), lag)
            })
            .map_err(|e| StoreError::Failed {
                what: "start its writer thread",
                reason: e.to_string(),
            })?;
        Ok(Self {
            path,
            calls: Some(calls),
            writer: Some(thread),
            readers,
            recent,
            stopped,
            #[cfg(debug_assertions)]
            ack_before_commit: options.ack_before_commit,
        })
    }

    fn write<R: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        self.call(
            run,
            #[cfg(debug_assertions)]
            false,
        )
    }

    fn call<R: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> Result<R> + Send + 'static,
        #[cfg(debug_assertions)] early: bool,
    ) -> Result<R> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(StoreError::Stopped);
        }
        // Room for two: the seeded fault may answer before the commit answers.
        let (reply, answer) = sync_channel(2);
        let call = Box::new(Pending {
            run: Some(run),
            outcome: None,
            reply,
            #[cfg(debug_assertions)]
            early,
        });
        let calls = self.calls.as_ref().ok_or(StoreError::Stopped)?;
        calls.send(call).map_err(|_| StoreError::Stopped)?;
        answer.recv().map_err(|_| StoreError::Stopped)?
    }

    fn read<R>(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> Result<R> {
        let reader = self.free_reader().unwrap_or_else(|| {
            let [first, ..] = &self.readers;
            first.lock().unwrap_or_else(PoisonError::into_inner)
        });
        run(&reader).map_err(failed("read"))
    }

    fn free_reader(&self) -> Option<MutexGuard<'_, Connection>> {
        self.readers
            .iter()
            .find_map(|reader| match reader.try_lock() {
                Ok(reader) => Some(reader),
                Err(TryLockError::Poisoned(reader)) => Some(reader.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            })
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Without a sender the writer ends after the calls it has.
        self.calls = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn connect(path: &Path, options: &SqliteOptions) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(options.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // Never cut the log back while serving: growing it again is what costs.
        connection.pragma_update(None, "journal_size_limit", -1)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = i64::try_from(options.log_bytes).unwrap_or(i64::MAX) / page.max(1);
        connection.pragma_update(None, "wal_autocheckpoint", pages.max(100))?;
        Ok(connection)
    };
    open().map_err(|e| StoreError::Failed {
        what: "be opened",
        reason: format!("`{}`: {e}", path.display()),
    })
}

fn migrate(connection: &Connection, path: &Path) -> Result<()> {
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed("read its schema version"))?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::NewerSchema {
            path: path.display().to_string(),
            found,
            known,
        });
    }
    for (version, sql) in (1..)
        .zip(MIGRATIONS)
        .skip(usize::try_from(found).unwrap_or(0))
    {
        let script = format!(
            "BEGIN IMMEDIATE; {sql}; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version}; COMMIT;"
        );
        connection
            .execute_batch(&script)
            .map_err(failed("be migrated"))?;
    }
    Ok(())
}

/// Fills the log to its working size and starts it over, so that later commits overwrite in place.
fn grow_log(connection: &Connection, bytes: u64) -> rusqlite::Result<()> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    connection.execute_batch("CREATE TABLE IF NOT EXISTS log_filler (x BLOB)")?;
    connection.execute("INSERT INTO log_filler VALUES (zeroblob(?1))", [bytes])?;
    connection.execute_batch("DROP TABLE log_filler")?;
    connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
}

fn write_loop(
    connection: &Connection,
    queue: &Receiver<Box<dyn Call>>,
    (stopped, recent): (&AtomicBool, &Recent),
    lag: bool,
) {
    while let Ok(first) = queue.recv() {
        if stopped.load(Ordering::Acquire) {
            first.answer(Err(StoreError::Stopped));
            continue;
        }
        if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
            // Another process holds the database: nothing was written, later calls may do better.
            first.answer(Err(error));
            continue;
        }
        let mut batch = vec![first];
        let mut next = 0;
        loop {
            if let Some(call) = batch.get_mut(next) {
                call.run(connection);
                #[cfg(debug_assertions)]
                call.answer_early();
                next += 1;
                continue;
            }
            if batch.len() >= BATCH {
                break;
            }
            match queue.try_recv() {
                Ok(call) => batch.push(call),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        if lag {
            // Only with the seeded fault: makes the window between answer and commit wide.
            std::thread::sleep(Duration::from_millis(40));
        }
        let committed = execute(connection, "COMMIT").map_err(|error| {
            tracing::error!(%error, "a commit of the queue failed; no more work is taken");
            stopped.store(true, Ordering::Release);
            let _ = execute(connection, "ROLLBACK");
            StoreError::Stopped
        });
        recent.committed();
        for call in batch {
            call.answer(committed.clone());
        }
    }
}

const COLUMNS: &str = "id, tenant, method, status, request, inputs, run_at, attempts, max_attempts, epoch, \
     worker, lease_until, cancel_requested, progress, error, result_ref, result_len, result_sha256, \
     result_type, result_name, warnings, created, enqueued, started, ended, expires";

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let result = match row.get::<_, Option<String>>("result_ref")? {
        None => None,
        Some(blob) => Some(ResultRef {
            blob,
            len: unsigned(row, "result_len")?,
            sha256: row.get("result_sha256")?,
            media_type: row.get("result_type")?,
            file_name: row.get("result_name")?,
        }),
    };
    Ok(Record {
        id: row.get("id")?,
        tenant: row.get("tenant")?,
        method: row.get("method")?,
        state: state(row)?,
        request: row.get("request")?,
        inputs: json(row, "inputs")?.unwrap_or_default(),
        epoch: unsigned(row, "epoch")?,
        worker: row.get("worker")?,
        lease_until: row.get("lease_until")?,
        attempts: row.get("attempts")?,
        max_attempts: row.get("max_attempts")?,
        cancel_requested: row.get("cancel_requested")?,
        run_at: row.get("run_at")?,
        progress: json(row, "progress")?,
        error: json(row, "error")?,
        result,
        warnings: json(row, "warnings")?.unwrap_or_default(),
        created: row.get("created")?,
        enqueued: row.get("enqueued")?,
        started: row.get("started")?,
        ended: row.get("ended")?,
        expires: row.get("expires")?,
    })
}

fn bad_column(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
}

fn state(row: &Row<'_>) -> rusqlite::Result<State> {
    row.get::<_, String>("status")?
        .parse()
        .map_err(|e: String| bad_column(e))
}

fn unsigned(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(bad_column)
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<String>>(column)? {
        None => Ok(None),
        Some(text) => serde_json::from_str(&text).map(Some).map_err(bad_column),
    }
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Failed {
        what: "write a column",
        reason: e.to_string(),
    })
}

/// What a guarded change needs to know of a row.
struct Guard {
    state: State,
    epoch: i64,
    attempts: u32,
    max_attempts: u32,
    cancel_requested: bool,
}

fn guard(connection: &Connection, id: &str) -> Result<Option<Guard>> {
    connection
        .prepare_cached("SELECT status, epoch, attempts, max_attempts, cancel_requested FROM operations WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([id], |row| {
                    Ok(Guard {
                        state: state(row)?,
                        epoch: row.get("epoch")?,
                        attempts: row.get("attempts")?,
                        max_attempts: row.get("max_attempts")?,
                        cancel_requested: row.get::<_, Option<Micros>>("cancel_requested")?.is_some(),
                    })
                })
                .optional()
        })
        .map_err(failed("read"))
}

/// The row's guard if `hold` is the current hold and `event` is allowed.
fn held(connection: &Connection, hold: &Hold, event: Event) -> Result<Option<(Guard, State)>> {
    Ok(guard(connection, &hold.id)?
        .filter(|guard| guard.state == State::Started && guard.epoch == signed(hold.epoch))
        .and_then(|guard| transition(guard.state, event).map(|to| (guard, to))))
}

/// Runs one statement and says whether it changed a row.
fn change(
    connection: &Connection,
    sql: &str,
    params: &[(&str, &dyn rusqlite::ToSql)],
) -> Result<bool> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map(|rows| rows > 0)
        .map_err(failed("write"))
}

fn requeue(
    connection: &Connection,
    id: &str,
    epoch: i64,
    to: State,
    run_at: Micros,
    attempts: u32,
) -> Result<bool> {
    change(
        connection,
        "UPDATE operations SET status = :to, run_at = :run_at, lease_until = NULL, attempts = :attempts
          WHERE id = :id AND epoch = :epoch AND status = 'Started'",
        named_params! { ":to": to.as_str(), ":run_at": run_at, ":attempts": attempts, ":id": id, ":epoch": epoch },
    )
}

fn end_row(
    connection: &Connection,
    id: &str,
    (from, to): (State, State),
    error: Option<&Failure>,
    (now, expires): (Micros, Micros),
) -> Result<bool> {
    change(
        connection,
        "UPDATE operations SET status = :to, error = :error, ended = :now, expires = :expires, lease_until = NULL
          WHERE id = :id AND status = :from",
        named_params! {
            ":to": to.as_str(), ":from": from.as_str(), ":error": error.map(to_json).transpose()?,
            ":now": now, ":expires": expires, ":id": id,
        },
    )
}

fn get(connection: &Connection, id: &str) -> rusqlite::Result<Option<Record>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM operations WHERE id = ?1"))?
        .query_row([id], record)
        .optional()
}

fn submit(connection: &Connection, operation: &NewOperation, now: Micros) -> Result<Submitted> {
    if let Some(key) = &operation.idempotency {
        let known: Option<(String, String)> = connection
            .prepare_cached(
                "SELECT id, idem_hash FROM operations WHERE tenant = ?1 AND idem_key = ?2",
            )
            .and_then(|mut statement| {
                statement
                    .query_row([&operation.tenant, &key.key], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()
            })
            .map_err(failed("read"))?;
        match known {
            Some((id, hash)) if hash == key.request_hash => return Ok(Submitted::Existing(id)),
            Some(_) => {
                return Err(StoreError::KeyConflict {
                    key: key.key.clone(),
                });
            }
            None => {}
        }
    }
    if guard(connection, &operation.id)?.is_some() {
        return Err(StoreError::DuplicateId {
            id: operation.id.clone(),
        });
    }
    change(
        connection,
        "INSERT INTO operations (id, tenant, method, status, request, inputs, run_at, max_attempts,
                idem_key, idem_hash, created, enqueued)
         VALUES (:id, :tenant, :method, :status, :request, :inputs, :now, :max_attempts,
                :idem_key, :idem_hash, :now, :now)",
        named_params! {
            ":id": operation.id, ":tenant": operation.tenant, ":method": operation.method,
            ":status": State::Enqueued.as_str(), ":request": operation.request,
            ":inputs": to_json(&operation.inputs)?, ":now": now, ":max_attempts": operation.max_attempts,
            ":idem_key": operation.idempotency.as_ref().map(|k| &k.key),
            ":idem_hash": operation.idempotency.as_ref().map(|k| &k.request_hash),
        },
    )?;
    Ok(Submitted::New)
}

/// Which waiting operation is claimed.
const NEXT: &str = "SELECT seq FROM operations WHERE status = 'Enqueued' AND run_at <= :now
      ORDER BY priority DESC, run_at, seq LIMIT 1";
const ONE: &str =
    "SELECT seq FROM operations WHERE id = :id AND status = 'Enqueued' AND run_at <= :now";

fn claim(
    connection: &Connection,
    id: Option<&str>,
    worker: &str,
    lease_until: Micros,
    now: Micros,
) -> Result<Option<Record>> {
    let Some(to) = transition(State::Enqueued, Event::Claim) else {
        return Ok(None);
    };
    let to = to.as_str();
    let mut params: Vec<(&str, &dyn rusqlite::ToSql)> = vec![
        (":to", &to),
        (":worker", &worker),
        (":lease_until", &lease_until),
        (":now", &now),
    ];
    let which = match &id {
        None => NEXT,
        Some(id) => {
            params.push((":id", id));
            ONE
        }
    };
    let sql = format!(
        "UPDATE operations SET status = :to, epoch = epoch + 1, attempts = attempts + 1, worker = :worker,
                lease_until = :lease_until, started = coalesce(started, :now), progress = NULL
          WHERE seq = ({which})
         RETURNING {COLUMNS}"
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row(&*params, record).optional())
        .map_err(failed("hand out an operation"))
}

fn heartbeat(
    connection: &Connection,
    hold: &Hold,
    lease_until: Micros,
    progress: Option<&Progress>,
) -> Result<Beat> {
    let held = change(
        connection,
        "UPDATE operations SET lease_until = :lease_until, progress = coalesce(:progress, progress)
          WHERE id = :id AND epoch = :epoch AND status = 'Started'",
        named_params! {
            ":lease_until": lease_until, ":progress": progress.map(to_json).transpose()?,
            ":id": hold.id, ":epoch": signed(hold.epoch),
        },
    )?;
    if !held {
        return Ok(Beat::Lost);
    }
    let cancel = guard(connection, &hold.id)?.is_some_and(|guard| guard.cancel_requested);
    Ok(Beat::Held { cancel })
}

fn end(
    connection: &Connection,
    hold: &Hold,
    outcome: &Outcome,
    now: Micros,
    expires: Micros,
) -> Result<Ended> {
    let event = match outcome {
        Outcome::Finished { .. } => Event::Finish,
        Outcome::Failed(_) => Event::Fail,
        Outcome::Canceled => Event::Cancel,
    };
    let Some((guard, to)) = held(connection, hold, event)? else {
        return Ok(Ended::Fenced);
    };
    let error = match outcome {
        Outcome::Failed(failure) => Some(failure),
        _ => None,
    };
    if let Outcome::Finished {
        result,
        warnings,
        progress,
    } = outcome
    {
        change(
            connection,
            "UPDATE operations SET result_ref = :blob, result_len = :len, result_sha256 = :sha256,
                    result_type = :type, result_name = :name, warnings = :warnings,
                    progress = coalesce(:progress, progress)
              WHERE id = :id",
            named_params! {
                ":blob": result.as_ref().map(|r| &r.blob), ":len": result.as_ref().map(|r| signed(r.len)),
                ":sha256": result.as_ref().map(|r| &r.sha256), ":type": result.as_ref().map(|r| &r.media_type),
                ":name": result.as_ref().map(|r| &r.file_name), ":warnings": to_json(warnings)?,
                ":progress": progress.as_ref().map(to_json).transpose()?, ":id": hold.id,
            },
        )?;
    }
    end_row(
        connection,
        &hold.id,
        (guard.state, to),
        error,
        (now, expires),
    )?;
    Ok(Ended::Recorded)
}

fn rescue(
    connection: &Connection,
    which: &Rescue,
    now: Micros,
    expires: Micros,
) -> Result<Rescued> {
    let due: Vec<(String, i64)> = connection
        .prepare_cached(
            "SELECT id, epoch FROM operations
              WHERE status = 'Started' AND (?1 OR lease_until IS NULL OR lease_until < ?2) ORDER BY seq",
        )
        .and_then(|mut statement| {
            let all = matches!(which, Rescue::All { .. });
            statement.query_map(params![all, now], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .map_err(failed("read"))?;
    let mut rescued = Rescued::default();
    for (id, epoch) in due {
        let Some(guard) = guard(connection, &id)? else {
            continue;
        };
        let counted = match which {
            Rescue::Expired => true,
            Rescue::All { count_from } => epoch >= signed(*count_from),
        };
        let event = if guard.cancel_requested {
            Event::Cancel
        } else if counted && guard.attempts >= guard.max_attempts {
            Event::Fail
        } else {
            Event::Requeue
        };
        let Some(to) = transition(guard.state, event) else {
            continue;
        };
        match event {
            Event::Cancel => {
                end_row(connection, &id, (guard.state, to), None, (now, expires))?;
                rescued.canceled.push(id);
            }
            Event::Fail => {
                let failure = attempts_spent(guard.attempts);
                end_row(
                    connection,
                    &id,
                    (guard.state, to),
                    Some(&failure),
                    (now, expires),
                )?;
                rescued.failed.push(id);
            }
            _ => {
                let attempts = if counted {
                    guard.attempts
                } else {
                    guard.attempts.saturating_sub(1)
                };
                requeue(connection, &id, epoch, to, now, attempts)?;
                rescued.requeued.push(id);
            }
        }
    }
    Ok(rescued)
}

fn cancel(connection: &Connection, id: &str, now: Micros, expires: Micros) -> Result<Canceled> {
    let Some(guard) = guard(connection, id)? else {
        return Ok(Canceled::Unknown);
    };
    let to = transition(guard.state, Event::Cancel);
    if to.is_none() {
        return Ok(Canceled::TooLate(guard.state));
    }
    change(
        connection,
        "UPDATE operations SET cancel_requested = coalesce(cancel_requested, :now) WHERE id = :id",
        named_params! { ":now": now, ":id": id },
    )?;
    match to {
        // Only the worker may end what it runs; it sees the request at its next heartbeat.
        Some(to) if guard.state != State::Started => {
            end_row(connection, id, (guard.state, to), None, (now, expires))?;
            Ok(Canceled::Now)
        }
        _ => Ok(Canceled::Requested),
    }
}

fn expire(connection: &Connection, now: Micros, limit: usize) -> Result<Vec<Expired>> {
    let due: Vec<(i64, Expired)> = connection
        .prepare_cached(
            "SELECT seq, id, inputs, result_ref FROM operations WHERE expires IS NOT NULL AND expires <= ?1
              ORDER BY expires, seq LIMIT ?2",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(params![now, limit as i64], |row| {
                let mut blobs: Vec<String> = json(row, "inputs")?.unwrap_or_default();
                blobs.extend(row.get::<_, Option<String>>("result_ref")?);
                Ok((row.get("seq")?, Expired { id: row.get("id")?, blobs }))
            })?;
            rows.collect()
        })
        .map_err(failed("read"))?;
    for (seq, _) in &due {
        change(
            connection,
            "DELETE FROM operations WHERE seq = :seq",
            named_params! { ":seq": seq },
        )?;
    }
    Ok(due.into_iter().map(|(_, expired)| expired).collect())
}

impl Store for SqliteStore {
    fn submit(&self, operation: NewOperation, now: Micros) -> Result<Submitted> {
        self.call(
            move |connection| submit(connection, &operation, now),
            #[cfg(debug_assertions)]
            self.ack_before_commit,
        )
    }

    fn get(&self, id: &str) -> Result<Option<Record>> {
        self.read(|connection| get(connection, id))
    }

    fn get_at_once(&self, id: &str) -> Option<Result<Option<Arc<Record>>>> {
        if let Some(record) = self.recent.get(id) {
            return Some(Ok(Some(record)));
        }
        let reader = self.free_reader()?;
        let commits = self.recent.commits();
        let found = get(&reader, id).map(|found| found.map(Arc::new));
        if let Ok(Some(record)) = &found {
            self.recent.put(commits, record);
        }
        Some(found.map_err(failed("read")))
    }

    fn depth(&self) -> Result<u64> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT count(*) AS depth FROM operations WHERE status = 'Enqueued'",
                )?
                .query_row([], |row| unsigned(row, "depth"))
        })
    }

    fn claim(&self, worker: &str, lease_until: Micros, now: Micros) -> Result<Option<Record>> {
        let worker = worker.to_owned();
        self.write(move |connection| claim(connection, None, &worker, lease_until, now))
    }

    fn claim_one(
        &self,
        id: &str,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>> {
        let (id, worker) = (id.to_owned(), worker.to_owned());
        self.write(move |connection| claim(connection, Some(&id), &worker, lease_until, now))
    }

    fn heartbeat(
        &self,
        hold: &Hold,
        lease_until: Micros,
        progress: Option<Progress>,
    ) -> Result<Beat> {
        let hold = hold.clone();
        self.write(move |connection| heartbeat(connection, &hold, lease_until, progress.as_ref()))
    }

    fn end(&self, hold: &Hold, outcome: Outcome, now: Micros, expires: Micros) -> Result<Ended> {
        let hold = hold.clone();
        self.write(move |connection| end(connection, &hold, &outcome, now, expires))
    }

    fn release(&self, hold: &Hold, run_at: Micros, counted: bool) -> Result<Ended> {
        let hold = hold.clone();
        self.write(move |connection| {
            let Some((guard, to)) = held(connection, &hold, Event::Requeue)? else {
                return Ok(Ended::Fenced);
            };
            let attempts = if counted {
                guard.attempts
            } else {
                guard.attempts.saturating_sub(1)
            };
            requeue(connection, &hold.id, guard.epoch, to, run_at, attempts)?;
            Ok(Ended::Recorded)
        })
    }

    fn rescue(&self, which: Rescue, now: Micros, expires: Micros) -> Result<Rescued> {
        self.write(move |connection| rescue(connection, &which, now, expires))
    }

    fn cancel(&self, id: &str, now: Micros, expires: Micros) -> Result<Canceled> {
        let id = id.to_owned();
        self.write(move |connection| cancel(connection, &id, now, expires))
    }

    fn expire(&self, now: Micros, limit: usize) -> Result<Vec<Expired>> {
        self.write(move |connection| expire(connection, now, limit))
    }

    fn blobs(&self) -> Result<BTreeSet<String>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT status, inputs, result_ref FROM operations")?;
            let mut blobs = BTreeSet::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if !state(row)?.is_terminal() {
                    blobs.extend(json::<Vec<String>>(row, "inputs")?.unwrap_or_default());
                }
                blobs.extend(row.get::<_, Option<String>>("result_ref")?);
            }
            Ok(blobs)
        })
    }

    fn stats(&self) -> Result<StoreStats> {
        self.read(|connection| {
            let mut stats = StoreStats::default();
            // Three partial indexes answer this without reading the table.
            let mut statement = connection.prepare_cached(
                "SELECT status, count(*) AS depth FROM operations WHERE status = 'Enqueued'
                 UNION ALL SELECT status, count(*) FROM operations WHERE status = 'Started'
                 UNION ALL SELECT status, count(*) FROM operations WHERE expires IS NOT NULL GROUP BY status",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                // An aggregate without a row has no status.
                if row.get::<_, Option<String>>("status")?.is_some() {
                    stats.depth.insert(state(row)?, unsigned(row, "depth")?);
                }
            }
            stats.oldest_enqueued = connection
                .prepare_cached("SELECT min(enqueued) FROM operations WHERE status = 'Enqueued'")?
                .query_row([], |row| row.get(0))?;
            Ok(stats)
        })
    }

    fn is_healthy(&self) -> bool {
        !self.stopped.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(id: &str) -> NewOperation {
        NewOperation {
            id: id.to_owned(),
            tenant: String::new(),
            method: "Convert".to_owned(),
            request: vec![1, 2, 3],
            inputs: vec![format!("in-{id}")],
            max_attempts: 2,
            idempotency: None,
        }
    }

    #[test]
    fn operations_outlive_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("queue.db");
        let before = {
            let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
            store.submit(operation("a"), 10).unwrap();
            store.claim("w", 100, 20).unwrap();
            store.get("a").unwrap()
        };
        let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
        assert!(before.is_some());
        assert_eq!(store.get("a").unwrap(), before);
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("queue.db");
        drop(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        let error = SqliteStore::open(&path, &SqliteOptions::default()).unwrap_err();
        assert!(
            matches!(
                error,
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
    fn the_database_syncs_each_commit_and_keeps_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("queue.db");
        let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
        let (journal, sync): (String, i64) = store
            .write(|c| {
                let journal = c
                    .pragma_query_value(None, "journal_mode", |r| r.get(0))
                    .unwrap();
                Ok((
                    journal,
                    c.pragma_query_value(None, "synchronous", |r| r.get(0))
                        .unwrap(),
                ))
            })
            .unwrap();
        assert_eq!((journal.as_str(), sync), ("wal", 2));
        let log = std::fs::metadata(dir.path().join("queue.db-wal"))
            .unwrap()
            .len();
        assert!(
            log >= SqliteOptions::default().log_bytes,
            "the log was not grown: {log} bytes"
        );
    }

    #[test]
    fn calls_of_many_threads_are_all_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::open(dir.path().join("queue.db"), &SqliteOptions::default()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    for n in 0..20 {
                        store
                            .submit(operation(&format!("{thread}-{n}")), n)
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(store.stats().unwrap().count(State::Enqueued), 160);
    }

    #[test]
    fn one_failing_call_leaves_the_others_of_its_batch() {
        let dir = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::open(dir.path().join("queue.db"), &SqliteOptions::default()).unwrap();
        std::thread::scope(|scope| {
            let good = scope.spawn(|| store.submit(operation("good"), 1));
            let bad = scope.spawn(|| {
                store.write::<()>(|c| {
                    change(c, "DELETE FROM operations", &[])?;
                    Err(StoreError::KeyConflict {
                        key: "k".to_owned(),
                    })
                })
            });
            assert!(good.join().unwrap().is_ok());
            assert!(bad.join().unwrap().is_err());
        });
        assert!(store.get("good").unwrap().is_some());
    }
}
