-- Times are microseconds since the Unix epoch, UTC.
CREATE TABLE operations (
    seq              INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    tenant           TEXT NOT NULL,
    method           TEXT NOT NULL,
    status           TEXT NOT NULL,
    request          BLOB NOT NULL,
    inputs           TEXT NOT NULL,
    priority         INTEGER NOT NULL DEFAULT 0,
    run_at           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL DEFAULT 0,
    max_attempts     INTEGER NOT NULL,
    epoch            INTEGER NOT NULL DEFAULT 0,
    worker           TEXT,
    lease_until      INTEGER,
    cancel_requested INTEGER,
    progress         TEXT,
    error            TEXT,
    result_ref       TEXT,
    result_len       INTEGER,
    result_sha256    TEXT,
    result_type      TEXT,
    result_name      TEXT,
    warnings         TEXT,
    idem_key         TEXT,
    idem_hash        TEXT,
    created          INTEGER NOT NULL,
    enqueued         INTEGER NOT NULL,
    started          INTEGER,
    ended            INTEGER,
    expires          INTEGER
) STRICT;

CREATE INDEX operations_ready ON operations (priority DESC, run_at, seq) WHERE status = 'Enqueued';
CREATE INDEX operations_leased ON operations (lease_until) WHERE status = 'Started';
CREATE INDEX operations_ended ON operations (expires, status) WHERE expires IS NOT NULL;
CREATE UNIQUE INDEX operations_keys ON operations (tenant, idem_key) WHERE idem_key IS NOT NULL;
