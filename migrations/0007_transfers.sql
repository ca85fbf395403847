-- Goods that move between warehouses.

-- Units of `incoming` that open transfers bring.
ALTER TABLE stock_levels ADD COLUMN in_transit bigint NOT NULL DEFAULT 0;

CREATE TABLE transfers (
    transfer_id text COLLATE "C" PRIMARY KEY,
    opened_seq bigint NOT NULL, -- of the first event: the order of lists
    seq bigint NOT NULL,        -- of the newest event
    state text NOT NULL,        -- draft | in_transit | received | cancelled
    origin text COLLATE "C" NOT NULL,
    destination text COLLATE "C" NOT NULL,
    skus text[] COLLATE "C" NOT NULL,
    record bytea NOT NULL       -- packed as the kernel has it: a rebuild writes back those that are open
);
CREATE INDEX transfers_newest ON transfers (opened_seq);
CREATE INDEX transfers_open ON transfers (transfer_id) WHERE state IN ('draft', 'in_transit');
