//! Changes that are not a worker's: cancels, rescues, removals, events.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::super::state::rescue_event;
use super::super::store::{LONGEST_EVENT_WAIT, LONGEST_WAIT, attempts_spent};
use super::super::{
    Canceled, EndEvent, Event, Expired, Failure, Rescue, Rescued, State, transition,
};
use super::connect::transaction;
use super::rows::{count, json, now, signed, small, state, to_json};
use super::trouble::Trouble;

/// Operations taken back by one call; the rest waits for the next.
const RESCUED_AT_ONCE: i64 = 500;

/// What a guarded change needs to know of a row, which is locked from then on.
struct Guard {
    id: String,
    state: State,
    epoch: i64,
    attempts: u32,
    max_attempts: u32,
    cancel_requested: bool,
}

fn guard(row: &PgRow) -> Result<Guard, sqlx::Error> {
    Ok(Guard {
        id: row.try_get("id")?,
        state: state(row)?,
        epoch: row.try_get("epoch")?,
        attempts: count(row, "attempts")?,
        max_attempts: count(row, "max_attempts")?,
        cancel_requested: row.try_get::<Option<i64>, _>("cancel_requested")?.is_some(),
    })
}

/// Whether this server does the work `what` of a schema, until the transaction ends.
async fn leads(
    connection: &mut PgConnection,
    schema: &str,
    what: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("slides/{schema}/{what}"))
        .fetch_one(connection)
        .await?
        .try_get(0)
}

/// Ends a locked row that no worker ends, and notes it for the webhook.
async fn end_row(
    connection: &mut PgConnection,
    row: &Guard,
    to: State,
    error: Option<&Failure>,
    keep: i64,
    now: Option<i64>,
) -> Result<(), Trouble> {
    sqlx::query(concat!(
        "WITH t AS MATERIALIZED (SELECT ",
        now!(),
        " AS now), ended AS (
         UPDATE operations SET status = $2, error = $3, ended = t.now, expires = t.now + $4, lease_until = NULL
           FROM t WHERE id = $5 AND status = $6 AND epoch = $7
         RETURNING id, t.now, webhook
         )
         INSERT INTO outbox (operation, at, due) SELECT id, now, now FROM ended WHERE webhook IS NOT NULL"
    ))
    .bind(now)
    .bind(to.as_str())
    .bind(error.map(to_json).transpose()?)
    .bind(keep)
    .bind(&row.id)
    .bind(row.state.as_str())
    .bind(row.epoch)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn rescue(
    connection: &mut PgConnection,
    schema: &str,
    which: &Rescue,
    keep: i64,
    lease: i64,
    now: Option<i64>,
) -> Result<Rescued, Trouble> {
    transaction(connection, async |connection| {
        let mut rescued = Rescued::default();
        if !leads(connection, schema, "rescue").await? {
            return Ok(rescued);
        }
        follow_clock(connection, lease, now).await?;
        let due = sqlx::query(concat!(
            "SELECT id, status, epoch, attempts, max_attempts, cancel_requested FROM operations
              WHERE status = 'Started' AND ($2 OR lease_until IS NULL OR lease_until < (SELECT ",
            now!(),
            ")) ORDER BY seq LIMIT $3 FOR UPDATE SKIP LOCKED"
        ))
        .bind(now)
        .bind(matches!(which, Rescue::All { .. }))
        .bind(RESCUED_AT_ONCE)
        .fetch_all(&mut *connection)
        .await?;
        if matches!(which, Rescue::All { .. }) {
            sqlx::query(concat!(
                "UPDATE outbox SET due = t.now FROM (SELECT ",
                now!(),
                " AS now) t WHERE due > t.now"
            ))
            .bind(now)
            .execute(&mut *connection)
            .await?;
        }
        for row in &due {
            let row = guard(row)?;
            let counted = match which {
                Rescue::Expired => true,
                Rescue::All { count_from } => row.epoch >= signed(*count_from),
            };
            let event = rescue_event(
                row.cancel_requested,
                counted,
                row.attempts,
                row.max_attempts,
            );
            let Some(to) = transition(row.state, event) else {
                continue;
            };
            match event {
                Event::Cancel => {
                    end_row(connection, &row, to, None, keep, now).await?;
                    rescued.canceled.push(row.id);
                }
                Event::Fail => {
                    let failure = attempts_spent(row.attempts);
                    end_row(connection, &row, to, Some(&failure), keep, now).await?;
                    rescued.failed.push(row.id);
                }
                _ => {
                    requeue(connection, &row, to, counted, now).await?;
                    rescued.requeued.push(row.id);
                }
            }
        }
        Ok(rescued)
    })
    .await
}

/// Cuts short what ends later than it can have been given for: the clock was set back since. Else what a dead server ran
/// would wait until the clock has caught up, and so would the events. A worker that is alive extends its lease anew.
async fn follow_clock(
    connection: &mut PgConnection,
    lease: i64,
    now: Option<i64>,
) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(
        "UPDATE operations SET lease_until = t.now + $2 FROM (SELECT ",
        now!(),
        " AS now) t WHERE status = 'Started' AND lease_until > t.now + $3"
    ))
    .bind(now)
    .bind(lease)
    .bind(lease.saturating_mul(2).max(LONGEST_WAIT))
    .execute(&mut *connection)
    .await?;
    sqlx::query(concat!(
        "UPDATE outbox SET due = t.now FROM (SELECT ",
        now!(),
        " AS now) t WHERE due > t.now + $2"
    ))
    .bind(now)
    .bind(LONGEST_EVENT_WAIT)
    .execute(connection)
    .await?;
    Ok(())
}

