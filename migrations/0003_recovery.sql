-- What recovery needs to know beside where the ledger stands.

-- The highest epoch with which the gate was opened for certain, not only claimed: a Redis that knows an older one alone
-- is an old copy.
ALTER TABLE ledger_offsets ADD COLUMN opened_epoch bigint NOT NULL DEFAULT 0;

-- Events that are nowhere any more: the ledger was restored from an older backup, and goes on at `after` with a
-- description of Redis's state there.
CREATE TABLE ledger_gaps (
    partition smallint NOT NULL,
    before_epoch bigint NOT NULL,
    before_seq bigint NOT NULL,
    after_epoch bigint NOT NULL,
    after_seq bigint NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (partition, after_seq)
);
