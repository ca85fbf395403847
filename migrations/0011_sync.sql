-- Where the hub stands with each shop. Times are milliseconds since 1970, 0: never.

CREATE TABLE shop_sync (
    shop text COLLATE "C" PRIMARY KEY,
    began_ms bigint NOT NULL,     -- since when its orders are pulled
    reached_ms bigint NOT NULL,   -- by the platform's clock: everything modified before has been kept
    succeeded_ms bigint NOT NULL, -- when a poll last went all the way
    failures integer NOT NULL,    -- polls in vain, one after the other
    reason text NOT NULL          -- of the last one in vain, '': it went well
);

-- Orders of which a platform said that something happened to them, until they are fetched.
CREATE TABLE shop_hints (
    shop text COLLATE "C" NOT NULL,
    channel_order_id text COLLATE "C" NOT NULL,
    noted bigint NOT NULL, -- how often: one that comes while its order is fetched is fetched again
    noted_ms bigint NOT NULL,
    attempts integer NOT NULL,
    due_ms bigint NOT NULL,
    PRIMARY KEY (shop, channel_order_id)
);
CREATE INDEX shop_hints_due ON shop_hints (shop, due_ms);

-- Orders by the hour in which they last changed when they came for the first time: what a shop is wont to sell.
CREATE TABLE shop_hours (
    shop text COLLATE "C" NOT NULL,
    hour_ms bigint NOT NULL, -- its beginning
    orders bigint NOT NULL,
    PRIMARY KEY (shop, hour_ms)
);

-- A range of time that is gone through again: a backfill, or a check of what we have.
CREATE TABLE shop_runs (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop text COLLATE "C" NOT NULL,
    kind text NOT NULL,           -- backfill | check
    from_ms bigint NOT NULL,      -- when orders were placed
    to_ms bigint NOT NULL,
    reached_ms bigint NOT NULL,   -- everything placed before is done
    state text NOT NULL,          -- open → done
    attempts integer NOT NULL,    -- in vain, one after the other
    reason text NOT NULL,         -- of the last one in vain
    due_ms bigint NOT NULL,
    requested_by text NOT NULL,
    requested_ms bigint NOT NULL,
    ended_ms bigint NOT NULL,
    counted jsonb NOT NULL        -- what a check has counted so far
);
CREATE INDEX shop_runs_open ON shop_runs (shop, due_ms) WHERE state = 'open';
CREATE INDEX shop_runs_of_shop ON shop_runs (shop, kind, run_id);

-- What a backfill did with each order, and where a check saw a difference.
CREATE TABLE shop_run_orders (
    run_id bigint NOT NULL REFERENCES shop_runs,
    channel_order_id text COLLATE "C" NOT NULL,
    outcome text NOT NULL,  -- pending | new | changed | unchanged | failed; of a check: what differs
    before_ms bigint NOT NULL, -- the version that was known before
    detail jsonb NOT NULL,
    PRIMARY KEY (run_id, channel_order_id)
);

-- A platform's article, of what it consists, and what was last written to it.
CREATE TABLE shop_items (
    shop text COLLATE "C" NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    sku_id text COLLATE "C" NOT NULL, -- '': it has no variants
    parts jsonb NOT NULL,             -- units by SKU
    written bigint,                   -- NULL: nothing yet, or nobody knows
    reason text NOT NULL,             -- why the platform refused it, ''
    due_ms bigint NOT NULL,
    PRIMARY KEY (shop, product_id, sku_id)
);
