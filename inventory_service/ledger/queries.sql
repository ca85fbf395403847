-- Every statement that the service sends to Postgres, grouped by who sends it.
--
-- Format:
--   -- name: query_name
--   -- what it is for
--   STATEMENT
--
-- Arrays of one length are rows: $1[i], $2[i], … is one of them. Statements with several rows get them sorted by key.

-- ── migrator.py ──────────────────────────────────────────────────────────────

-- name: has_schema_migrations
SELECT to_regclass('schema_migrations')

-- name: make_schema_migrations
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL, -- SHA-256 of the file
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: applied_migrations
SELECT name, checksum FROM schema_migrations ORDER BY name

-- name: note_migration
INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)

-- name: try_migration_lock
SELECT pg_try_advisory_lock($1)

-- name: release_migration_lock
SELECT pg_advisory_unlock($1)

-- name: limit_lock_waits
-- A migration that cannot have its lock gives up, instead of queueing every other statement behind it.
SET LOCAL lock_timeout = '5s'

-- ── writer.py ────────────────────────────────────────────────────────────────

-- name: claim_ledger
UPDATE ledger_offsets SET owner_epoch = owner_epoch + 1
WHERE partition = $1
RETURNING owner_epoch, epoch, seq, highest_epoch

-- name: claim_epoch
-- Only ever upwards; repeating it after a lost reply changes nothing.
UPDATE ledger_offsets SET highest_epoch = $2
WHERE partition = $1 AND owner_epoch = $3 AND highest_epoch <= $2

-- name: lock_offset
SELECT epoch, seq, owner_epoch FROM ledger_offsets WHERE partition = $1 FOR UPDATE

-- name: move_offset
-- Compare-and-set: exactly once (position) and fencing (owner_epoch) in one row.
UPDATE ledger_offsets
SET epoch = $5, seq = $6, highest_epoch = greatest(highest_epoch, $5), as_of_ms = $7
WHERE partition = $1 AND owner_epoch = $2 AND epoch = $3 AND seq = $4

-- name: known_reservations
-- Those of $1 that exist: an id that Redis took for new although it is not.
SELECT reservation_id FROM reservations WHERE reservation_id = ANY($1::text[])

-- name: add_applied_ids
-- Returns those that are new.
INSERT INTO applied_ids (digest, fingerprint, kind, seq, at_ms)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
ON CONFLICT (digest) DO NOTHING
RETURNING digest, seq

-- name: add_skus
INSERT INTO stock_skus (sku, safety_stock, warn_below, seq)
SELECT sku, 0, 0, seq FROM unnest($1::text[], $2::bigint[]) AS t (sku, seq)
ON CONFLICT (sku) DO NOTHING

-- name: set_levels
INSERT INTO stock_levels AS l (sku, warehouse, on_hand, held, committed, unavailable, incoming, counted_ms, seq)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::bigint[])
ON CONFLICT (sku, warehouse) DO UPDATE SET
    on_hand = excluded.on_hand, held = excluded.held, committed = excluded.committed,
    unavailable = excluded.unavailable, incoming = excluded.incoming,
    counted_ms = greatest(l.counted_ms, excluded.counted_ms), seq = excluded.seq

-- name: set_sku_policies
INSERT INTO stock_skus (sku, safety_stock, warn_below, seq)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
ON CONFLICT (sku) DO UPDATE SET
    safety_stock = excluded.safety_stock, warn_below = excluded.warn_below, seq = excluded.seq

-- name: set_level_policies
INSERT INTO stock_levels AS l (sku, warehouse, safety_stock, warn_below, seq)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
ON CONFLICT (sku, warehouse) DO UPDATE SET
    safety_stock = excluded.safety_stock, warn_below = excluded.warn_below, seq = greatest(l.seq, excluded.seq)

-- name: set_reservations
INSERT INTO reservations (reservation_id, opened_seq, seq, status, client, fingerprint, created_ms, deadline_ms,
                          confirmed_ms, ended_ms, channel, order_ref, customer_id, region, attributes, record)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                     $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[],
                     $15::text[], $16::bytea[])
