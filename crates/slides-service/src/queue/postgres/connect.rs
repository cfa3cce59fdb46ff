//! Connections, and calls that go through them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use super::super::StoreError;
use super::options::PostgresOptions;
use super::trouble::Trouble;

/// Connections when nobody says how many workers there are.
const CONNECTIONS: u32 = 8;
/// Of them, those that listen and notify.
const SET_ASIDE: u32 = 2;
/// Older connections are made anew, so that a server that moved is found.
const MAX_AGE: Duration = Duration::from_mins(30);
/// A connection that rested for longer is asked whether it still stands.
const RESTED: Duration = Duration::from_secs(1);
/// How long the answer may take.
const SIGN: Duration = Duration::from_secs(1);
/// Waits between the tries of a call: the first, doubled each time up to the last.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// How long a call waits for a connection while the server is known not to answer.
const DOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// Milliseconds that a transaction may wait for its next statement.
const IDLE_IN_TRANSACTION: &str = "10000";
/// What the whole of a call may take beyond the time of one statement.
const CALL_ROOM: Duration = Duration::from_secs(2);

/// Connections of one process to one schema.
///
/// Its own small pool, as that of sqlx asks the server for a sign of life behind each call, which is a second trip
/// for every statement.
pub(super) struct Connections {
    server: PgConnectOptions,
    free: Mutex<Vec<Free>>,
    permits: Semaphore,
    connect_timeout: Duration,
    call_timeout: Duration,
    /// Whether the last call reached the server.
    up: AtomicBool,
}

struct Free {
    connection: PgConnection,
    made: Instant,
    since: Instant,
}

/// A connection in use. Unless it is given back it is closed.
struct Taken<'a> {
    connection: PgConnection,
    made: Instant,
    _permit: SemaphorePermit<'a>,
}

impl Connections {
    pub(super) fn new(options: &PostgresOptions) -> Self {
        let connections = options.connections.unwrap_or(CONNECTIONS);
        Self {
            server: session(options, "on"),
            free: Mutex::default(),
            permits: Semaphore::new(connections.saturating_sub(SET_ASIDE).max(1) as usize),
            connect_timeout: options.connect_timeout,
            call_timeout: options.statement_timeout + CALL_ROOM,
            up: AtomicBool::new(true),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Free>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self) -> Result<Taken<'_>, Trouble> {
        let limit = if self.is_up() {
            self.connect_timeout
        } else {
            self.connect_timeout.min(DOWN_TIMEOUT)
        };
        let Ok(permit) = timeout(limit, self.permits.acquire()).await else {
            return Err(Trouble::Undone(format!(
                "all connections were in use for {limit:?}: more are allowed by `connections`"
            )));
        };
        let permit = permit.map_err(|e| Trouble::Failed(e.to_string()))?;
        let stands = match timeout(limit, self.connection()).await {
            Ok(stands) => stands,
            Err(_) => Err(Trouble::Undone(format!(
                "the server cannot be reached in {limit:?}"
            ))),
        };
        if stands.is_err() {
            self.up.store(false, Ordering::Release);
        }
        let (connection, made) = stands?;
        Ok(Taken {
            connection,
            made,
            _permit: permit,
        })
    }

    async fn connection(&self) -> Result<(PgConnection, Instant), Trouble> {
        loop {
            // The last one given back first: the others may rest and be found old.
            let Some(mut free) = self.free().pop() else {
                break;
            };
            if free.made.elapsed() >= MAX_AGE {
                continue;
            }
            let rested = free.since.elapsed() >= RESTED;
            if !rested || matches!(timeout(SIGN, free.connection.ping()).await, Ok(Ok(()))) {
                return Ok((free.connection, free.made));
            }
            // The others have rested for even longer: what broke this one broke them.
            self.free().clear();
        }
        let connection = connect(&self.server).await?;
        Ok((connection, Instant::now()))
    }

