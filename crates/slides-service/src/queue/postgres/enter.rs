//! How operations get into the queue.

use sqlx::{PgConnection, Row as _};

use super::super::{NewOperation, Record, State, StoreError, Submitted};
use super::rows::{now, signed, small, to_json};
use super::trouble::Trouble;

/// How often a submit looks again when the operation with its key is removed at the same time.
const TRIES: u32 = 5;

/// The row is put in unless its key or id is there, and its turn is found, by one statement. Two that meet at one
/// key wait for each other at its unique index: the later one finds the earlier one's row when that is committed.
///
/// The turn is that of `record::turn`.
const SUBMIT: &str = concat!(
    "WITH t AS MATERIALIZED (SELECT ",
    now!(),
    " AS now)
     INSERT INTO operations (id, tenant, method, status, request, inputs, input_bytes, priority, turn, webhook,
            run_at, max_attempts, idem_key, idem_hash, created, enqueued)
     SELECT $2, $3, $4, $5, $6, $7, $8, $9,
            coalesce(
                (SELECT max(turn) + 1 FROM operations WHERE status = 'Enqueued' AND tenant = $3 AND priority = $9),
                (SELECT min(turn) FROM operations WHERE status = 'Enqueued' AND priority = $9),
                0),
            $10, t.now, $11, $12, $13, t.now, t.now
       FROM t
      WHERE NOT EXISTS (SELECT FROM operations WHERE tenant = $3 AND idem_key = $12)
     ON CONFLICT DO NOTHING
     RETURNING seq"
);

/// `again` says that an earlier try may have put it in.
pub(super) async fn submit(
    connection: &mut PgConnection,
    operation: &NewOperation,
    again: bool,
    now: Option<i64>,
) -> Result<Submitted, Trouble> {
    let key = operation.idempotency.as_ref();
    let inputs = to_json(&operation.inputs)?;
    for _ in 0..TRIES {
        let new = sqlx::query(SUBMIT)
            .bind(now)
            .bind(&operation.id)
            .bind(&operation.tenant)
            .bind(&operation.method)
            .bind(State::Enqueued.as_str())
            .bind(&operation.request)
            .bind(&inputs)
            .bind(signed(operation.input_bytes))
            .bind(operation.priority)
            .bind(&operation.webhook)
            .bind(small(operation.max_attempts))
            .bind(key.map(|key| &key.key))
            .bind(key.map(|key| &key.request_hash))
            .fetch_optional(&mut *connection)
            .await?;
        if new.is_some() {
            return Ok(Submitted::New);
        }
        if again && is_ours(connection, operation).await? {
            return Ok(Submitted::New);
        }
        if let Some(key) = key
            && let Some((id, hash)) = known_key(connection, &operation.tenant, &key.key).await?
        {
            if hash == key.request_hash {
                return Ok(Submitted::Existing(id));
            }
            return Err(conflict(&key.key));
        }
        if is_known(connection, &operation.id).await? {
            return Err(duplicate(&operation.id));
        }
    }
    Err(Trouble::Undone(
        "the operation behind its key comes and goes".to_owned(),
    ))
}

/// Whether the row of this id is this very operation: a sealed request is never the same twice.
async fn is_ours(
    connection: &mut PgConnection,
    operation: &NewOperation,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT FROM operations WHERE id = $1 AND request = $2")
        .bind(&operation.id)
        .bind(&operation.request)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// The operation behind an idempotency key, and the hash of its request.
async fn known_key(
    connection: &mut PgConnection,
    tenant: &str,
    key: &str,
) -> Result<Option<(String, String)>, sqlx::Error> {
    let row =
        sqlx::query("SELECT id, idem_hash FROM operations WHERE tenant = $1 AND idem_key = $2")
            .bind(tenant)
            .bind(key)
            .fetch_optional(connection)
            .await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .transpose()
}

async fn is_known(connection: &mut PgConnection, id: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT FROM operations WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

fn conflict(key: &str) -> Trouble {
    Trouble::Refused(StoreError::KeyConflict {
        key: key.to_owned(),
    })
}

fn duplicate(id: &str) -> Trouble {
    Trouble::Refused(StoreError::DuplicateId { id: id.to_owned() })
}

const INSERT: &str = "WITH new AS (
     INSERT INTO operations (id, tenant, method, status, request, inputs, input_bytes, priority, turn, webhook,
            run_at, attempts, max_attempts, epoch, worker, lease_until, cancel_requested, progress, error,
            result_ref, result_len, result_sha256, result_type, result_name, warnings,
            idem_key, idem_hash, created, enqueued, started, ended, expires)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
            $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32
      WHERE NOT EXISTS (SELECT FROM operations WHERE id = $1)
     ON CONFLICT DO NOTHING
     RETURNING id, webhook, coalesce(ended, created) AS at
     ), told AS (
     INSERT INTO outbox (operation, at, due) SELECT id, at, at FROM new WHERE $33 AND webhook IS NOT NULL
     )
     SELECT id FROM new";

/// Puts a row in as it is.
pub(super) async fn insert(
    connection: &mut PgConnection,
    row: &Record,
    untold: bool,
    again: bool,
) -> Result<(), Trouble> {
    let result = row.result.as_ref();
    let key = row.idempotency.as_ref();
    let new = sqlx::query(INSERT)
        .bind(&row.id)
        .bind(&row.tenant)
        .bind(&row.method)
        .bind(row.state.as_str())
        .bind(&row.request)
        .bind(to_json(&row.inputs)?)
        .bind(signed(row.input_bytes))
        .bind(row.priority)
        .bind(row.turn)
        .bind(&row.webhook)
        .bind(row.run_at)
        .bind(small(row.attempts))
        .bind(small(row.max_attempts))
        .bind(signed(row.epoch))
        .bind(&row.worker)
        .bind(row.lease_until)
        .bind(row.cancel_requested)
        .bind(row.progress.as_ref().map(to_json).transpose()?)
        .bind(row.error.as_ref().map(to_json).transpose()?)
        .bind(result.map(|r| &r.blob))
        .bind(result.map(|r| signed(r.len)))
        .bind(result.map(|r| &r.sha256))
        .bind(result.map(|r| &r.media_type))
        .bind(result.map(|r| &r.file_name))
        .bind(to_json(&row.warnings)?)
        .bind(key.map(|key| &key.key))
        .bind(key.map(|key| &key.request_hash))
        .bind(row.created)
        .bind(row.enqueued)
        .bind(row.started)
        .bind(row.ended)
        .bind(row.expires)
        .bind(untold)
        .fetch_optional(&mut *connection)
        .await?;
    if new.is_some() {
        return Ok(());
    }
    if is_known(connection, &row.id).await? {
        // An earlier try of the same insert may have been done.
        return if again {
            Ok(())
        } else {
            Err(duplicate(&row.id))
        };
    }
    Err(match key {
        Some(key) => conflict(&key.key),
        None => Trouble::Undone("the operation was removed at the same time".to_owned()),
    })
}
