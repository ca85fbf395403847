-- What warehouses are told of orders, and what they answer. Nothing personal is in it: whoever reads the feed gets the
-- receiver from the order itself, as it is then.

-- Append-only, read by position. Positions are given out under one lock that is held until the commit (`lock_feed`), so
-- they become visible in their order: a reader never passes one that commits later. They may have gaps.
CREATE TABLE outbound_entries (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms bigint NOT NULL,
    kind text NOT NULL, -- ship | change | cancel
    order_no text COLLATE "C" NOT NULL,
    number bigint NOT NULL, -- of the order's entries: the same one is never appended twice
    warehouse text COLLATE "C" NOT NULL,
    reservation_id text COLLATE "C" NOT NULL,
    skus text[] NOT NULL, -- all that is to leave that warehouse for the order; of a cancel entry nothing is
    quantities bigint[] NOT NULL
);
CREATE UNIQUE INDEX outbound_entries_of_order ON outbound_entries (order_no, number);
CREATE INDEX outbound_entries_of_warehouse ON outbound_entries (warehouse, position);
CREATE TRIGGER outbound_entries_are_append_only BEFORE UPDATE OR DELETE ON outbound_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE outbound_answers (
    answer_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client text COLLATE "C" NOT NULL,
    answer_id text COLLATE "C" NOT NULL, -- the client's own: each counts once
    at_ms bigint NOT NULL,
    order_no text COLLATE "C" NOT NULL,
    position bigint NOT NULL, -- of the entry that is answered
    word text NOT NULL,
    said_by text NOT NULL,
    note text NOT NULL,
    result text NOT NULL -- noted | superseded
);
CREATE UNIQUE INDEX outbound_answers_by_id ON outbound_answers (client, answer_id);
CREATE INDEX outbound_answers_of_order ON outbound_answers (order_no, answer_no);
CREATE TRIGGER outbound_answers_are_append_only BEFORE UPDATE OR DELETE ON outbound_answers
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- How far the ledger was looked through for reservations that moved to other warehouses, or were given back by hand.
CREATE TABLE outbound_followed (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    seq bigint NOT NULL
);
INSERT INTO outbound_followed (seq) SELECT seq FROM ledger_offsets WHERE partition = 0;
