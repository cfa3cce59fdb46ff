-- Priorities, turns of the clients, and ends to be told of.
ALTER TABLE operations ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operations ADD COLUMN input_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operations ADD COLUMN webhook BLOB;

DROP INDEX operations_ready;
-- The claim goes along the first, a submit finds the last turn of its client in the second, which also holds all
-- that the bounds of the queue are compared with.
CREATE INDEX operations_ready ON operations (priority DESC, turn, seq) WHERE status = 'Enqueued';
CREATE INDEX operations_turns ON operations (tenant, priority, turn, input_bytes) WHERE status = 'Enqueued';

CREATE TABLE outbox (
    operation TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    attempts  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (due, operation);
