//! What a call changes, inside the transaction that the writer has opened.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::super::record::turn;
use super::super::state::rescue_event;
use super::super::store::{LONGEST_WAIT, attempts_spent};
use super::super::{
    Beat, Canceled, EndEvent, Ended, Event, Expired, Failure, Hold, Micros, NewOperation, Outcome,
    Progress, Rescue, Rescued, State, Submitted, transition,
};
use super::rows::{COLUMNS, json, record, signed, state, to_json};
use super::writer::failed;
use super::{Record, Result, StoreError};

/// What a guarded change needs to know of a row.
pub(super) struct Guard {
    state: State,
    pub(super) epoch: i64,
    pub(super) attempts: u32,
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
pub(super) fn held(
    connection: &Connection,
    hold: &Hold,
    event: Event,
) -> Result<Option<(Guard, State)>> {
    Ok(guard(connection, &hold.id)?
        .filter(|guard| guard.state == State::Started && guard.epoch == signed(hold.epoch))
        .and_then(|guard| transition(guard.state, event).map(|to| (guard, to))))
}

/// Runs one statement and says whether it changed a row.
pub(super) fn change(
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

pub(super) fn requeue(
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
    let ended = change(
        connection,
        "UPDATE operations SET status = :to, error = :error, ended = :now, expires = :expires, lease_until = NULL
          WHERE id = :id AND status = :from",
        named_params! {
            ":to": to.as_str(), ":from": from.as_str(), ":error": error.map(to_json).transpose()?,
            ":now": now, ":expires": expires, ":id": id,
        },
    )?;
    if ended {
        tell(connection, id, now)?;
    }
    Ok(ended)
}

/// Notes the end of an operation, if somebody wants to be told of it.
fn tell(connection: &Connection, id: &str, now: Micros) -> Result<bool> {
    change(
        connection,
        "INSERT INTO outbox (operation, at, due)
         SELECT id, :now, :now FROM operations WHERE id = :id AND webhook IS NOT NULL",
        named_params! { ":now": now, ":id": id },
    )
}

/// The next turn of a client at a priority.
fn next_turn(connection: &Connection, tenant: &str, priority: i16) -> Result<i64> {
    let ask = || -> rusqlite::Result<i64> {
        let last = connection
            .prepare_cached(
                "SELECT max(turn) FROM operations WHERE status = 'Enqueued' AND tenant = ?1 AND priority = ?2",
            )?
            .query_row(params![tenant, priority], |row| row.get(0))?;
        let first = match last {
            Some(_) => None,
            None => connection
                .prepare_cached(
                    "SELECT min(turn) FROM operations WHERE status = 'Enqueued' AND priority = ?1",
                )?
                .query_row([priority], |row| row.get(0))?,
        };
        Ok(turn(first, last))
    };
    ask().map_err(failed("read"))
}

/// The operation behind an idempotency key, and the hash of its request.
fn known_key(connection: &Connection, tenant: &str, key: &str) -> Result<Option<(String, String)>> {
    connection
        .prepare_cached("SELECT id, idem_hash FROM operations WHERE tenant = ?1 AND idem_key = ?2")
        .and_then(|mut statement| {
            statement
                .query_row([tenant, key], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(failed("read"))
}

pub(super) fn submit(
    connection: &Connection,
    operation: &NewOperation,
    now: Micros,
) -> Result<Submitted> {
    if let Some(key) = &operation.idempotency {
        let known = known_key(connection, &operation.tenant, &key.key)?;
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
    let turn = next_turn(connection, &operation.tenant, operation.priority)?;
    change(
        connection,
        "INSERT INTO operations (id, tenant, method, status, request, inputs, input_bytes, priority, turn, webhook,
                run_at, max_attempts, idem_key, idem_hash, created, enqueued)
         VALUES (:id, :tenant, :method, :status, :request, :inputs, :input_bytes, :priority, :turn, :webhook,
                :now, :max_attempts, :idem_key, :idem_hash, :now, :now)",
        named_params! {
            ":id": operation.id, ":tenant": operation.tenant, ":method": operation.method,
            ":status": State::Enqueued.as_str(), ":request": operation.request,
            ":inputs": to_json(&operation.inputs)?, ":input_bytes": signed(operation.input_bytes),
            ":priority": operation.priority, ":turn": turn, ":webhook": operation.webhook,
            ":now": now, ":max_attempts": operation.max_attempts,
            ":idem_key": operation.idempotency.as_ref().map(|k| &k.key),
            ":idem_hash": operation.idempotency.as_ref().map(|k| &k.request_hash),
        },
    )?;
    Ok(Submitted::New)
}

/// Puts a row in as it is.
pub(super) fn insert(connection: &Connection, row: &Record, untold: bool) -> Result<()> {
    if guard(connection, &row.id)?.is_some() {
        return Err(StoreError::DuplicateId { id: row.id.clone() });
    }
    if let Some(key) = &row.idempotency
        && known_key(connection, &row.tenant, &key.key)?.is_some()
    {
        return Err(StoreError::KeyConflict {
            key: key.key.clone(),
        });
    }
    let result = row.result.as_ref();
    change(
        connection,
        "INSERT INTO operations (id, tenant, method, status, request, inputs, input_bytes, priority, turn, webhook,
                run_at, attempts, max_attempts, epoch, worker, lease_until, cancel_requested, progress, error,
                result_ref, result_len, result_sha256, result_type, result_name, warnings,
                idem_key, idem_hash, created, enqueued, started, ended, expires)
         VALUES (:id, :tenant, :method, :status, :request, :inputs, :input_bytes, :priority, :turn, :webhook,
                :run_at, :attempts, :max_attempts, :epoch, :worker, :lease_until, :cancel_requested, :progress, :error,
                :result_ref, :result_len, :result_sha256, :result_type, :result_name, :warnings,
                :idem_key, :idem_hash, :created, :enqueued, :started, :ended, :expires)",
        named_params! {
            ":id": row.id, ":tenant": row.tenant, ":method": row.method, ":status": row.state.as_str(),
            ":request": row.request, ":inputs": to_json(&row.inputs)?, ":input_bytes": signed(row.input_bytes),
            ":priority": row.priority, ":turn": row.turn, ":webhook": row.webhook, ":run_at": row.run_at,
            ":attempts": row.attempts, ":max_attempts": row.max_attempts, ":epoch": signed(row.epoch),
            ":worker": row.worker, ":lease_until": row.lease_until, ":cancel_requested": row.cancel_requested,
            ":progress": row.progress.as_ref().map(to_json).transpose()?,
            ":error": row.error.as_ref().map(to_json).transpose()?,
            ":result_ref": result.map(|r| &r.blob), ":result_len": result.map(|r| signed(r.len)),
            ":result_sha256": result.map(|r| &r.sha256), ":result_type": result.map(|r| &r.media_type),
            ":result_name": result.map(|r| &r.file_name), ":warnings": to_json(&row.warnings)?,
            ":idem_key": row.idempotency.as_ref().map(|k| &k.key),
            ":idem_hash": row.idempotency.as_ref().map(|k| &k.request_hash),
            ":created": row.created, ":enqueued": row.enqueued, ":started": row.started,
            ":ended": row.ended, ":expires": row.expires,
        },
    )?;
    if untold {
        tell(connection, &row.id, row.ended.unwrap_or(row.created))?;
    }
    Ok(())
}

/// Which waiting operation is claimed.
const NEXT: &str = "SELECT seq FROM operations WHERE status = 'Enqueued' AND run_at <= :now
      ORDER BY priority DESC, turn, seq LIMIT 1";
const ONE: &str =
    "SELECT seq FROM operations WHERE id = :id AND status = 'Enqueued' AND run_at <= :now";

pub(super) fn claim(
    connection: &Connection,
    id: Option<&str>,
    worker: &str,
    lease_until: Micros,
    now: Micros,
    #[cfg(debug_assertions)] keep_epoch: bool,
) -> Result<Option<Record>> {
    let bump = "epoch + 1";
    #[cfg(debug_assertions)]
    let bump = if keep_epoch { "max(epoch, 1)" } else { bump };
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
        "UPDATE operations SET status = :to, epoch = {bump}, attempts = attempts + 1, worker = :worker,
                lease_until = :lease_until, started = coalesce(started, :now), progress = NULL
          WHERE seq = ({which})
         RETURNING {COLUMNS}"
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row(&*params, record).optional())
        .map_err(failed("hand out an operation"))
}

pub(super) fn heartbeat(
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

pub(super) fn end(
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

pub(super) fn rescue(
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
    if matches!(which, Rescue::All { .. }) {
        // Else it would wait until the clock has caught up.
        connection
            .execute(
                "UPDATE operations SET run_at = ?1 WHERE status = 'Enqueued' AND run_at > ?2",
                params![now, now.saturating_add(LONGEST_WAIT)],
            )
            .map_err(failed("write"))?;
        connection
            .execute("UPDATE outbox SET due = ?1 WHERE due > ?1", params![now])
            .map_err(failed("write"))?;
    }
    let mut rescued = Rescued::default();
    for (id, epoch) in due {
        let Some(guard) = guard(connection, &id)? else {
            continue;
        };
        let counted = match which {
            Rescue::Expired => true,
            Rescue::All { count_from } => epoch >= signed(*count_from),
        };
        let event = rescue_event(
            guard.cancel_requested,
            counted,
            guard.attempts,
            guard.max_attempts,
        );
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

pub(super) fn cancel(
    connection: &Connection,
    id: &str,
    now: Micros,
    expires: Micros,
) -> Result<Canceled> {
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

pub(super) fn expire(connection: &Connection, now: Micros, limit: usize) -> Result<Vec<Expired>> {
    let due: Vec<i64> = connection
        .prepare_cached(
            "SELECT seq FROM operations WHERE expires IS NOT NULL AND expires <= ?1
              ORDER BY expires, seq LIMIT ?2",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(params![now, limit as i64], |row| row.get(0))?;
            rows.collect()
        })
        .map_err(failed("read"))?;
    let mut expired = Vec::with_capacity(due.len());
    for seq in due {
        expired.extend(remove_row(connection, "seq", &seq)?);
    }
    Ok(expired)
}

/// Removes the ended ones among some operations.
pub(super) fn remove(connection: &Connection, ids: &[String]) -> Result<Vec<Expired>> {
    let mut removed = Vec::new();
    for id in ids {
        removed.extend(remove_row(connection, "id", id)?);
    }
    Ok(removed)
}

fn remove_row(
    connection: &Connection,
    column: &str,
    value: &dyn rusqlite::ToSql,
) -> Result<Option<Expired>> {
    let sql = format!(
        "DELETE FROM operations WHERE {column} = ?1 AND expires IS NOT NULL RETURNING id, inputs, result_ref"
    );
    let removed = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            let removed = statement.query_row([value], |row| {
                let mut blobs: Vec<String> = json(row, "inputs")?.unwrap_or_default();
                blobs.extend(row.get::<_, Option<String>>("result_ref")?);
                Ok(Expired {
                    id: row.get("id")?,
                    blobs,
                })
            });
            removed.optional()
        })
        .map_err(failed("remove an operation"))?;
    if let Some(Expired { id, .. }) = &removed {
        event_done(connection, id)?;
    }
    Ok(removed)
}

pub(super) fn events_due(
    connection: &Connection,
    limit: usize,
    again: Micros,
    now: Micros,
) -> Result<Vec<EndEvent>> {
    let due: Vec<String> = connection
        .prepare_cached(
            "SELECT operation FROM outbox WHERE due <= ?1 ORDER BY due, operation LIMIT ?2",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(params![now, limit as i64], |row| row.get(0))?;
            rows.collect()
        })
        .map_err(failed("read"))?;
    let take = |operation: &String| {
        connection
            .prepare_cached(
                "UPDATE outbox SET due = ?2, attempts = attempts + 1 WHERE operation = ?1
                 RETURNING operation, attempts, at",
            )?
            .query_row(params![operation, again], |row| {
                Ok(EndEvent {
                    operation: row.get("operation")?,
                    attempts: row.get("attempts")?,
                    at: row.get("at")?,
                })
            })
    };
    due.iter()
        .map(|operation| take(operation).map_err(failed("hand out an event")))
        .collect()
}

pub(super) fn event_done(connection: &Connection, operation: &str) -> Result<()> {
    change(
        connection,
        "DELETE FROM outbox WHERE operation = :operation",
        named_params! { ":operation": operation },
    )?;
    Ok(())
}

pub(super) fn event_later(connection: &Connection, operation: &str, at: Micros) -> Result<()> {
    change(
        connection,
        "UPDATE outbox SET due = :at WHERE operation = :operation",
        named_params! { ":at": at, ":operation": operation },
    )?;
    Ok(())
}
