//! A row of the table as a [`Record`].

use rusqlite::{Connection, OptionalExtension, Row};

use super::super::{IdempotencyKey, Newest, NewestPage, ResultRef, State};
use super::{Record, Result, StoreError};

pub(super) const COLUMNS: &str = "seq, id, tenant, method, status, request, inputs, input_bytes, priority, turn, idem_key, \
     idem_hash, webhook, run_at, attempts, max_attempts, epoch, \
     worker, lease_until, cancel_requested, progress, error, result_ref, result_len, result_sha256, \
     result_type, result_name, warnings, created, enqueued, started, ended, expires";

pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
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
    let idempotency = match row.get::<_, Option<String>>("idem_key")? {
        None => None,
        Some(key) => Some(IdempotencyKey {
            key,
            request_hash: row.get("idem_hash")?,
        }),
    };
    Ok(Record {
        seq: row.get("seq")?,
        id: row.get("id")?,
        tenant: row.get("tenant")?,
        method: row.get("method")?,
        state: state(row)?,
        request: row.get("request")?,
        inputs: json(row, "inputs")?.unwrap_or_default(),
        input_bytes: unsigned(row, "input_bytes")?,
        priority: row.get("priority")?,
        turn: row.get("turn")?,
        idempotency,
        webhook: row.get("webhook")?,
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

pub(super) fn state(row: &Row<'_>) -> rusqlite::Result<State> {
    row.get::<_, String>("status")?
        .parse()
        .map_err(|e: String| bad_column(e))
}

pub(super) fn unsigned(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(bad_column)
}

pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<String>>(column)? {
        None => Ok(None),
        Some(text) => serde_json::from_str(&text).map(Some).map_err(bad_column),
    }
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Failed {
        what: "write a column",
        reason: e.to_string(),
    })
}

pub(super) fn get(connection: &Connection, id: &str) -> rusqlite::Result<Option<Record>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM operations WHERE id = ?1"))?
        .query_row([id], record)
        .optional()
}

/// The newest rows. State and client stand at the front of a row, so that of those that are passed over little is read.
pub(super) fn newest(connection: &Connection, which: &Newest) -> rusqlite::Result<NewestPage> {
    let mut page = NewestPage::default();
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT seq, tenant, status FROM operations WHERE seq < ?1 ORDER BY seq DESC",
    )?;
    let mut rows = statement.query([which.below()])?;
    let mut looked = 0;
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get("seq")?;
        if looked >= which.scan || found.len() >= which.limit {
            page.before = Some(seq.saturating_add(1));
            break;
        }
        looked += 1;
        if which.takes(state(row)?, &row.get::<_, String>("tenant")?) {
            found.push(seq);
        }
    }
    let mut whole =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM operations WHERE seq = ?1"))?;
    for seq in found {
        // It may have been removed since.
        page.rows.extend(whole.query_row([seq], record).optional()?);
    }
    Ok(page)
}