    fn give_back(&self, taken: Taken<'_>) {
        self.free().push(Free {
            connection: taken.connection,
            made: taken.made,
            since: Instant::now(),
        });
    }

    /// Makes a call once.
    pub(super) async fn once<T>(
        &self,
        run: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut taken = self.take().await?;
        let answer = match timeout(self.call_timeout, run(&mut taken.connection)).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::Unknown(format!(
                "no answer in {:?}",
                self.call_timeout
            ))),
        };
        match &answer {
            // A transaction that was refused has been rolled back by then.
            Ok(_) | Err(Trouble::Refused(_)) => {
                self.up.store(true, Ordering::Release);
                self.give_back(taken);
            }
            Err(Trouble::Unknown(_)) => {
                // Those made before may be as dead as this one: each is asked before it is used.
                self.up.store(false, Ordering::Release);
                let mut free = self.free();
                let long_ago = Instant::now().checked_sub(RESTED);
                for free in &mut *free {
                    free.since = long_ago.unwrap_or(free.since);
                }
            }
            Err(_) => {}
        }
        answer
    }

    /// Makes a call, again while the server cannot be reached and `patience` lasts. `run` is told whether an earlier
    /// try may have done it already.
    pub(super) async fn call<T>(
        &self,
        what: &'static str,
        patience: Duration,
        mut run: impl AsyncFnMut(&mut PgConnection, bool) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let mut wait = WAITS.0;
        let mut unsure = false;
        loop {
            let trouble = match self
                .once(async |connection| run(connection, unsure).await)
                .await
            {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let (reason, again) = match trouble {
                Trouble::Refused(error) => return Err(error),
                Trouble::Failed(reason) => (reason, false),
                Trouble::Undone(reason) => (reason, true),
                Trouble::Unknown(reason) => {
                    unsure = true;
                    (reason, true)
                }
            };
            if !again || begun.elapsed() + wait > patience {
                return Err(if unsure {
                    StoreError::Uncertain { what, reason }
                } else {
                    StoreError::Failed { what, reason }
                });
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(WAITS.1);
        }
    }
}

/// A new connection. Until it stands nothing can have been changed.
pub(super) async fn connect(server: &PgConnectOptions) -> Result<PgConnection, Trouble> {
    PgConnection::connect_with(server)
        .await
        .map_err(|error| match Trouble::from(error) {
            Trouble::Unknown(reason) => Trouble::Undone(reason),
            other => other,
        })
}

/// The settings of a session, given with its first message.
pub(super) fn session(options: &PostgresOptions, synchronous_commit: &str) -> PgConnectOptions {
    let millis = |time: Duration| time.as_millis().max(1).to_string();
    let limit = millis(options.statement_timeout);
    PgConnectOptions::clone(&options.server)
        .application_name(&format!("slides/{}", options.schema))
        .options([
            ("search_path", options.schema.as_str()),
            // Said here, as the database or the role may have it off, and then an acknowledged row can be lost.
            ("synchronous_commit", synchronous_commit),
            ("statement_timeout", limit.as_str()),
            ("lock_timeout", limit.as_str()),
            // Rows that a server had locked when its machine went away are free again then.
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
            ("default_transaction_isolation", "read committed"),
        ])
}

/// Makes several changes or none.
pub(super) async fn transaction<T>(
    connection: &mut PgConnection,
    run: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let undone = |trouble| match trouble {
        // The commit was not asked for yet.
        Trouble::Unknown(reason) => Trouble::Undone(reason),
        other => other,
    };
    sqlx::query("BEGIN")
        .execute(&mut *connection)
        .await
        .map_err(|e| undone(e.into()))?;
    let answer = run(&mut *connection).await.map_err(undone);
    let end = match &answer {
        Ok(_) => "COMMIT",
        Err(Trouble::Refused(_)) => "ROLLBACK",
        // The connection is closed, and the transaction with it.
        Err(_) => return answer,
    };
    sqlx::query(end).execute(&mut *connection).await?;
    answer
}
