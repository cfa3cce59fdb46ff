//! A row of the table as a [`Record`].

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::super::{IdempotencyKey, Record, ResultRef, State};
use super::trouble::Trouble;

/// The columns of a [`Record`], of the table that a statement calls `o`.
macro_rules! columns {
    () => {
        "o.seq, o.id, o.tenant, o.method, o.status, o.request, o.inputs, o.input_bytes, o.priority, o.turn, \
         o.webhook, o.run_at, o.attempts, o.max_attempts, o.epoch, o.worker, o.lease_until, o.cancel_requested, \
         o.progress, o.error, o.result_ref, o.result_len, o.result_sha256, o.result_type, o.result_name, o.warnings, \
         o.idem_key, o.idem_hash, o.created, o.enqueued, o.started, o.ended, o.expires"
    };
}
/// The time: the caller's (`$1`) when it is given, which only tests do, else the database's.
macro_rules! now {
    () => {
        "coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
    };
}
pub(super) use {columns, now};

type Read<T> = Result<T, sqlx::Error>;

pub(super) fn record(row: &PgRow) -> Read<Record> {
    let result = match row.try_get::<Option<String>, _>("result_ref")? {
        None => None,
        Some(blob) => Some(ResultRef {
            blob,
            len: unsigned(row, "result_len")?,
            sha256: row.try_get("result_sha256")?,
            media_type: row.try_get("result_type")?,
            file_name: row.try_get("result_name")?,
        }),
    };
    let idempotency = match row.try_get::<Option<String>, _>("idem_key")? {
        None => None,
        Some(key) => Some(IdempotencyKey {
            key,
            request_hash: row.try_get("idem_hash")?,
        }),
    };
    Ok(Record {
        seq: row.try_get("seq")?,
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        method: row.try_get("method")?,
        state: state(row)?,
        request: row.try_get("request")?,
        inputs: json(row, "inputs")?.unwrap_or_default(),
        input_bytes: unsigned(row, "input_bytes")?,
        priority: row.try_get("priority")?,
        turn: row.try_get("turn")?,
        idempotency,
        webhook: row.try_get("webhook")?,
        epoch: unsigned(row, "epoch")?,
        worker: row.try_get("worker")?,
        lease_until: row.try_get("lease_until")?,
        attempts: count(row, "attempts")?,
        max_attempts: count(row, "max_attempts")?,
        cancel_requested: row.try_get("cancel_requested")?,
        run_at: row.try_get("run_at")?,
        progress: json(row, "progress")?,
        error: json(row, "error")?,
        result,
        warnings: json(row, "warnings")?.unwrap_or_default(),
        created: row.try_get("created")?,
        enqueued: row.try_get("enqueued")?,
        started: row.try_get("started")?,
        ended: row.try_get("ended")?,
        expires: row.try_get("expires")?,
    })
}

fn bad_column(
    column: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: source.into(),
    }
}

pub(super) fn state(row: &PgRow) -> Read<State> {
    row.try_get::<&str, _>("status")?
        .parse()
        .map_err(|e: String| bad_column("status", e))
}

pub(super) fn unsigned(row: &PgRow, column: &str) -> Read<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|e| bad_column(column, e))
}

pub(super) fn count(row: &PgRow, column: &str) -> Read<u32> {
    u32::try_from(row.try_get::<i32, _>(column)?).map_err(|e| bad_column(column, e))
}

pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn small(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

pub(super) fn json<T: serde::de::DeserializeOwned>(row: &PgRow, column: &str) -> Read<Option<T>> {
    match row.try_get::<Option<&str>, _>(column)? {
        None => Ok(None),
        Some(text) => serde_json::from_str(text)
            .map(Some)
            .map_err(|e| bad_column(column, e)),
    }
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Trouble> {
    serde_json::to_string(value).map_err(|e| Trouble::Failed(e.to_string()))
}