ON CONFLICT (reservation_id) DO UPDATE SET
    seq = excluded.seq, status = excluded.status, client = excluded.client, fingerprint = excluded.fingerprint,
    created_ms = excluded.created_ms, deadline_ms = excluded.deadline_ms, confirmed_ms = excluded.confirmed_ms,
    ended_ms = excluded.ended_ms, channel = excluded.channel, order_ref = excluded.order_ref,
    customer_id = excluded.customer_id, region = excluded.region, attributes = excluded.attributes,
    record = excluded.record

-- name: drop_lines
DELETE FROM reservation_lines WHERE reservation_id = ANY($1::text[])

-- name: drop_allocations
DELETE FROM reservation_allocations WHERE reservation_id = ANY($1::text[])

-- name: add_lines
INSERT INTO reservation_lines (reservation_id, sku, requested, quantity, released)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])

-- name: add_allocations
INSERT INTO reservation_allocations (reservation_id, sku, warehouse, quantity, shipped, opened_seq)
SELECT a.reservation_id, a.sku, a.warehouse, a.quantity, a.shipped, r.opened_seq
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
    AS a (reservation_id, sku, warehouse, quantity, shipped)
JOIN reservations r USING (reservation_id)

-- name: add_exceptions
INSERT INTO scan_exceptions (seq, kind, code, state, client, scan_id, fingerprint, reservation_id, order_ref, channel,
                             warehouse, sku, quantity, fitted, payload, opened_ms)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::jsonb[], $15::text[],
                     $16::bigint[])

-- name: resolve_exceptions
-- A person may have closed it before: then their word stands.
UPDATE scan_exceptions e SET state = 'resolved', resolution = t.resolution, note = t.note, resolved_by = t.by,
                             resolved_ms = t.at_ms
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS t (seq, resolution, note, by, at_ms)
WHERE e.seq = t.seq AND e.state = 'open'

-- name: announce
SELECT pg_notify('inventory_ledger', $1)

-- ── alarms.py ────────────────────────────────────────────────────────────────

-- name: levels_to_judge
-- Levels that a flush touched, and all levels of SKUs whose default policy it changed, with the policy in force.
SELECT l.sku, l.warehouse, l.on_hand, l.held, l.committed, l.unavailable,
       CASE WHEN l.safety_stock < 0 THEN s.safety_stock ELSE l.safety_stock END AS safety_stock,
       CASE WHEN l.warn_below < 0 THEN s.warn_below ELSE l.warn_below END AS warn_below
FROM stock_levels l
LEFT JOIN stock_skus s USING (sku)
WHERE (l.sku, l.warehouse) IN (SELECT * FROM unnest($1::text[], $2::text[])) OR l.sku = ANY($3::text[])
ORDER BY l.sku, l.warehouse

-- name: orders_at_risk
-- Who is promised what may not be there, at each level: the newest promises first, since they are the likeliest to break.
SELECT d.sku, d.warehouse, p.reservation_id, p.order_ref, p.status, p.open
FROM unnest($1::text[], $2::text[]) AS d (sku, warehouse)
CROSS JOIN LATERAL (
    SELECT r.reservation_id, r.order_ref, r.status, a.quantity - a.shipped AS open
    FROM reservation_allocations a JOIN reservations r USING (reservation_id)
    WHERE a.sku = d.sku AND a.warehouse = d.warehouse AND a.quantity > a.shipped
      AND r.status IN ('held', 'confirmed', 'part_shipped')
    ORDER BY a.opened_seq DESC
    LIMIT $3
) p

-- name: raise_alerts
INSERT INTO alerts AS a (rule, cause, state, count, detail, opened_ms, last_ms)
SELECT rule, cause, 'open', count, detail, at_ms, at_ms
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[], $5::bigint[]) AS t (rule, cause, count, detail, at_ms)
ON CONFLICT (rule, cause) WHERE state <> 'closed' DO UPDATE SET
    count = a.count + excluded.count, detail = excluded.detail, last_ms = excluded.last_ms

-- name: refresh_alerts
-- The same alarm with newer figures.
UPDATE alerts a SET detail = t.detail
FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS t (rule, cause, detail)
WHERE a.rule = t.rule AND a.cause = t.cause AND a.state <> 'closed'

-- name: close_alerts
UPDATE alerts a SET state = 'closed', last_ms = $3
FROM unnest($1::text[], $2::text[]) AS t (rule, cause)
WHERE a.rule = t.rule AND a.cause = t.cause AND a.state <> 'closed'

