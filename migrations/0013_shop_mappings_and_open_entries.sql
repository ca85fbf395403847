-- Mappings that shops have of their own, and what warehouses have not answered.

-- Every version for good, the newest counts.
CREATE TABLE shop_mappings (
    shop text COLLATE "C" NOT NULL REFERENCES shops,
    version integer NOT NULL, -- numbered per shop from 1
    toml text NOT NULL,       -- as it was given; '': from here on the one that is shipped for its channel
    digest text NOT NULL,     -- of what counted when it was set
    set_ms bigint NOT NULL,
    set_by text NOT NULL,
    PRIMARY KEY (shop, version)
);
CREATE TRIGGER shop_mappings_are_append_only BEFORE UPDATE OR DELETE ON shop_mappings
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The newest entry that a warehouse was told of an order, as long as it has not answered it and the parcel has not left.
CREATE TABLE outbound_open (
    order_no text COLLATE "C" NOT NULL,
    warehouse text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (order_no, warehouse)
);
CREATE INDEX outbound_open_by_time ON outbound_open (at_ms);
INSERT INTO outbound_open (order_no, warehouse, position, at_ms)
SELECT e.order_no, e.warehouse, e.position, e.at_ms
FROM (
    SELECT DISTINCT ON (order_no, warehouse) order_no, warehouse, position, at_ms, kind
    FROM outbound_entries ORDER BY order_no, warehouse, position DESC
) e JOIN orders o USING (order_no)
WHERE (e.kind = 'cancel' OR o.fulfilment NOT IN ('shipped', 'done'))
    AND NOT EXISTS (SELECT FROM outbound_answers a WHERE a.order_no = e.order_no AND a.position = e.position);
