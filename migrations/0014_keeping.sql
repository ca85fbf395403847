-- What the service promises of shops and customers although a process is dead, a shop rests, or a key is changed.

-- Since when a shop is to be heard: it was switched off until then, 0: never.
ALTER TABLE shop_sync ADD COLUMN awaited_ms bigint NOT NULL DEFAULT 0;

-- Which key sealed it stands in the first byte: whether an old key is still needed is asked without reading all orders.
CREATE INDEX orders_by_personal_key ON orders (substring(personal FROM 1 FOR 1));
CREATE INDEX orders_by_document_key ON orders (substring(document FROM 1 FOR 1));
