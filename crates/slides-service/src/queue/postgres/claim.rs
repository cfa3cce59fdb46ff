//! What workers do: claim, heartbeat, end, give back.

use sqlx::{PgConnection, Row as _};

use super::super::store::LONGEST_WAIT;
use super::super::{
    Beat, Ended, Event, Hold, Outcome, Progress, Record, ResultRef, State, transition,
};
use super::rows::{columns, now, record, signed, state, to_json};
use super::trouble::Trouble;

/// Hands out one row. Rows that another server is taking at this moment are passed over, not waited for.
///
/// `$bump` is the epoch of the claim, `$which` finds the row. One that is due later than any is made to wait is due: the
/// clock was set back since. The commit is waited for as any other: a claim that is
/// forgotten by a server that lost power would be given out again under the same epoch.
macro_rules! claim {
    ($bump:literal, $which:literal) => {
        concat!(
            "WITH t AS MATERIALIZED (SELECT ",
            now!(),
            " AS now), next AS MATERIALIZED (
             SELECT seq FROM operations
              WHERE status = 'Enqueued'
                AND (run_at <= (SELECT now FROM t) OR run_at > (SELECT now FROM t) + $5)",
            $which,
            " FOR UPDATE SKIP LOCKED)
             UPDATE operations AS o SET status = $2, epoch = ",
            $bump,
            ", attempts = o.attempts + 1, worker = $3, lease_until = t.now + $4,
                    started = coalesce(o.started, t.now), progress = NULL
               FROM next, t WHERE o.seq = next.seq AND o.status = 'Enqueued'
             RETURNING ",
            columns!()
        )
    };
}
const NEXT: &str = claim!("o.epoch + 1", " ORDER BY priority DESC, turn, seq LIMIT 1");
const ONE: &str = claim!("o.epoch + 1", " AND id = $6");
/// The seeded fault.
#[cfg(debug_assertions)]
const NEXT_WITHOUT_BUMP: &str = claim!(
    "greatest(o.epoch, 1)",
    " ORDER BY priority DESC, turn, seq LIMIT 1"
);

/// Who claims, and for how long from now on.
#[derive(Clone, Copy)]
pub(super) struct Claimer<'a> {
    pub(super) worker: &'a str,
    pub(super) lease: i64,
    #[cfg(debug_assertions)]
    pub(super) keep_epoch: bool,
}

pub(super) async fn claim(
    connection: &mut PgConnection,
    claimer: Claimer<'_>,
    id: Option<&str>,
    now: Option<i64>,
) -> Result<Option<Record>, Trouble> {
    let Some(to) = transition(State::Enqueued, Event::Claim) else {
        return Ok(None);
    };
    let sql = if id.is_some() { ONE } else { NEXT };
    #[cfg(debug_assertions)]
    let sql = if claimer.keep_epoch && id.is_none() {
        NEXT_WITHOUT_BUMP
    } else {
        sql
    };
    let query = sqlx::query(sql)
        .bind(now)
        .bind(to.as_str())
        .bind(claimer.worker)
        .bind(claimer.lease)
        .bind(LONGEST_WAIT);
    let query = match id {
        Some(id) => query.bind(id),
        None => query,
    };
    let row = query.fetch_optional(connection).await?;
    Ok(row.as_ref().map(record).transpose()?)
}

/// Takes up a claim whose answer was lost with its connection: a worker runs one operation at a time, so one under
/// its name that it does not run is that one. Its epoch is the worker's own, nobody else knows it.
pub(super) async fn adopt(
    connection: &mut PgConnection,
    claimer: Claimer<'_>,
    id: Option<&str>,
    now: Option<i64>,
) -> Result<Option<Record>, Trouble> {
    let row = sqlx::query(concat!(
        "UPDATE operations AS o SET lease_until = ",
        now!(),
        " + $2 WHERE o.status = 'Started' AND o.worker = $3 AND ($4::text IS NULL OR o.id = $4) RETURNING ",
        columns!()
    ))
    .bind(now)
    .bind(claimer.lease)
    .bind(claimer.worker)
    .bind(id)
    .fetch_optional(connection)
    .await?;
    Ok(row.as_ref().map(record).transpose()?)
}

pub(super) async fn heartbeat(
    connection: &mut PgConnection,
    hold: &Hold,
    lease: i64,
    progress: Option<&Progress>,
    now: Option<i64>,
) -> Result<Beat, Trouble> {
    let row = sqlx::query(concat!(
        "UPDATE operations SET lease_until = ",
        now!(),
        " + $2, progress = coalesce($3, progress) WHERE id = $4 AND epoch = $5 AND status = 'Started'
         RETURNING cancel_requested IS NOT NULL"
    ))
    .bind(now)
    .bind(lease)
    .bind(progress.map(to_json).transpose()?)
    .bind(&hold.id)
    .bind(signed(hold.epoch))
    .fetch_optional(connection)
    .await?;
    Ok(match row {
        Some(row) => Beat::Held {
            cancel: row.try_get(0)?,
        },
        None => Beat::Lost,
    })
}

