-- Every statement about orders. The format is told in `ledger/queries.sql`.

-- ── book.py ──────────────────────────────────────────────────────────────────

-- name: lock_order_of_channel
-- Two first arrivals of one order: the second waits, and finds what the first one made.
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', $1::text, $2::text, $3::text), 28530))

-- name: order_of_channel
SELECT * FROM orders WHERE channel = $1 AND shop = $2 AND channel_order_id = $3 FOR UPDATE

-- name: order_to_change
SELECT * FROM orders WHERE order_no = $1 FOR UPDATE

-- name: add_order
INSERT INTO orders (
    order_no, channel, shop, channel_order_id, seen_ms, document,
    parent_order_id, payment, fulfilment, currency, total_minor, paid_minor, created_ms, paid_ms, modified_ms,
    buyer_digest, record, personal, erased_ms, stock, step_number, step, case_code, case_detail, attempts, next_try_ms,
    customer
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24::jsonb,
    $25, $26, ''
)

-- name: change_order
UPDATE orders SET
    parent_order_id = $2, payment = $3, fulfilment = $4, currency = $5, total_minor = $6, paid_minor = $7, created_ms = $8,
    paid_ms = $9, modified_ms = $10, buyer_digest = $11, customer = '', record = $12, personal = $13, erased_ms = $14::bigint,
    document = CASE WHEN $14::bigint > 0 THEN NULL ELSE coalesce($15, document) END
WHERE order_no = $1

-- name: change_work
UPDATE orders SET
    stock = $2, step_number = $3, step = $4, case_code = $5, case_detail = $6::jsonb, attempts = $7, next_try_ms = $8
WHERE order_no = $1

-- name: remove_lines
DELETE FROM order_lines WHERE order_no = $1

-- name: add_lines
INSERT INTO order_lines
SELECT $1, t.* FROM unnest(
    $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::bigint[]
) AS t

-- name: add_history
INSERT INTO order_history (order_no, at_ms, kind, detail)
SELECT $1, t.at_ms, t.kind, t.detail::jsonb FROM unnest($2::bigint[], $3::text[], $4::text[]) AS t (at_ms, kind, detail)

-- name: parts_of_codes
-- What is set for the shop comes before what is set for all of the channel.
SELECT code, shop, sku, quantity FROM order_sku_codes
WHERE channel = $1 AND shop IN ('', $2) AND code = ANY($3::text[])
ORDER BY code, shop, sku

-- name: known_skus_of_orders
SELECT sku FROM stock_skus WHERE sku = ANY($1::text[])

-- name: remove_unknown_codes
DELETE FROM order_unknown_codes WHERE order_no = $1

-- name: add_unknown_codes
INSERT INTO order_unknown_codes (channel, shop, code, order_no, title)
SELECT $1, $2, t.code, $3, t.title FROM unnest($4::text[], $5::text[]) AS t (code, title)

-- name: due_orders
SELECT order_no FROM orders WHERE next_try_ms > 0 AND next_try_ms <= $1 ORDER BY next_try_ms LIMIT $2

-- name: put_off_order
UPDATE orders SET next_try_ms = $2 WHERE order_no = $1 AND next_try_ms > 0

-- name: lock_buyer
-- Who is forgotten while an order of his arrives: one of the two waits, and sees what the other one did.
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', $1::text, $2::text), 28532))

-- name: lock_buyer_shared
SELECT pg_advisory_xact_lock_shared(hashtextextended(concat_ws(' ', $1::text, $2::text), 28532))

-- name: buyer_erased
SELECT erased_ms FROM erased_buyers WHERE channel = $1 AND buyer_digest = $2

-- name: note_erased_buyer
INSERT INTO erased_buyers (channel, buyer_digest, erased_ms) VALUES ($1, $2, $3)
ON CONFLICT (channel, buyer_digest) DO UPDATE SET erased_ms = GREATEST(erased_buyers.erased_ms, excluded.erased_ms)

-- name: has_orders_without_digest
SELECT EXISTS (SELECT FROM orders WHERE channel = $1 AND buyer_digest IS NULL)

