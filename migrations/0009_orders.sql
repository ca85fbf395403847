-- Orders of all channels. Personal data and documents are sealed (AES-256-GCM, bound to the order's number); states, lines,
-- amounts and times lie open, since lists, checks and alarms need them.
--
-- Not written by the ledger writer: these rows are nobody's projection. Times are milliseconds since 1970, 0: never.

CREATE TABLE orders (
    order_no text COLLATE "C" PRIMARY KEY,
    channel text COLLATE "C" NOT NULL,
    shop text COLLATE "C" NOT NULL,
    channel_order_id text COLLATE "C" NOT NULL,
    parent_order_id text COLLATE "C" NOT NULL,
    payment text NOT NULL,
    fulfilment text NOT NULL,
    currency text NOT NULL,
    total_minor bigint, -- NULL: the platform does not say
    paid_minor bigint,
    created_ms bigint NOT NULL,
    paid_ms bigint NOT NULL,
    modified_ms bigint NOT NULL, -- by the platform's clock: which version this is
    seen_ms bigint NOT NULL,     -- by ours, first
    customer text COLLATE "C" NOT NULL, -- a digest of the buyer's reference, '': there is none, or it was erased
    record bytea NOT NULL,       -- the order without anything personal, packed
    personal bytea,              -- sealed; NULL: erased
    document bytea,              -- as the platform sent it, sealed; NULL: erased
    erased_ms bigint NOT NULL DEFAULT 0,
    -- What the stock side has done for it.
    stock bytea NOT NULL,        -- packed
    step_number bigint NOT NULL, -- of the newest step
    step bytea,                  -- packed; begun, and not known to be done yet; NULL: none is
    case_code text NOT NULL,     -- why it waits for a person; '': it does not
    case_detail jsonb,
    attempts integer NOT NULL,   -- in vain, one after the other
    next_try_ms bigint NOT NULL  -- 0: nothing is to be done
);
CREATE UNIQUE INDEX orders_of_channel ON orders (channel, shop, channel_order_id);
CREATE INDEX orders_by_shop ON orders (channel, shop, order_no);
CREATE INDEX orders_by_version ON orders (channel, shop, modified_ms);
CREATE INDEX orders_of_customer ON orders (channel, customer) WHERE customer <> '';
CREATE INDEX orders_due ON orders (next_try_ms) WHERE next_try_ms > 0;
CREATE INDEX orders_with_case ON orders (case_code, order_no) WHERE case_code <> '';

-- The lines of the newest version, for whoever asks by SKU. The truth is in `orders.record`.
CREATE TABLE order_lines (
    order_no text COLLATE "C" NOT NULL,
    line_id text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL, -- the merchant's code
    channel_sku text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,
    shipped bigint NOT NULL,
    fulfilment text NOT NULL,
    refund text NOT NULL,
    paid_minor bigint,
    PRIMARY KEY (order_no, line_id)
);
CREATE INDEX order_lines_of_sku ON order_lines (sku, order_no);

-- What happened to an order. Append-only, and nothing personal is ever in it.
CREATE TABLE order_history (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_no text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    kind text NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX order_history_of_order ON order_history (order_no, entry_id);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER order_history_is_append_only BEFORE UPDATE OR DELETE ON order_history
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Arrivals that could not be taken in: one row per order of a channel, with its newest document.
CREATE TABLE order_failures (
    failure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text COLLATE "C" NOT NULL,
    shop text COLLATE "C" NOT NULL,
    channel_order_id text COLLATE "C" NOT NULL,
    modified_ms bigint NOT NULL,
    state text NOT NULL,  -- open | cured | erased
    field text NOT NULL,
    path text NOT NULL,
    reason text NOT NULL, -- repeats nothing personal
    document bytea,       -- sealed; NULL: cured or erased
    attempts integer NOT NULL,
    first_ms bigint NOT NULL,
    last_ms bigint NOT NULL,
    next_try_ms bigint NOT NULL
);
CREATE UNIQUE INDEX order_failures_of_channel ON order_failures (channel, shop, channel_order_id);
CREATE INDEX order_failures_due ON order_failures (next_try_ms) WHERE state = 'open';
CREATE INDEX order_failures_by_state ON order_failures (state, failure_id);

-- A platform's SKU code is several units of several SKUs. Shop '': of every shop of the channel.
CREATE TABLE order_sku_codes (
    channel text COLLATE "C" NOT NULL,
    shop text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    sku text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    set_by text COLLATE "C" NOT NULL,
    set_ms bigint NOT NULL,
    PRIMARY KEY (channel, shop, code, sku)
);

-- Codes that nobody has mapped, by the orders that wait for it.
CREATE TABLE order_unknown_codes (
    channel text COLLATE "C" NOT NULL,
    shop text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    order_no text COLLATE "C" NOT NULL,
    title text NOT NULL,
    PRIMARY KEY (channel, shop, code, order_no)
);
CREATE INDEX order_unknown_codes_of_order ON order_unknown_codes (order_no);

-- Who read personal data in clear.
CREATE TABLE order_personal_reads (
    read_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms bigint NOT NULL,
    client text COLLATE "C" NOT NULL,
    order_no text COLLATE "C" NOT NULL
);
CREATE INDEX order_personal_reads_of_order ON order_personal_reads (order_no, read_id);
