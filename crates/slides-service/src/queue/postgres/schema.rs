//! The tables, made and changed step by step.

use sqlx::{PgConnection, Row as _};

use super::super::StoreError;
use super::connect::transaction;
use super::options::PostgresOptions;
use super::trouble::Trouble;

/// The steps in order. They only add, so that servers of the version before go on while a new one starts.
const STEPS: &[&str] = &[include_str!("schema-1.sql")];

/// Brings the schema up to date. Servers that start at the same time wait for each other.
pub(super) async fn migrate(
    connection: &mut PgConnection,
    options: &PostgresOptions,
) -> Result<(), Trouble> {
    let known = STEPS.len() as i64;
    transaction(connection, async |connection| {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("slides/{}/schema", options.schema))
            .execute(&mut *connection)
            .await?;
        let there = sqlx::query("SELECT FROM pg_namespace WHERE nspname = $1")
            .bind(&options.schema)
            .fetch_optional(&mut *connection)
            .await?;
        if there.is_none() {
            // Its name was checked: letters, digits and `_`.
            script(connection, format!("CREATE SCHEMA {}", options.schema)).await?;
        }
        let found = found(connection).await?;
        if found > known {
            return Err(Trouble::Refused(StoreError::NewerSchema {
                path: options.place(),
                found,
                known,
            }));
        }
        for (version, step) in (1i64..).zip(STEPS) {
            if version > found {
                script(connection, (*step).to_owned()).await?;
                sqlx::query("INSERT INTO slides_schema (version) VALUES ($1)")
                    .bind(version)
                    .execute(&mut *connection)
                    .await?;
            }
        }
        Ok(())
    })
    .await
}

/// The newest step that was made.
async fn found(connection: &mut PgConnection) -> Result<i64, Trouble> {
    let there: bool = sqlx::query("SELECT to_regclass('slides_schema') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    if !there {
        script(
            connection,
            "CREATE TABLE slides_schema (version bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
                .to_owned(),
        )
        .await?;
    }
    let found: Option<i64> = sqlx::query("SELECT max(version) FROM slides_schema")
        .fetch_one(connection)
        .await?
        .try_get(0)?;
    Ok(found.unwrap_or(0))
}

/// Keeps a value unless there is one; gives what is there.
pub(super) async fn keep(
    connection: &mut PgConnection,
    name: &str,
    value: &[u8],
) -> Result<Vec<u8>, Trouble> {
    sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(name)
        .bind(value)
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
        .bind(name)
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}

/// Runs statements that take no values.
async fn script(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}
