use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::super::StoreError;

/// Bytes of the name of a schema: with what is put around it, the name of a channel has at most 63.
const MAX_SCHEMA: usize = 50;

/// How a [`PostgresStore`](super::PostgresStore) is opened.
#[derive(Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// Boxed, as it is as large as all the rest of a service's options.
    pub(super) server: Box<PgConnectOptions>,
    /// The schema of the tables; it is made when it is not there. Lower-case letters, digits and `_`.
    pub schema: String,
    /// Connections of this process at most, among them one that listens and one that notifies.
    /// Twice the workers and four more unless it is set.
    pub connections: Option<u32>,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a call waits for a free connection, and one to the server to be made.
    pub connect_timeout: Duration,
    /// How long a call is tried again when the server cannot be reached.
    pub patience: Duration,
    /// The same for the end of an operation: what was converted is lost when it cannot be recorded. Less than the lease.
    pub end_patience: Duration,
    /// The lease that the servers give: one that ends much later was given before the database's clock was set back.
    pub lease: Duration,
    /// Takes the times that callers give as they are instead of the database's clock. For tests.
    #[doc(hidden)]
    pub callers_clock: bool,
    /// Faults that are seeded, to prove that the fault tests catch them.
    #[cfg(debug_assertions)]
    #[doc(hidden)]
    pub faults: super::super::Faults,
}

impl PostgresOptions {
    /// The defaults for the server of an address: `postgres://user:password@host:5432/database`, with `sslmode`,
    /// `sslrootcert` and what else libpq takes behind a `?`.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when it is no such address.
    pub fn new(address: &str) -> Result<Self, StoreError> {
        let scheme = ["postgres://", "postgresql://"];
        if !scheme.iter().any(|scheme| address.starts_with(scheme)) {
            return Err(failed(
                "it does not begin with `postgres://`, as in `postgres://user@host:5432/database`",
            ));
        }
        // The words of the parser do not repeat the address, which may hold a password.
        let server = PgConnectOptions::from_str(address).map_err(|e| failed(&e.to_string()))?;
        Ok(Self {
            server: Box::new(server),
            schema: "slides".to_owned(),
            connections: None,
            statement_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            patience: Duration::from_secs(5),
            end_patience: Duration::from_secs(20),
            lease: Duration::from_secs(30),
            callers_clock: false,
            #[cfg(debug_assertions)]
            faults: super::super::Faults::default(),
        })
    }

    /// Sets the schema of the tables.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Checks what the address alone does not say.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let named = !self.schema.is_empty() && self.schema.len() <= MAX_SCHEMA;
        if named && self.schema.bytes().all(letters) {
            return Ok(());
        }
        Err(failed(&format!(
            "the schema `{}` is not 1 to {MAX_SCHEMA} lower-case letters, digits and `_`",
            self.schema
        )))
    }

    /// Where the queue is, without a password.
    pub(super) fn place(&self) -> String {
        let server = &self.server;
        let host = server.get_socket().map_or_else(
            || format!("{}:{}", server.get_host(), server.get_port()),
            |socket| socket.display().to_string(),
        );
        let database = server.get_database().unwrap_or(server.get_username());
        format!("{host}/{database}, schema {}", self.schema)
    }
}

fn failed(reason: &str) -> StoreError {
    StoreError::Failed {
        what: "take the address of the PostgreSQL database",
        reason: reason.to_owned(),
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("place", &self.place())
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let options = PostgresOptions::new("postgres://me:s3cret@db.example:5433/decks").unwrap();
        let shown = format!("{options:?}");
        assert!(shown.contains("db.example:5433/decks"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
        for bad in [
            "mysql://me:s3cret@db/decks",
            "postgres://me:s3cret@db:port/decks",
        ] {
            let error = PostgresOptions::new(bad).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn schemas_have_plain_names() {
        let options = PostgresOptions::new("postgres://db/decks").unwrap();
        assert!(options.clone().schema("team_2").check().is_ok());
        for bad in ["", "Team", "a b", "a;b", &"a".repeat(51)] {
            assert!(options.clone().schema(bad).check().is_err(), "{bad}");
        }
    }
}
