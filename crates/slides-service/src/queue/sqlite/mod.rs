use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use self::changes::requeue;
use self::rows::{COLUMNS, get, json, newest, record, state, unsigned};
use self::writer::{Call, CommitCounts, Pending, failed, grow_log, write_loop};
use super::recent::Recent;
use super::{
    Beat, Canceled, Commits, EndEvent, Ended, Event, Expired, Filter, Hold, Micros, NewOperation,
    Newest, NewestPage, Outcome, Progress, Record, Rescue, Rescued, State, Store, StoreError,
    StoreStats, Submitted, Waiting,
};

mod changes;
mod rows;
mod writer;

/// The migrations in order; `user_version` counts those that were applied.
const MIGRATIONS: &[&str] = &[include_str!("schema-1.sql"), include_str!("schema-2.sql")];
/// `slds`: marks the file as ours for tools such as `file`.
const APPLICATION_ID: i64 = 0x736c_6473;
/// Calls that may wait for the writer thread.
const BACKLOG: usize = 1024;
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
    /// Promises to break, to prove that the fault tests catch it.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub faults: super::Faults,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            log_bytes: 4 << 20,
            busy_timeout: Duration::from_secs(5),
            #[cfg(debug_assertions)]
            faults: super::Faults::default(),
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
    counts: Arc<CommitCounts>,
    #[cfg(debug_assertions)]
    faults: super::Faults,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

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
        let counts = Arc::new(CommitCounts::default());
        let (calls, queue) = sync_channel(BACKLOG);
        let thread = std::thread::Builder::new()
            .name("slides-queue".to_owned())
            .spawn({
                let (stopped, recent) = (Arc::clone(&stopped), Arc::clone(&recent));
                let counts = Arc::clone(&counts);
                #[cfg(debug_assertions)]
                let lag = options.faults.ack_before_commit;
                #[cfg(not(debug_assertions))]
                let lag = false;
                move || write_loop(&writer, &queue, (&stopped, &recent, &counts), lag)
            })
            .map_err(|e| StoreError::Failed {
                what: "start its writer thread",
                reason: e.to_string(),
            })?;
        Ok(Self {
            counts,
            path,
            calls: Some(calls),
            writer: Some(thread),
            readers,
            recent,
            stopped,
            #[cfg(debug_assertions)]
            faults: options.faults,
        })
    }

    /// Commits since the store was opened: calls that came together share one.
    pub fn commits(&self) -> u64 {
        self.recent.commits()
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
        let call = Box::new(Pending::new(
            run,
            reply,
            #[cfg(debug_assertions)]
            early,
        ));
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

    fn hand_out(
        &self,
        id: Option<String>,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>> {
        let worker = worker.to_owned();
        #[cfg(debug_assertions)]
        let keep_epoch = self.faults.claim_without_bump;
        self.write(move |connection| {
            changes::claim(
                connection,
                id.as_deref(),
                &worker,
                lease_until,
                now,
                #[cfg(debug_assertions)]
                keep_epoch,
            )
        })
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

impl Store for SqliteStore {
    fn submit(&self, operation: NewOperation, now: Micros) -> Result<Submitted> {
        self.call(
            move |connection| changes::submit(connection, &operation, now),
            #[cfg(debug_assertions)]
            self.faults.ack_before_commit,
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

    fn claim(&self, worker: &str, lease_until: Micros, now: Micros) -> Result<Option<Record>> {
        self.hand_out(None, worker, lease_until, now)
    }

    fn claim_one(
        &self,
        id: &str,
        worker: &str,
        lease_until: Micros,
        now: Micros,
    ) -> Result<Option<Record>> {
        self.hand_out(Some(id.to_owned()), worker, lease_until, now)
    }

    fn heartbeat(
        &self,
        hold: &Hold,
        lease_until: Micros,
        progress: Option<Progress>,
        _now: Micros,
    ) -> Result<Beat> {
        let hold = hold.clone();
        self.write(move |connection| {
            changes::heartbeat(connection, &hold, lease_until, progress.as_ref())
        })
    }

    fn end(&self, hold: &Hold, outcome: Outcome, now: Micros, expires: Micros) -> Result<Ended> {
        let hold = hold.clone();
        #[cfg(debug_assertions)]
        let hold = if self.faults.no_epoch_check {
            let row = self.get(&hold.id)?;
            Hold::new(&*hold.id, row.map_or(hold.epoch, |row| row.epoch))
        } else {
            hold
        };
        self.write(move |connection| changes::end(connection, &hold, &outcome, now, expires))
    }

    fn release(&self, hold: &Hold, run_at: Micros, counted: bool, _now: Micros) -> Result<Ended> {
        let hold = hold.clone();
        self.write(move |connection| {
            let Some((guard, to)) = changes::held(connection, &hold, Event::Requeue)? else {
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
        self.write(move |connection| changes::rescue(connection, &which, now, expires))
    }

    fn cancel(&self, id: &str, now: Micros, expires: Micros) -> Result<Canceled> {
        let id = id.to_owned();
        self.write(move |connection| changes::cancel(connection, &id, now, expires))
    }

    fn expire(&self, now: Micros, limit: usize) -> Result<Vec<Expired>> {
        self.write(move |connection| changes::expire(connection, now, limit))
    }

    fn remove(&self, ids: &[String]) -> Result<Vec<Expired>> {
        let ids = ids.to_vec();
        self.write(move |connection| changes::remove(connection, &ids))
    }

    fn blobs(&self) -> Result<BTreeSet<String>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT status, inputs, result_ref FROM operations")?;
            let mut blobs = BTreeSet::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if !matches!(state(row)?, State::Finished | State::Canceled) {
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

    fn commits(&self) -> Option<Commits> {
        Some(self.counts.now())
    }

    fn waiting(&self, tenant: &str) -> Result<Waiting> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT count(*) AS operations, coalesce(sum(input_bytes), 0) AS bytes,
                            coalesce(sum(tenant = ?1), 0) AS of_client
                       FROM operations INDEXED BY operations_turns WHERE status = 'Enqueued'",
                )?
                .query_row([tenant], |row| {
                    Ok(Waiting {
                        operations: unsigned(row, "operations")?,
                        bytes: unsigned(row, "bytes")?,
                        of_client: unsigned(row, "of_client")?,
                    })
                })
        })
    }

    fn list(&self, which: &Filter) -> Result<Vec<Record>> {
        self.read(|connection| {
            // The state and the client are compared here: lists are for people, who ask seldom.
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM operations WHERE seq > ?1 ORDER BY seq"
            ))?;
            let mut found = Vec::new();
            let mut rows = statement.query([which.after])?;
            while found.len() < which.limit
                && let Some(row) = rows.next()?
            {
                let row = record(row)?;
                if which.takes(&row) {
                    found.push(row);
                }
            }
            Ok(found)
        })
    }

    fn newest(&self, which: &Newest) -> Result<NewestPage> {
        self.read(|connection| newest(connection, which))
    }

    fn line(&self, limit: usize) -> Result<Vec<i64>> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT seq FROM operations WHERE status = 'Enqueued'
                      ORDER BY priority DESC, turn, seq LIMIT ?1",
                )?
                .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| row.get(0))?
                .collect()
        })
    }

    fn insert(&self, record: &Record, untold: bool) -> Result<()> {
        let record = record.clone();
        self.write(move |connection| changes::insert(connection, &record, untold))
    }

    fn events_due(&self, limit: usize, again: Micros, now: Micros) -> Result<Vec<EndEvent>> {
        self.write(move |connection| changes::events_due(connection, limit, again, now))
    }

    fn event_done(&self, operation: &str) -> Result<()> {
        let operation = operation.to_owned();
        self.write(move |connection| changes::event_done(connection, &operation))
    }

    fn event_later(&self, operation: &str, at: Micros, _now: Micros) -> Result<()> {
        let operation = operation.to_owned();
        self.write(move |connection| changes::event_later(connection, &operation, at))
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
            input_bytes: 3,
            priority: 0,
            max_attempts: 2,
            idempotency: None,
            webhook: None,
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
                    known: 2,
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
                    changes::change(c, "DELETE FROM operations", &[])?;
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

    /// Each seeded fault breaks a promise that the suite holds the store to.
    #[cfg(debug_assertions)]
    #[test]
    fn seeded_faults_break_what_they_should() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = SqliteOptions::default();
        options.faults.no_epoch_check = true;
        options.faults.claim_without_bump = true;
        let store = SqliteStore::open(dir.path().join("queue.db"), &options).unwrap();
        store.submit(operation("a"), 0).unwrap();
        let late = store.claim("w", 5, 0).unwrap().unwrap();
        store.rescue(Rescue::Expired, 10, 99).unwrap();
        let second = store.claim("w", 60, 20).unwrap().unwrap();
        assert_eq!(second.epoch, late.epoch);
        let other = Hold::new("a", 77);
        let ended = store.end(&other, Outcome::Canceled, 30, 99).unwrap();
        assert_eq!(ended, Ended::Recorded);
    }
}