async fn requeue(
    connection: &mut PgConnection,
    row: &Guard,
    to: State,
    counted: bool,
    now: Option<i64>,
) -> Result<(), sqlx::Error> {
    let attempts = if counted {
        row.attempts
    } else {
        row.attempts.saturating_sub(1)
    };
    sqlx::query(concat!(
        "UPDATE operations SET status = $2, run_at = ",
        now!(),
        ", lease_until = NULL, attempts = $3 WHERE id = $4 AND status = $5 AND epoch = $6"
    ))
    .bind(now)
    .bind(to.as_str())
    .bind(small(attempts))
    .bind(&row.id)
    .bind(row.state.as_str())
    .bind(row.epoch)
    .execute(connection)
    .await?;
    Ok(())
}

/// `again` says that an earlier try may have canceled it.
pub(super) async fn cancel(
    connection: &mut PgConnection,
    id: &str,
    keep: i64,
    again: bool,
    now: Option<i64>,
) -> Result<Canceled, Trouble> {
    transaction(connection, async |connection| {
        let row = sqlx::query(
            "SELECT id, status, epoch, attempts, max_attempts, cancel_requested FROM operations
              WHERE id = $1 FOR UPDATE",
        )
        .bind(id)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row.as_ref().map(guard).transpose()? else {
            return Ok(Canceled::Unknown);
        };
        let Some(to) = transition(row.state, Event::Cancel) else {
            return Ok(match row.state {
                State::Canceled if again => Canceled::Now,
                state => Canceled::TooLate(state),
            });
        };
        sqlx::query(concat!(
            "UPDATE operations SET cancel_requested = coalesce(cancel_requested, ",
            now!(),
            ") WHERE id = $2"
        ))
        .bind(now)
        .bind(id)
        .execute(&mut *connection)
        .await?;
        // Only the worker may end what it runs; it sees the request at its next heartbeat.
        if row.state == State::Started {
            return Ok(Canceled::Requested);
        }
        end_row(connection, &row, to, None, keep, now).await?;
        Ok(Canceled::Now)
    })
    .await
}

/// Rows that were removed, with the blobs to remove.
fn removed(row: &PgRow) -> Result<Expired, sqlx::Error> {
    let mut blobs: Vec<String> = json(row, "inputs")?.unwrap_or_default();
    blobs.extend(row.try_get::<Option<String>, _>("result_ref")?);
    Ok(Expired {
        id: row.try_get("id")?,
        blobs,
    })
}

