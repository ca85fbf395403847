-- What the ledger cannot project, ids that came back, and the indexes that keep an SKU with very many holds readable.

-- Subjects whose projections do not follow the log from `seq` on. Their raw entries are in `ledger_entries`.
CREATE TABLE quarantined_subjects (
    kind text NOT NULL, -- sku | reservation | event | entry
    name text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    reason text NOT NULL,
    skus text[] NOT NULL, -- whose promises it counts in
    at_ms bigint NOT NULL,
    PRIMARY KEY (kind, name)
);

-- Ids that were applied again although `applied_ids` or `reservations` had them.
CREATE TABLE duplicate_ids (
    seq bigint PRIMARY KEY,     -- of the event that used the id again
    kind text NOT NULL,         -- its type
    name text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL, -- of its alarm
    first_seq bigint NOT NULL,  -- of the event that used it first
    age_ms bigint NOT NULL,     -- since that, or since its reservation ended
    promised boolean NOT NULL,  -- within the retention: remembering it had been promised
    state text NOT NULL         -- open | compensated | stands | refused
);
CREATE INDEX duplicate_ids_open ON duplicate_ids (seq) WHERE state = 'open';

-- What is open is a small part of all that ever was.
CREATE INDEX reservations_open ON reservations (reservation_id)
    WHERE status IN ('held', 'confirmed', 'part_shipped');
CREATE INDEX reservation_allocations_of_level ON reservation_allocations (sku, warehouse, opened_seq)
    WHERE quantity > shipped;