-- name: erase_orders
-- $3: as the version before kept it. Locked in the order of their numbers, as everybody does it.
WITH found AS (
    SELECT order_no FROM orders
    WHERE channel = $1 AND (buyer_digest = $2 AND buyer_digest <> '' OR customer = $3 AND customer <> '')
    ORDER BY order_no FOR UPDATE
), erased AS (
    UPDATE orders SET personal = NULL, document = NULL, buyer_digest = '', customer = '', erased_ms = $4
    WHERE order_no IN (SELECT order_no FROM found)
    RETURNING order_no, shop, channel_order_id
), noted AS (
    INSERT INTO order_history (order_no, at_ms, kind, detail) SELECT order_no, $4, $5, $6::jsonb FROM erased
)
SELECT order_no, shop, channel_order_id FROM erased

-- name: erase_notes
UPDATE outbound_answers SET note = '', sealed_note = NULL WHERE order_no = ANY($1::text[])

-- name: erase_from_runs
-- Of backfills: whose order it was, and what a platform said of one that could not be read.
UPDATE shop_run_orders r SET detail = r.detail - 'customer' - 'reason'
FROM shop_runs u, unnest($1::text[], $2::text[]) AS t (shop, channel_order_id)
WHERE u.run_id = r.run_id AND u.shop = t.shop AND r.channel_order_id = t.channel_order_id

-- ── buyers.py ────────────────────────────────────────────────────────────────

-- name: make_buyer_digest_key
INSERT INTO buyer_digest_key (sealed) VALUES ($1) ON CONFLICT DO NOTHING

-- name: buyer_digest_key
SELECT sealed FROM buyer_digest_key

-- ── reader.py ────────────────────────────────────────────────────────────────

-- name: order
SELECT * FROM orders WHERE order_no = $1

-- name: list_orders
SELECT * FROM orders
WHERE order_no < $1
    AND ($3 = '' OR channel = $3)
    AND ($4 = '' OR shop = $4)
    AND ($5 = '' OR payment = $5)
    AND ($6 = '' OR fulfilment = $6)
    AND ($7 = '' OR channel_order_id = $7)
    AND ($8 = '' OR case_code = $8)
    AND ($9 = '' OR EXISTS (
        SELECT FROM order_lines l WHERE l.order_no = orders.order_no AND (l.sku = $9 OR l.channel_sku = $9)
    ))
ORDER BY order_no DESC LIMIT $2

-- name: order_history
SELECT at_ms, kind, detail FROM order_history WHERE order_no = $1 ORDER BY entry_id

-- name: note_personal_reads
INSERT INTO order_personal_reads (at_ms, client, order_no) SELECT $1, $2, unnest($3::text[])

-- ── failures.py ──────────────────────────────────────────────────────────────

-- name: keep_failure
-- The newest version is the one that is tried again; of 0, what is no order's document, nobody knows how old it is. Of an
-- order that was erased nothing is kept that may name anybody.
INSERT INTO order_failures (
    channel, shop, channel_order_id, modified_ms, state, field, path, reason, document, attempts, first_ms, last_ms,
    next_try_ms
)
SELECT $1, $2, $3, $4, CASE WHEN erased THEN 'erased' ELSE 'open' END, $5, $6, CASE WHEN erased THEN '' ELSE $7 END,
    CASE WHEN erased THEN NULL ELSE $8::bytea END, 1, $9, $9, $10
FROM (
    SELECT EXISTS (
        SELECT FROM orders
        WHERE channel = $1 AND shop = $2 AND channel_order_id = split_part($3::text, ' ', 1) AND erased_ms > 0
    ) AS erased
) o
ON CONFLICT (channel, shop, channel_order_id) DO UPDATE SET
    modified_ms = excluded.modified_ms,
    state = excluded.state,
    field = excluded.field,
    path = excluded.path,
    reason = excluded.reason,
    document = excluded.document,
    attempts = CASE WHEN order_failures.state = 'open' THEN order_failures.attempts + 1 ELSE 1 END,
    last_ms = excluded.last_ms,
    next_try_ms = CASE
        WHEN excluded.modified_ms > 0 OR order_failures.state <> 'open' THEN excluded.next_try_ms
        ELSE GREATEST(order_failures.next_try_ms, excluded.next_try_ms)
    END
