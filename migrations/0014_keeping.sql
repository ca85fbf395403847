-- What the service promises of shops and customers although a process is dead, a shop rests, or a key is changed.

-- Since when a shop is to be heard: it was switched off until then, 0: never.
ALTER TABLE shop_sync ADD COLUMN awaited_ms bigint NOT NULL DEFAULT 0;

-- Which key sealed it stands in the first byte: whether an old key is still needed is asked without reading all orders.
CREATE INDEX orders_by_personal_key ON orders (substring(personal FROM 1 FOR 1));
CREATE INDEX orders_by_document_key ON orders (substring(document FROM 1 FOR 1));

-- By which a buyer's orders are found: a keyed digest of his reference. '': there is none, or it was erased; NULL: the key was
-- not at hand, and `reseal` makes it. `customer`, which whoever tries out all phone numbers can tell, is written no more.
ALTER TABLE orders ADD COLUMN buyer_digest text COLLATE "C" DEFAULT '';
CREATE INDEX orders_of_buyer ON orders (channel, buyer_digest) WHERE buyer_digest <> '';
CREATE INDEX orders_without_digest ON orders (channel) WHERE buyer_digest IS NULL OR customer <> '';
UPDATE shop_run_orders SET detail = detail - 'customer' WHERE detail ? 'customer';

-- The key of these digests, sealed: it stays the same when sealing keys rotate.
CREATE TABLE buyer_digest_key (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    sealed bytea NOT NULL
);

-- Who asked to be forgotten, last: what he ordered until then brings nothing personal back.
CREATE TABLE erased_buyers (
    channel text COLLATE "C" NOT NULL,
    buyer_digest text COLLATE "C" NOT NULL,
    erased_ms bigint NOT NULL,
    PRIMARY KEY (channel, buyer_digest)
);

-- What a warehouse notes may name the customer: it is sealed, and goes with him. `note` holds those of the version before.
ALTER TABLE outbound_answers ADD COLUMN sealed_note bytea;
CREATE INDEX outbound_answers_with_open_note ON outbound_answers (answer_no) WHERE note <> '';
DROP TRIGGER outbound_answers_are_append_only ON outbound_answers;
CREATE TRIGGER outbound_answers_are_append_only
    BEFORE DELETE OR UPDATE OF answer_no, client, answer_id, at_ms, order_no, position, word, said_by, result
    ON outbound_answers FOR EACH ROW EXECUTE FUNCTION refuse_change();
