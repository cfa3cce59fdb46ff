-- Times are microseconds since the Unix epoch, UTC, by the clock of this database.
CREATE TABLE operations (
    seq              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id               text NOT NULL UNIQUE,
    tenant           text NOT NULL,
    method           text NOT NULL,
    status           text NOT NULL,
    request          bytea NOT NULL,
    inputs           text NOT NULL,
    input_bytes      bigint NOT NULL,
    priority         smallint NOT NULL,
    turn             bigint NOT NULL,
    webhook          bytea,
    run_at           bigint NOT NULL,
    attempts         integer NOT NULL DEFAULT 0,
    max_attempts     integer NOT NULL,
    epoch            bigint NOT NULL DEFAULT 0,
    worker           text,
    lease_until      bigint,
    cancel_requested bigint,
    progress         text,
    error            text,
    result_ref       text,
    result_len       bigint,
    result_sha256    text,
    result_type      text,
    result_name      text,
    warnings         text,
    idem_key         text,
    idem_hash        text,
    created          bigint NOT NULL,
    enqueued         bigint NOT NULL,
    started          bigint,
    ended            bigint,
    expires          bigint
);

-- A row is written three or four times and its place in the indexes moves each time: what is left behind has to be
-- cleared away long before a fifth of the table is.
ALTER TABLE operations SET (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0.02
);

-- The claim goes along the first; a submit finds the last turn of its client in the second, which also holds all that
-- the bounds of the queue are compared with.
CREATE INDEX operations_ready ON operations (priority DESC, turn, seq) WHERE status = 'Enqueued';
CREATE INDEX operations_turns ON operations (tenant, priority, turn) INCLUDE (input_bytes, enqueued)
    WHERE status = 'Enqueued';
CREATE INDEX operations_leased ON operations (lease_until) WHERE status = 'Started';
CREATE INDEX operations_ended ON operations (expires, seq) INCLUDE (status) WHERE expires IS NOT NULL;
CREATE UNIQUE INDEX operations_keys ON operations (tenant, idem_key) WHERE idem_key IS NOT NULL;

CREATE TABLE outbox (
    operation text PRIMARY KEY,
    at        bigint NOT NULL,
    due       bigint NOT NULL,
    attempts  integer NOT NULL DEFAULT 0
);

CREATE INDEX outbox_due ON outbox (due, operation);

-- Work that one server at a time does, and when it is due again.
CREATE TABLE rounds (
    name text PRIMARY KEY,
    due  bigint NOT NULL
);

-- What all servers have to agree on.
CREATE TABLE settings (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);