WHERE excluded.modified_ms > order_failures.modified_ms
    OR excluded.modified_ms = order_failures.modified_ms AND order_failures.state = 'open'
    OR excluded.modified_ms = 0 AND order_failures.state <> 'open'

-- name: fail_again
UPDATE order_failures SET field = $2, path = $3, reason = $4, attempts = attempts + 1, last_ms = $5, next_try_ms = $6
WHERE failure_id = $1 AND state = 'open'

-- name: cure_failure
UPDATE order_failures SET state = 'cured', document = NULL
WHERE channel = $1 AND shop = $2 AND channel_order_id = $3 AND modified_ms <= $4 AND state = 'open'

-- name: failed_refunds
-- Those whose key begins with what is given, by the index: no id has a character behind "~".
SELECT * FROM order_failures
WHERE channel = $1 AND shop = $2 AND channel_order_id BETWEEN $3::text AND $3::text || chr(127) AND state = 'open'
ORDER BY failure_id

-- name: due_failures
SELECT * FROM order_failures WHERE state = 'open' AND next_try_ms <= $1 ORDER BY next_try_ms LIMIT $2

-- name: failure
SELECT * FROM order_failures WHERE failure_id = $1

-- name: list_failures
SELECT * FROM order_failures WHERE failure_id < $1 AND ($3 = '' OR state = $3) ORDER BY failure_id DESC LIMIT $2

-- name: failures_by_field
-- `lines[3].sku` is `lines[].sku` here: the same is wrong with all of them.
SELECT f.channel, f.shop, f.field, count(*) AS failures, max(f.failure_id) AS newest,
    (array_agg(f.reason ORDER BY f.failure_id DESC))[1] AS reason
FROM (
    SELECT channel, shop, failure_id, reason, regexp_replace(field, '\[[0-9]+\]', '[]', 'g') AS field
    FROM order_failures WHERE state = 'open'
) AS f
GROUP BY f.channel, f.shop, f.field
ORDER BY failures DESC, f.shop, f.field LIMIT $1

-- name: open_failures_of_channel
SELECT * FROM order_failures WHERE channel = $1 AND state = 'open' AND failure_id > $2 ORDER BY failure_id LIMIT $3

-- name: erase_failures
UPDATE order_failures SET state = 'erased', document = NULL, reason = ''
WHERE failure_id = ANY($1::bigint[]) AND state = 'open'
RETURNING shop, channel_order_id

-- name: failures_of_erased_orders
SELECT f.failure_id FROM order_failures f
JOIN orders o ON (o.channel, o.shop, o.channel_order_id) = (f.channel, f.shop, split_part(f.channel_order_id, ' ', 1))
WHERE f.channel = $1 AND f.state = 'open' AND o.erased_ms > 0

-- ── sku_codes.py ─────────────────────────────────────────────────────────────

-- name: remove_parts
DELETE FROM order_sku_codes WHERE channel = $1 AND shop = $2 AND code = $3

-- name: add_parts
INSERT INTO order_sku_codes (channel, shop, code, sku, quantity, set_by, set_ms)
SELECT $1, $2, $3, t.sku, t.quantity, $4, $5 FROM unnest($6::text[], $7::bigint[]) AS t (sku, quantity)

-- name: wake_orders_of_code
WITH known AS (
    DELETE FROM order_unknown_codes WHERE channel = $1 AND ($2 = '' OR shop = $2) AND code = $3 RETURNING order_no
)
UPDATE orders SET next_try_ms = $4, attempts = 0 WHERE order_no IN (SELECT order_no FROM known) RETURNING order_no

-- name: list_sku_codes
SELECT channel, shop, code, array_agg(sku ORDER BY sku) AS skus, array_agg(quantity ORDER BY sku) AS quantities
FROM order_sku_codes
WHERE (channel, shop, code) > ($1, $2, $3) AND ($5 = '' OR channel = $5) AND ($6 = '' OR shop = $6)
GROUP BY channel, shop, code
ORDER BY channel, shop, code LIMIT $4

-- name: list_unknown_codes
SELECT channel, shop, code, max(title) AS title, count(*) AS orders
FROM order_unknown_codes
WHERE (channel, shop, code) > ($1, $2, $3) AND ($5 = '' OR channel = $5) AND ($6 = '' OR shop = $6)
GROUP BY channel, shop, code
ORDER BY channel, shop, code LIMIT $4

