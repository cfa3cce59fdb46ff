//! What only reads.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Row as _};

use super::super::{Filter, Newest, NewestPage, Record, State, StoreStats, Waiting};
use super::rows::{columns, json, record, state, unsigned};
use super::trouble::Trouble;

/// Rows read at a time where all are read.
const PAGE: i64 = 10_000;

pub(super) async fn get(
    connection: &mut PgConnection,
    id: &str,
) -> Result<Option<Record>, Trouble> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM operations o WHERE o.id = $1"
    ))
    .bind(id)
    .fetch_optional(connection)
    .await?;
    Ok(row.as_ref().map(record).transpose()?)
}

pub(super) async fn list(
    connection: &mut PgConnection,
    which: &Filter,
) -> Result<Vec<Record>, Trouble> {
    let states: Vec<&str> = which.states.iter().map(|state| state.as_str()).collect();
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM operations o WHERE o.seq > $1 AND (cardinality($2::text[]) = 0 OR o.status = ANY($2))
             AND ($3::text IS NULL OR o.tenant = $3) ORDER BY o.seq LIMIT $4"
    ))
    .bind(which.after)
    .bind(states)
    .bind(&which.tenant)
    .bind(i64::try_from(which.limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(record).collect::<Result<_, _>>()?)
}

/// The newest rows, of a bounded number that is looked at.
pub(super) async fn newest(
    connection: &mut PgConnection,
    which: &Newest,
) -> Result<NewestPage, Trouble> {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let states: Vec<&str> = which.states.iter().map(|state| state.as_str()).collect();
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM operations o JOIN (
              SELECT seq FROM (SELECT seq, status, tenant FROM operations WHERE seq < $1 ORDER BY seq DESC LIMIT $2) looked
               WHERE (cardinality($3::text[]) = 0 OR status = ANY($3))
                 AND (cardinality($4::text[]) = 0 OR tenant = ANY($4)) ORDER BY seq DESC LIMIT $5
          ) found ON found.seq = o.seq ORDER BY o.seq DESC"
    ))
    .bind(which.below())
    .bind(number(which.scan))
    .bind(states)
    .bind(&which.tenants)
    .bind(number(which.limit))
    .fetch_all(&mut *connection)
    .await?;
    let rows: Vec<Record> = rows.iter().map(record).collect::<Result<_, _>>()?;
    let (from, passed) = match rows.last() {
        Some(last) if rows.len() >= which.limit => (last.seq, 0),
        _ => (which.below(), number(which.scan)),
    };
    // Whatever comes behind what was looked at.
    let next = sqlx::query(
        "SELECT seq FROM operations WHERE seq < $1 ORDER BY seq DESC LIMIT 1 OFFSET $2",
    )
    .bind(from)
    .bind(passed)
    .fetch_optional(connection)
    .await?;
    let before = match next {
        Some(row) => Some(row.try_get::<i64, _>("seq")?.saturating_add(1)),
        None => None,
    };
    Ok(NewestPage { rows, before })
}

/// The first of those that wait, as the claim goes along them.
pub(super) async fn line(connection: &mut PgConnection, limit: usize) -> Result<Vec<i64>, Trouble> {
    let rows = sqlx::query(
        "SELECT seq FROM operations WHERE status = 'Enqueued' ORDER BY priority DESC, turn, seq LIMIT $1",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get("seq"))
        .collect::<Result<_, _>>()?)
}

/// One page of the blobs that are referred to, and where the next begins.
pub(super) async fn blobs(
    connection: &mut PgConnection,
    after: i64,
    into: &mut BTreeSet<String>,
) -> Result<Option<i64>, Trouble> {
    let rows = sqlx::query(
        "SELECT seq, status, inputs, result_ref FROM operations WHERE seq > $1 ORDER BY seq LIMIT $2",
    )
    .bind(after)
    .bind(PAGE)
    .fetch_all(connection)
    .await?;
    for row in &rows {
        let state = state(row)?;
        // A failed one may be tried again.
        if !state.is_terminal() || state == State::Failed {
            into.extend(json::<Vec<String>>(row, "inputs")?.unwrap_or_default());
        }
        into.extend(row.try_get::<Option<String>, _>("result_ref")?);
    }
    match rows.last() {
        Some(last) if rows.len() as i64 == PAGE => Ok(Some(last.try_get("seq")?)),
        _ => Ok(None),
    }
}

pub(super) async fn stats(connection: &mut PgConnection) -> Result<StoreStats, Trouble> {
    let mut stats = StoreStats::default();
    // Partial indexes answer this without reading the table.
    let rows = sqlx::query(
        "SELECT 'Enqueued' AS status, count(*) AS depth, min(enqueued) AS oldest
           FROM operations WHERE status = 'Enqueued'
         UNION ALL SELECT 'Started', count(*), NULL FROM operations WHERE status = 'Started'
         UNION ALL SELECT status, count(*), NULL FROM operations WHERE expires IS NOT NULL GROUP BY status",
    )
    .fetch_all(connection)
    .await?;
    for row in &rows {
        let (state, depth) = (state(row)?, unsigned(row, "depth")?);
        if depth > 0 {
            stats.depth.insert(state, depth);
        }
        if state == State::Enqueued {
            stats.oldest_enqueued = row.try_get("oldest")?;
        }
    }
    Ok(stats)
}

pub(super) async fn waiting(
    connection: &mut PgConnection,
    tenant: &str,
) -> Result<Waiting, Trouble> {
    let row = sqlx::query(
        "SELECT count(*) AS operations, coalesce(sum(input_bytes), 0)::bigint AS bytes,
                count(*) FILTER (WHERE tenant = $1) AS of_client
           FROM operations WHERE status = 'Enqueued'",
    )
    .bind(tenant)
    .fetch_one(connection)
    .await?;
    Ok(Waiting {
        operations: unsigned(&row, "operations")?,
        bytes: unsigned(&row, "bytes")?,
        of_client: unsigned(&row, "of_client")?,
    })
}
