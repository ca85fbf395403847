-- The ledger: what happened, in order and for good; the projections that answer questions about it; and what people
-- set up by hand. Everything but the last group is written by the one ledger writer, in the transaction that moves
-- `ledger_offsets`.
--
-- Times are milliseconds of the kernel's clock (`_ms`), so that they compare exactly with what Redis holds.
-- "No value" is '', 0 or -1 as in the events themselves, never NULL, unless a column says otherwise.
-- No projection has a foreign key or a check: history must always be writable.
-- Codes and ids compare byte by byte (COLLATE "C"): faster, and the same order on every machine.

-- One row. Redis carries the same id, so that a foreign server is noticed before it is believed.
CREATE TABLE deployment (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    deployment_id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO deployment DEFAULT VALUES;

-- Where the ledger stands. Moved only by compare-and-set, which makes a repeated flush harmless (position) and stops
-- a writer that was replaced (owner_epoch).
CREATE TABLE ledger_offsets (
    partition smallint PRIMARY KEY,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    owner_epoch bigint NOT NULL,
    highest_epoch bigint NOT NULL, -- claimed for an opening of the gate, whether or not an event followed
    as_of_ms bigint NOT NULL       -- of the newest event
) WITH (fillfactor = 50);
INSERT INTO ledger_offsets VALUES (0, 0, 0, 0, 0, 0);

-- ── The ledger ────────────────────────────────────────────────────────────────────────────────────────────────────

-- One row per entry of the stream, as the kernel wrote it: everything else here can be made from these bytes again.
CREATE TABLE ledger_entries (
    partition smallint NOT NULL,
    seq bigint NOT NULL,           -- of the entry's last event
    epoch bigint NOT NULL,
    before_epoch bigint NOT NULL,  -- the position before the entry: a gap or a branch shows at once
    before_seq bigint NOT NULL,
    at_ms bigint NOT NULL,
    events bytea NOT NULL,
    PRIMARY KEY (partition, seq)
);

-- One row per event.
CREATE TABLE ledger_events (
    partition smallint NOT NULL,
    seq bigint NOT NULL,
    epoch bigint NOT NULL,
    at_ms bigint NOT NULL,
    type text NOT NULL,
    client text COLLATE "C" NOT NULL,
    op_id text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL, -- reservation, movement or scan id, or SKU, as the type says
    status text NOT NULL,              -- of the reservation after the event, '': none was touched
    details jsonb,                     -- NULL: the type has none
    PRIMARY KEY (partition, seq)
);
CREATE INDEX ledger_events_of_subject ON ledger_events (subject, seq);

-- What an event did to one SKU in one warehouse: deltas, and the counters after it.
CREATE TABLE stock_changes (
    partition smallint NOT NULL,
    seq bigint NOT NULL,
    n smallint NOT NULL,
    sku text COLLATE "C" NOT NULL,
    warehouse text COLLATE "C" NOT NULL,
    on_hand_delta bigint NOT NULL,
    held_delta bigint NOT NULL,
    committed_delta bigint NOT NULL,
    unavailable_delta bigint NOT NULL,
    incoming_delta bigint NOT NULL,
    on_hand bigint NOT NULL,
    held bigint NOT NULL,
    committed bigint NOT NULL,
    unavailable bigint NOT NULL,
    incoming bigint NOT NULL,
    type text NOT NULL,
    reason text NOT NULL,
    reference text NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (partition, seq, n)
);
CREATE INDEX stock_changes_of_sku ON stock_changes (sku, seq, n);

-- Every id that was ever applied and must not be applied again: movements, partial releases, scans, parked scans,
-- reversals. Redis remembers them for the retention, this table for good.
CREATE TABLE applied_ids (
    digest text COLLATE "C" PRIMARY KEY,
    fingerprint text COLLATE "C" NOT NULL,
    kind text NOT NULL, -- the event type
    seq bigint NOT NULL,
    at_ms bigint NOT NULL
);
CREATE INDEX applied_ids_by_time ON applied_ids (at_ms);

-- ── Projections ───────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE reservations (
    reservation_id text COLLATE "C" PRIMARY KEY,
    opened_seq bigint NOT NULL, -- of the first event: the order of lists
    seq bigint NOT NULL,        -- of the newest event
    status text NOT NULL,
    client text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL,
    deadline_ms bigint NOT NULL,
    confirmed_ms bigint NOT NULL,
    ended_ms bigint NOT NULL,
    channel text NOT NULL,
    order_ref text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    region text NOT NULL,
    attributes text NOT NULL,   -- JSON text, as the caller sent it: text, because jsonb refuses some valid JSON
    record bytea NOT NULL       -- the kernel's packed record: a rebuild writes back these very bytes
);
CREATE INDEX reservations_newest ON reservations (opened_seq);
CREATE INDEX reservations_of_status ON reservations (status, opened_seq);
CREATE INDEX reservations_of_order ON reservations (order_ref, opened_seq) WHERE order_ref <> '';
CREATE INDEX reservations_of_customer ON reservations (customer_id, opened_seq) WHERE customer_id <> '';
CREATE INDEX reservations_ended ON reservations (ended_ms) WHERE ended_ms > 0;

CREATE TABLE reservation_lines (
    reservation_id text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    requested bigint NOT NULL,
    quantity bigint NOT NULL,
    released bigint NOT NULL,
    opened_seq bigint NOT NULL, -- the reservation's, so that "who has this" is one walk along an index
    PRIMARY KEY (reservation_id, sku)
);
CREATE INDEX reservation_lines_of_sku ON reservation_lines (sku, opened_seq);

CREATE TABLE reservation_allocations (
    reservation_id text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    warehouse text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    shipped bigint NOT NULL,
    opened_seq bigint NOT NULL, -- as in reservation_lines
    PRIMARY KEY (reservation_id, sku, warehouse)
);
CREATE INDEX reservation_allocations_of_warehouse ON reservation_allocations (warehouse, opened_seq);

-- Every SKU there is, and each warehouse's default policy.
CREATE TABLE stock_skus (
    sku text COLLATE "C" PRIMARY KEY,
    safety_stock bigint NOT NULL,
    warn_below bigint NOT NULL,
    seq bigint NOT NULL -- of the event that last touched this row; the levels have their own
);

CREATE TABLE stock_levels (
    sku text COLLATE "C" NOT NULL,
    warehouse text COLLATE "C" NOT NULL,
    on_hand bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    committed bigint NOT NULL DEFAULT 0,
    unavailable bigint NOT NULL DEFAULT 0,
    incoming bigint NOT NULL DEFAULT 0,
    safety_stock bigint NOT NULL DEFAULT -1, -- -1: the SKU's default
    warn_below bigint NOT NULL DEFAULT -1,   -- -1: the SKU's default
    counted_ms bigint NOT NULL DEFAULT 0,    -- of the newest count, 0: never
    seq bigint NOT NULL,
    PRIMARY KEY (sku, warehouse)
) WITH (fillfactor = 70);

-- ── Cases for people ──────────────────────────────────────────────────────────────────────────────────────────────

-- Scans that did not fit (kind applied) and scans that could not be tied to anything known (kind parked).
CREATE TABLE scan_exceptions (
    seq bigint PRIMARY KEY, -- of the scan's event; shown as exc_<seq>
    kind text NOT NULL,     -- applied | parked
    code text NOT NULL,
    state text NOT NULL,    -- open | resolved
    client text COLLATE "C" NOT NULL,
    scan_id text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    order_ref text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    warehouse text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    fitted jsonb NOT NULL,  -- [[warehouse, quantity], …]
    payload text NOT NULL,  -- the scan, JSON text as it was sent
    opened_ms bigint NOT NULL,
    resolution text NOT NULL DEFAULT '', -- applied | reversed | dismissed
    note text NOT NULL DEFAULT '',
    resolved_by text NOT NULL DEFAULT '',
    resolved_ms bigint NOT NULL DEFAULT 0
);
CREATE INDEX scan_exceptions_of_state ON scan_exceptions (state, seq);
CREATE INDEX scan_exceptions_parked ON scan_exceptions (seq) WHERE kind = 'parked' AND state = 'open';

CREATE TABLE alerts (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule text NOT NULL,  -- deficit | low_stock | duplicate_id
    cause text COLLATE "C" NOT NULL,
    state text NOT NULL, -- open → acknowledged → closed, or open → closed
    count bigint NOT NULL,
    detail jsonb NOT NULL,
    opened_ms bigint NOT NULL,
    last_ms bigint NOT NULL,
    acknowledged_by text NOT NULL DEFAULT ''
);
-- The same cause open twice is one row with a count.
CREATE UNIQUE INDEX alerts_of_cause ON alerts (rule, cause) WHERE state <> 'closed';
CREATE INDEX alerts_of_state ON alerts (state, alert_id);

-- ── Set up by people ──────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE warehouses (
    code text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL, -- warehouse | store | in_transit
    country text NOT NULL,
    region text NOT NULL,
    lat double precision, -- degrees, WGS 84; NULL: distance unknown
    lon double precision,
    priority integer NOT NULL,
    serves text[], -- region codes; NULL: everywhere
    enabled boolean NOT NULL
);

-- A client stays, its keys come and go.
CREATE TABLE clients (
    client text COLLATE "C" PRIMARY KEY,
    created_ms bigint NOT NULL
);

CREATE TABLE api_keys (
    key_id text COLLATE "C" PRIMARY KEY,
    client text COLLATE "C" NOT NULL REFERENCES clients,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    created_ms bigint NOT NULL,
    revoked_ms bigint NOT NULL DEFAULT 0
);

-- Kept readable, because signing needs the secret itself. Several live at once, so that they can be rotated.
CREATE TABLE webhook_secrets (
    secret_id text COLLATE "C" PRIMARY KEY,
    client text COLLATE "C" NOT NULL REFERENCES clients,
    secret text NOT NULL,
    created_ms bigint NOT NULL,
    revoked_ms bigint NOT NULL DEFAULT 0
);