-- ── summaries.py ─────────────────────────────────────────────────────────────

-- name: orders_in_few_words
SELECT channel_order_id, payment, fulfilment, paid_minor, currency, modified_ms, coalesce(buyer_digest, '') AS customer
FROM orders WHERE channel = $1 AND shop = $2 AND channel_order_id = ANY($3::text[])

-- name: orders_placed
SELECT channel_order_id, payment, fulfilment, paid_minor, currency, modified_ms, coalesce(buyer_digest, '') AS customer
FROM orders WHERE channel = $1 AND shop = $2 AND created_ms >= $3 AND created_ms < $4
ORDER BY created_ms, order_no

-- ── outbound.py ──────────────────────────────────────────────────────────────

-- name: lock_feed
-- Until the commit, and nothing is waited for behind it: positions become visible in the order in which they are given.
SELECT pg_advisory_xact_lock(28531)

-- name: append_entries
-- Whoever waits for it hears of it when the transaction commits.
WITH told AS (
    INSERT INTO outbound_entries (at_ms, kind, order_no, number, warehouse, reservation_id, skus, quantities)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING order_no, warehouse, position, at_ms
), opened AS (
    INSERT INTO outbound_open (order_no, warehouse, position, at_ms) SELECT * FROM told
    ON CONFLICT (order_no, warehouse) DO UPDATE SET position = excluded.position, at_ms = excluded.at_ms
)
SELECT pg_notify('outbound_feed', warehouse) FROM told

-- name: close_entry
-- Of an older entry than the newest nothing is closed.
DELETE FROM outbound_open WHERE order_no = $1 AND warehouse = $2 AND position <= $3

-- name: close_entries
DELETE FROM outbound_open WHERE order_no = $1 AND warehouse = ANY($2::text[])

-- name: count_open_entries
SELECT warehouse, count(*) AS entries, min(at_ms) AS oldest_ms
FROM (SELECT warehouse, at_ms FROM outbound_open ORDER BY at_ms LIMIT $1) o
GROUP BY warehouse ORDER BY oldest_ms

-- name: note_answer
INSERT INTO outbound_answers (client, answer_id, at_ms, order_no, position, word, said_by, note, sealed_note, result)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9)
ON CONFLICT (client, answer_id) DO NOTHING

-- name: feed
SELECT e.position, e.at_ms, e.kind, e.number, e.warehouse, e.reservation_id, e.skus, e.quantities, o.*
FROM outbound_entries e JOIN orders o USING (order_no)
WHERE e.position > $1 AND ($2 = '' OR e.warehouse = $2)
ORDER BY e.position LIMIT $3

-- name: feed_entry
SELECT e.position, e.at_ms, e.kind, e.number, e.warehouse, e.reservation_id, e.skus, e.quantities, o.*
FROM outbound_entries e JOIN orders o USING (order_no)
WHERE e.position = $1

-- name: unanswered
SELECT o.order_no, e.warehouse, e.kind, e.position, e.at_ms
FROM orders o
CROSS JOIN LATERAL jsonb_array_elements_text(o.case_detail -> 'warehouses') AS silent (warehouse)
CROSS JOIN LATERAL (
    SELECT * FROM outbound_entries WHERE order_no = o.order_no AND warehouse = silent.warehouse
    ORDER BY number DESC LIMIT 1
) AS e
WHERE o.case_code = $1
ORDER BY e.position LIMIT $2

-- name: answer
SELECT a.*, e.warehouse, o.erased_ms > 0 AS erased
FROM outbound_answers a JOIN outbound_entries e USING (position) JOIN orders o ON o.order_no = a.order_no
WHERE a.client = $1 AND a.answer_id = $2

-- name: followed
SELECT seq FROM outbound_followed FOR UPDATE