/// Ends what is held, and notes it for the webhook. The row's state and epoch are the guard, in one statement: it
/// waits for whoever changes the row, then looks again.
const END: &str = concat!(
    "WITH t AS MATERIALIZED (SELECT ",
    now!(),
    " AS now), ended AS (
     UPDATE operations SET status = $2, ended = t.now, expires = t.now + $3, lease_until = NULL, error = $4,
            result_ref = $5, result_len = $6, result_sha256 = $7, result_type = $8, result_name = $9,
            warnings = $10, progress = coalesce($11, progress)
       FROM t WHERE id = $12 AND epoch = $13 AND status = $14
     RETURNING id, t.now, webhook
     ), told AS (
     INSERT INTO outbox (operation, at, due) SELECT id, now, now FROM ended WHERE webhook IS NOT NULL
     )
     SELECT id FROM ended"
);

/// `again` says that an earlier try may have ended it.
pub(super) async fn end(
    connection: &mut PgConnection,
    hold: &Hold,
    outcome: &Outcome,
    keep: i64,
    again: bool,
    now: Option<i64>,
) -> Result<Ended, Trouble> {
    let none = (None, &[][..], None);
    let (event, error, (result, warnings, progress)) = match outcome {
        Outcome::Finished {
            result,
            warnings,
            progress,
        } => (
            Event::Finish,
            None,
            (result.as_ref(), warnings.as_slice(), progress.as_ref()),
        ),
        Outcome::Failed(failure) => (Event::Fail, Some(failure), none),
        Outcome::Canceled => (Event::Cancel, None, none),
    };
    let from = State::Started;
    let Some(to) = transition(from, event) else {
        return Ok(Ended::Fenced);
    };
    let ended = sqlx::query(END)
        .bind(now)
        .bind(to.as_str())
        .bind(keep)
        .bind(error.map(to_json).transpose()?)
        .bind(result.map(|r| &r.blob))
        .bind(result.map(|r| signed(r.len)))
        .bind(result.map(|r| &r.sha256))
        .bind(result.map(|r| &r.media_type))
        .bind(result.map(|r| &r.file_name))
        .bind(match event {
            Event::Finish => Some(to_json(&warnings)?),
            _ => None,
        })
        .bind(progress.map(to_json).transpose()?)
        .bind(&hold.id)
        .bind(signed(hold.epoch))
        .bind(from.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    if ended.is_some() || (again && has_ended(connection, hold, to, result).await?) {
        return Ok(Ended::Recorded);
    }
    Ok(Ended::Fenced)
}

/// Whether this hold has ended its operation in this way.
async fn has_ended(
    connection: &mut PgConnection,
    hold: &Hold,
    to: State,
    result: Option<&ResultRef>,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT FROM operations
          WHERE id = $1 AND epoch = $2 AND status = $3 AND result_ref IS NOT DISTINCT FROM $4",
    )
    .bind(&hold.id)
    .bind(signed(hold.epoch))
    .bind(to.as_str())
    .bind(result.map(|r| &r.blob))
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// `again` says that an earlier try may have given it back.
pub(super) async fn release(
    connection: &mut PgConnection,
    hold: &Hold,
    wait: i64,
    counted: bool,
    again: bool,
    now: Option<i64>,
) -> Result<Ended, Trouble> {
    let from = State::Started;
    let Some(to) = transition(from, Event::Requeue) else {
        return Ok(Ended::Fenced);
    };
    let released = sqlx::query(concat!(
        "UPDATE operations SET status = $2, run_at = ",
        now!(),
        " + $3, lease_until = NULL, attempts = CASE WHEN $4 THEN attempts ELSE greatest(attempts - 1, 0) END
          WHERE id = $5 AND epoch = $6 AND status = $7"
    ))
    .bind(now)
    .bind(to.as_str())
    .bind(wait)
    .bind(counted)
    .bind(&hold.id)
    .bind(signed(hold.epoch))
    .bind(from.as_str())
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if released > 0 {
        return Ok(Ended::Recorded);
    }
    // Waiting under this epoch it was given back, by the earlier try or by a rescue, which comes to the same.
    let row = sqlx::query("SELECT status FROM operations WHERE id = $1 AND epoch = $2")
        .bind(&hold.id)
        .bind(signed(hold.epoch))
        .fetch_optional(connection)
        .await?;
    let waits = row.as_ref().map(state).transpose()? == Some(to);
    Ok(if again && waits {
        Ended::Recorded
    } else {
        Ended::Fenced
    })
}
