//! The one thread that writes: calls share commits, and each is answered after its own.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::{Commits, Recent, Result, StoreError};

/// Calls that share one commit at most.
const BATCH: usize = 128;

/// What was committed since the store was opened.
#[derive(Debug, Default)]
pub(super) struct CommitCounts {
    commits: AtomicU64,
    calls: AtomicU64,
    micros: AtomicU64,
}

impl CommitCounts {
    fn add(&self, calls: usize, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.calls.fetch_add(calls as u64, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Commits {
        Commits {
            commits: self.commits.load(Ordering::Relaxed),
            calls: self.calls.load(Ordering::Relaxed),
            time: Duration::from_micros(self.micros.load(Ordering::Relaxed)),
        }
    }
}

/// A call on its way through the writer thread.
pub(super) trait Call: Send {
    /// Runs inside the open transaction.
    fn run(&mut self, connection: &Connection);
    /// Answers the caller after the commit, or with the reason why there was none.
    fn answer(self: Box<Self>, committed: Result<()>);
    /// Answers before the commit: the seeded fault of the durability test.
    #[cfg(debug_assertions)]
    fn answer_early(&mut self) {}
}

pub(super) struct Pending<F, R> {
    run: Option<F>,
    outcome: Option<Result<R>>,
    reply: SyncSender<Result<R>>,
    #[cfg(debug_assertions)]
    early: bool,
}

impl<F, R> Pending<F, R> {
    pub(super) fn new(
        run: F,
        reply: SyncSender<Result<R>>,
        #[cfg(debug_assertions)] early: bool,
    ) -> Self {
        Self {
            run: Some(run),
            outcome: None,
            reply,
            #[cfg(debug_assertions)]
            early,
        }
    }
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

pub(super) fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection
        .prepare_cached(sql)
        .and_then(|mut s| s.execute([]))
        .map_err(failed("write"))?;
    Ok(())
}

pub(super) fn failed(what: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| StoreError::Failed {
        what,
        reason: error.to_string(),
    }
}

/// Fills the log to its working size and starts it over, so that later commits overwrite in place.
pub(super) fn grow_log(connection: &Connection, bytes: u64) -> rusqlite::Result<()> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    connection.execute_batch("CREATE TABLE IF NOT EXISTS log_filler (x BLOB)")?;
    connection.execute("INSERT INTO log_filler VALUES (zeroblob(?1))", [bytes])?;
    connection.execute_batch("DROP TABLE log_filler")?;
    connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
}

pub(super) fn write_loop(
    connection: &Connection,
    queue: &Receiver<Box<dyn Call>>,
    (stopped, recent, counts): (&AtomicBool, &Recent, &CommitCounts),
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
        let begun = Instant::now();
        let committed = commit(connection).inspect_err(|error| {
            if *error == StoreError::Stopped {
                stopped.store(true, Ordering::Release);
            }
        });
        counts.add(batch.len(), begun.elapsed());
        recent.committed();
        for call in batch {
            call.answer(committed.clone());
        }
    }
}

/// Commits the open transaction, or leaves it.
fn commit(connection: &Connection) -> Result<()> {
    let error = match connection.execute_batch("COMMIT") {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    // SQLite may have left the transaction by itself.
    let left = if connection.is_autocommit() {
        Ok(())
    } else {
        execute(connection, "ROLLBACK")
    };
    // A full disk refused the bytes: nothing was committed, and there may be room again later. Of any other error
    // it is uncertain what the disk holds.
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) && left.is_ok() {
        tracing::error!(%error, "the disk is full, a commit of the queue was left");
        return Err(StoreError::Full);
    }
    tracing::error!(%error, "a commit of the queue failed; no more work is taken");
    Err(StoreError::Stopped)
}