pub(super) async fn expire(
    connection: &mut PgConnection,
    schema: &str,
    limit: usize,
    now: Option<i64>,
) -> Result<Vec<Expired>, Trouble> {
    transaction(connection, async |connection| {
        if !leads(connection, schema, "expire").await? {
            return Ok(Vec::new());
        }
        let mut rows = sqlx::query(concat!(
            "WITH due AS MATERIALIZED (
             SELECT seq FROM operations WHERE expires IS NOT NULL AND expires <= (SELECT ",
            now!(),
            ") ORDER BY expires, seq LIMIT $2 FOR UPDATE
             ), gone AS (
             DELETE FROM operations o USING due WHERE o.seq = due.seq
             RETURNING o.seq, o.expires, o.id, o.inputs, o.result_ref
             ), told AS (
             DELETE FROM outbox USING gone WHERE operation = gone.id
             )
             SELECT expires, seq, id, inputs, result_ref FROM gone ORDER BY expires, seq"
        ))
        .bind(now)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows
            .drain(..)
            .map(|row| removed(&row))
            .collect::<Result<_, _>>()?)
    })
    .await
}

/// Removes the ended ones among some operations.
pub(super) async fn remove(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<Vec<Expired>, Trouble> {
    let rows = sqlx::query(
        "WITH gone AS (
         DELETE FROM operations WHERE id = ANY($1) AND expires IS NOT NULL RETURNING id, inputs, result_ref
         ), told AS (
         DELETE FROM outbox USING gone WHERE operation = gone.id
         )
         SELECT id, inputs, result_ref FROM gone ORDER BY array_position($1, id)",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(removed).collect::<Result<_, _>>()?)
}

pub(super) async fn events_due(
    connection: &mut PgConnection,
    limit: usize,
    again: i64,
    now: Option<i64>,
) -> Result<Vec<EndEvent>, Trouble> {
    let rows = sqlx::query(concat!(
        "WITH t AS MATERIALIZED (SELECT ",
        now!(),
        " AS now), next AS MATERIALIZED (
         SELECT operation, due FROM outbox WHERE due <= (SELECT now FROM t)
          ORDER BY due, operation LIMIT $2 FOR UPDATE SKIP LOCKED
         ), taken AS (
         UPDATE outbox o SET due = t.now + $3, attempts = o.attempts + 1
           FROM next, t WHERE o.operation = next.operation
         RETURNING next.due, o.operation, o.attempts, o.at
         )
         SELECT operation, attempts, at FROM taken ORDER BY due, operation"
    ))
    .bind(now)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(again)
    .fetch_all(connection)
    .await?;
    let event = |row: &PgRow| {
        Ok::<_, sqlx::Error>(EndEvent {
            operation: row.try_get("operation")?,
            attempts: count(row, "attempts")?,
            at: row.try_get("at")?,
        })
    };
    Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
}

pub(super) async fn event_done(
    connection: &mut PgConnection,
    operation: &str,
) -> Result<(), Trouble> {
    sqlx::query("DELETE FROM outbox WHERE operation = $1")
        .bind(operation)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn event_later(
    connection: &mut PgConnection,
    operation: &str,
    wait: i64,
    now: Option<i64>,
) -> Result<(), Trouble> {
    sqlx::query(concat!(
        "UPDATE outbox SET due = ",
        now!(),
        " + $2 WHERE operation = $3"
    ))
    .bind(now)
    .bind(wait)
    .bind(operation)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a round of `what` is due, and this server the first to ask. The next is due after `every`. One that is due
/// much later than that was noted before the clock was set back.
pub(super) async fn takes_round(
    connection: &mut PgConnection,
    what: &str,
    every: i64,
    now: Option<i64>,
) -> Result<bool, Trouble> {
    let taken = sqlx::query(concat!(
        "WITH t AS MATERIALIZED (SELECT ",
        now!(),
        " AS now)
         INSERT INTO rounds (name, due) SELECT $2, t.now + $3 FROM t
         ON CONFLICT (name) DO UPDATE SET due = excluded.due WHERE rounds.due + $3 <= excluded.due
                                                              OR rounds.due > excluded.due + $3
         RETURNING name"
    ))
    .bind(now)
    .bind(what)
    .bind(every)
    .fetch_optional(connection)
    .await?;
    Ok(taken.is_some())
}