-- name: wake_moved
-- What the orders' own steps give back is known to them.
WITH moved AS (
    SELECT seq, type, client, subject FROM ledger_events WHERE partition = 0 AND seq > $1 ORDER BY seq LIMIT $2
), woken AS (
    UPDATE orders SET next_try_ms = $3, attempts = 0
    WHERE order_no IN (
        SELECT split_part(subject, '.', 1) FROM moved
        WHERE type IN ('reallocate', 'short_pick', 'reverse') OR type = 'release' AND client <> $4
    )
    RETURNING order_no
), followed AS (
    UPDATE outbound_followed SET seq = (SELECT max(seq) FROM moved) WHERE EXISTS (SELECT FROM moved)
)
SELECT (SELECT count(*) FROM woken) AS woken, (SELECT count(*) FROM moved) AS events

-- ── ledger/reseal.py ─────────────────────────────────────────────────────────

-- The first byte of what is sealed tells the key (`sealing.py`). Key 0: not sealed, or without its digest.

-- name: orders_to_reseal
SELECT order_no, channel, personal, document, buyer_digest, customer FROM orders
WHERE order_no > $1
    AND (substring(personal FROM 1 FOR 1) = ANY($2::bytea[]) OR substring(document FROM 1 FOR 1) = ANY($2::bytea[])
        OR '\x00' = ANY($2::bytea[]) AND (buyer_digest IS NULL OR customer <> ''))
ORDER BY order_no LIMIT $3
FOR UPDATE SKIP LOCKED

-- name: reseal_orders
UPDATE orders SET personal = $2, document = $3, buyer_digest = $4, customer = $5 WHERE order_no = $1

-- name: orders_by_key
-- An order whose two seals need two keys counts for both.
SELECT key, count(*) AS rows FROM (
    SELECT order_no, substring(personal FROM 1 FOR 1) AS key FROM orders
    WHERE substring(personal FROM 1 FOR 1) < $1 OR substring(personal FROM 1 FOR 1) > $1
    UNION
    SELECT order_no, substring(document FROM 1 FOR 1) FROM orders
    WHERE substring(document FROM 1 FOR 1) < $1 OR substring(document FROM 1 FOR 1) > $1
    UNION
    SELECT order_no, '\x00' FROM orders WHERE buyer_digest IS NULL OR customer <> ''
) needed GROUP BY key

-- name: failures_to_reseal
SELECT failure_id, channel, shop, channel_order_id, document FROM order_failures
WHERE failure_id > $1 AND substring(document FROM 1 FOR 1) = ANY($2::bytea[])
ORDER BY failure_id LIMIT $3
FOR UPDATE SKIP LOCKED

-- name: reseal_failures
UPDATE order_failures SET document = $2 WHERE failure_id = $1

-- name: failures_by_key
SELECT substring(document FROM 1 FOR 1) AS key, count(*) AS rows
FROM order_failures WHERE substring(document FROM 1 FOR 1) <> $1 GROUP BY 1

-- name: notes_to_reseal
SELECT answer_no, client, answer_id, note, sealed_note FROM outbound_answers
WHERE answer_no > $1
    AND (substring(sealed_note FROM 1 FOR 1) = ANY($2::bytea[]) OR '\x00' = ANY($2::bytea[]) AND note <> '')
ORDER BY answer_no LIMIT $3
FOR UPDATE SKIP LOCKED

-- name: reseal_notes
UPDATE outbound_answers SET note = '', sealed_note = $2 WHERE answer_no = $1

-- name: notes_by_key
SELECT key, count(*) AS rows FROM (
    SELECT substring(sealed_note FROM 1 FOR 1) AS key FROM outbound_answers
    WHERE substring(sealed_note FROM 1 FOR 1) <> $1
    UNION ALL
    SELECT '\x00' FROM outbound_answers WHERE note <> ''
) needed GROUP BY key

-- name: digest_keys_to_reseal
SELECT only_one, sealed FROM buyer_digest_key
WHERE only_one > $1 AND substring(sealed FROM 1 FOR 1) = ANY($2::bytea[])
LIMIT $3
FOR UPDATE SKIP LOCKED

-- name: reseal_digest_keys
UPDATE buyer_digest_key SET sealed = $2 WHERE only_one = $1

-- name: digest_keys_by_key
SELECT substring(sealed FROM 1 FOR 1) AS key, count(*) AS rows
FROM buyer_digest_key WHERE substring(sealed FROM 1 FOR 1) <> $1 GROUP BY 1
