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

-- name: try_turn_lock
-- Held by its session.
SELECT pg_try_advisory_lock($1)

-- name: turn_is_taken
-- An advisory lock's key stands in two halves: classid the upper, objid the lower.
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint = $1 AND objid::bigint = $2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))

-- name: shops_to_call
-- Switched on, and somebody has ever set a credential.
SELECT count(*) FROM shops s WHERE s.enabled AND EXISTS (SELECT FROM shop_credentials c WHERE c.shop = s.shop)

-- name: limit_lock_waits
-- A migration that cannot have its lock gives up, instead of queueing every other statement behind it.
SET LOCAL lock_timeout = '5s'

-- ── writer.py ────────────────────────────────────────────────────────────────

-- name: claim_ledger
UPDATE ledger_offsets SET owner_epoch = owner_epoch + 1
WHERE partition = $1
RETURNING owner_epoch, epoch, seq, highest_epoch, opened_epoch

-- name: standing
SELECT owner_epoch, epoch, seq, highest_epoch, opened_epoch FROM ledger_offsets WHERE partition = $1

-- name: note_opening
UPDATE ledger_offsets SET opened_epoch = greatest(opened_epoch, $2)
WHERE partition = $1 AND owner_epoch = $3

-- name: claim_epoch
-- Only ever upwards; repeating it after a lost reply changes nothing.
UPDATE ledger_offsets SET highest_epoch = $2
WHERE partition = $1 AND owner_epoch = $3 AND highest_epoch <= $2

-- name: lock_offset
SELECT epoch, seq, owner_epoch, as_of_ms FROM ledger_offsets WHERE partition = $1 FOR UPDATE

-- name: move_offset
-- Compare-and-set: exactly once (position) and fencing (owner_epoch) in one row.
UPDATE ledger_offsets
SET epoch = $5, seq = $6, highest_epoch = greatest(highest_epoch, $5), as_of_ms = $7
WHERE partition = $1 AND owner_epoch = $2 AND epoch = $3 AND seq = $4

-- name: record_gap
INSERT INTO ledger_gaps (partition, before_epoch, before_seq, after_epoch, after_seq, at_ms)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: known_reservations
-- Those that were there before: an id that Redis took for new although it is not.
SELECT t.reservation_id, t.seq, r.opened_seq, r.ended_ms
FROM unnest($1::text[], $2::bigint[]) AS t (reservation_id, seq)
JOIN reservations r ON r.reservation_id = t.reservation_id AND r.opened_seq < t.seq

-- name: known_transfers
SELECT transfer_id, opened_seq, record FROM transfers WHERE transfer_id = ANY($1::text[])

-- name: add_applied_ids
-- Returns those that are new.
INSERT INTO applied_ids (digest, fingerprint, kind, seq, at_ms)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
ON CONFLICT (digest) DO NOTHING
RETURNING digest, seq

-- name: first_uses
SELECT digest, fingerprint, seq, at_ms FROM applied_ids WHERE digest = ANY($1::text[])

-- name: add_duplicate_ids
INSERT INTO duplicate_ids (seq, kind, name, cause, first_seq, age_ms, promised, state)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[],
                     $8::text[])
ON CONFLICT (seq) DO NOTHING

-- name: dismiss_parked_again
-- A scan that is parked a second time would be applied a second time.
UPDATE scan_exceptions SET state = 'resolved', resolution = 'dismissed', note = 'This scan was parked before.',
                           resolved_by = client, resolved_ms = opened_ms
WHERE seq = ANY($1::bigint[]) AND state = 'open'

-- name: add_skus
INSERT INTO stock_skus (sku, safety_stock, warn_below, seq)
SELECT sku, 0, 0, seq FROM unnest($1::text[], $2::bigint[]) AS t (sku, seq)
ON CONFLICT (sku) DO NOTHING

-- name: levels_before
SELECT l.sku, l.warehouse, l.seq, l.on_hand, l.held, l.committed, l.unavailable, l.incoming
FROM unnest($1::text[], $2::text[]) AS t (sku, warehouse) JOIN stock_levels l USING (sku, warehouse)

-- name: set_levels
INSERT INTO stock_levels AS l (sku, warehouse, on_hand, held, committed, unavailable, incoming, counted_ms, seq)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::bigint[])
ON CONFLICT (sku, warehouse) DO UPDATE SET
    on_hand = excluded.on_hand, held = excluded.held, committed = excluded.committed,
    unavailable = excluded.unavailable, incoming = excluded.incoming,
    counted_ms = greatest(l.counted_ms, excluded.counted_ms), seq = excluded.seq

-- name: set_arrivals
-- Of levels that `set_levels` has made.
UPDATE stock_levels l SET arrivals = t.arrivals
FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS t (sku, warehouse, arrivals)
WHERE l.sku = t.sku AND l.warehouse = t.warehouse

-- name: set_in_transit
UPDATE stock_levels l SET in_transit = t.in_transit
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS t (sku, warehouse, in_transit)
WHERE l.sku = t.sku AND l.warehouse = t.warehouse

-- name: set_transfer
INSERT INTO transfers AS t (transfer_id, opened_seq, seq, state, origin, destination, skus, record)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7)
ON CONFLICT (transfer_id) DO UPDATE SET
    seq = excluded.seq, state = excluded.state, origin = excluded.origin, destination = excluded.destination,
    skus = excluded.skus, record = excluded.record
WHERE t.seq < excluded.seq

-- name: set_sku_policies
INSERT INTO stock_skus (sku, safety_stock, warn_below, preorder_limit, thresholds, seq)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::jsonb[], $6::bigint[])
ON CONFLICT (sku) DO UPDATE SET
    safety_stock = excluded.safety_stock, warn_below = excluded.warn_below,
    preorder_limit = excluded.preorder_limit, thresholds = excluded.thresholds, seq = excluded.seq

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

-- name: drop_dispatches
DELETE FROM dispatches WHERE reservation_id = ANY($1::text[])

-- name: add_dispatches
INSERT INTO dispatches (reservation_id, warehouse, day) SELECT * FROM unnest($1::text[], $2::text[], $3::integer[])

-- name: places_since
SELECT warehouse, day, count(*) AS taken FROM dispatches WHERE day >= $1 GROUP BY warehouse, day

-- name: add_lines
INSERT INTO reservation_lines (reservation_id, sku, requested, quantity, released, opened_seq)
SELECT l.reservation_id, l.sku, l.requested, l.quantity, l.released, r.opened_seq
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
    AS l (reservation_id, sku, requested, quantity, released)
JOIN reservations r USING (reservation_id)

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
ON CONFLICT (seq) DO NOTHING

-- name: resolve_exceptions
-- A person may have closed it before: then their word stands.
UPDATE scan_exceptions e SET state = 'resolved', resolution = t.resolution, note = t.note, resolved_by = t.by,
                             resolved_ms = t.at_ms
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS t (seq, resolution, note, by, at_ms)
WHERE e.seq = t.seq AND e.state = 'open'

-- name: subjects_aside
SELECT kind, name FROM quarantined_subjects

-- name: set_aside
INSERT INTO quarantined_subjects (kind, name, seq, reason, skus, at_ms) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (kind, name) DO UPDATE SET seq = least(quarantined_subjects.seq, excluded.seq)

-- name: quarantined
SELECT kind, name, seq, reason, skus, at_ms FROM quarantined_subjects ORDER BY kind, name

-- name: readmit
DELETE FROM quarantined_subjects WHERE kind = $1 AND name = $2

-- name: entries_from
-- All that hold event $2 or one behind it.
SELECT epoch, seq, before_epoch, before_seq, at_ms, events FROM ledger_entries
WHERE partition = $1 AND seq >= $2
ORDER BY seq

-- name: drop_events
DELETE FROM ledger_events WHERE partition = $1 AND seq = ANY($2::bigint[])

-- name: drop_changes
DELETE FROM stock_changes WHERE partition = $1 AND seq = ANY($2::bigint[]) AND sku = ANY($3::text[])

-- name: drop_reservations
-- Those that the events open, not the earlier life of an id that came back.
DELETE FROM reservations r USING unnest($1::text[], $2::bigint[]) AS t (reservation_id, seq)
WHERE r.reservation_id = t.reservation_id AND r.opened_seq >= t.seq

-- name: stay_aside
-- Replayed up to here, and no further.
UPDATE quarantined_subjects SET seq = $3, reason = $4 WHERE kind = $1 AND name = $2

-- name: announce
-- With what is quarantined by now, in one number: whoever hears another one than it knows has to look.
SELECT pg_notify('inventory_ledger', $1::text || ' ' || coalesce(sum(hashtextextended(kind || ' ' || name, 0)), 0))
FROM quarantined_subjects

-- ── alarms.py ────────────────────────────────────────────────────────────────

-- name: levels_to_judge
-- Levels that a flush touched, and all levels of SKUs whose default policy it changed, with the policy in force.
SELECT l.sku, l.warehouse, l.on_hand, l.held, l.committed, l.unavailable,
       CASE WHEN l.safety_stock < 0 THEN coalesce(s.safety_stock, 0) ELSE l.safety_stock END AS safety_stock,
       CASE WHEN l.warn_below < 0 THEN coalesce(s.warn_below, 0) ELSE l.warn_below END AS warn_below,
       coalesce(s.preorder_limit, -1) AS preorder_limit, l.arrivals
FROM (
    SELECT * FROM unnest($1::text[], $2::text[]) AS t (sku, warehouse)
    UNION
    SELECT sku, warehouse FROM stock_levels WHERE sku = ANY($3::text[])
) touched
JOIN stock_levels l USING (sku, warehouse)
LEFT JOIN stock_skus s USING (sku)
ORDER BY l.sku, l.warehouse

-- name: orders_at_risk
-- Who is promised what may not be there, at each level: the newest promises first, since they are the likeliest to break.
-- Expired holds keep their rows: of those that are not shipped only the newest 2,000 are looked at, whatever the level has.
SELECT d.sku, d.warehouse, p.reservation_id, p.order_ref, p.status, p.open
FROM unnest($1::text[], $2::text[]) AS d (sku, warehouse)
CROSS JOIN LATERAL (
    SELECT r.reservation_id, r.order_ref, r.status, a.quantity - a.shipped AS open
    FROM (SELECT * FROM reservation_allocations n
          WHERE n.sku = d.sku AND n.warehouse = d.warehouse AND n.quantity > n.shipped
          ORDER BY n.opened_seq DESC
          LIMIT 2000) a
    JOIN reservations r USING (reservation_id)
    WHERE r.status IN ('held', 'confirmed', 'part_shipped')
    ORDER BY a.opened_seq DESC
    LIMIT $3
) p

-- name: raise_alerts
INSERT INTO alerts AS a (rule, cause, state, count, detail, opened_ms, last_ms)
SELECT rule, cause, 'open', count, detail, at_ms, at_ms
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[], $5::bigint[]) AS t (rule, cause, count, detail, at_ms)
ON CONFLICT (rule, cause) WHERE state <> 'closed' DO UPDATE SET
    count = a.count + excluded.count, detail = excluded.detail, last_ms = excluded.last_ms

-- name: raise_alert_anew
-- As `raise_alerts`, of one: also whoever has acknowledged it, or was told of it, hears of it again.
WITH raised AS (
    INSERT INTO alerts AS a (rule, cause, state, count, detail, opened_ms, last_ms)
    VALUES ($1, $2, 'open', 1, $3, $4, $4)
    ON CONFLICT (rule, cause) WHERE state <> 'closed' DO UPDATE SET
        state = 'open', acknowledged_by = '',
        count = a.count + 1, detail = excluded.detail, last_ms = excluded.last_ms
    RETURNING alert_id)
UPDATE notice_alarms n SET told = false FROM raised r WHERE n.alert_id = r.alert_id

-- name: refresh_alerts
-- The same alarm with newer figures.
UPDATE alerts a SET detail = t.detail
FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS t (rule, cause, detail)
WHERE a.rule = t.rule AND a.cause = t.cause AND a.state <> 'closed'

-- name: close_alerts
UPDATE alerts a SET state = 'closed', last_ms = $3
FROM unnest($1::text[], $2::text[]) AS t (rule, cause)
WHERE a.rule = t.rule AND a.cause = t.cause AND a.state <> 'closed'

-- name: close_alerts_of_rule
UPDATE alerts SET state = 'closed', last_ms = $2 WHERE rule = $1 AND state <> 'closed'

-- name: close_other_alerts
UPDATE alerts SET state = 'closed', last_ms = $3 WHERE rule = $1 AND state <> 'closed' AND NOT cause = ANY($2::text[])

-- name: close_quiet_alerts
UPDATE alerts SET state = 'closed', last_ms = $3 WHERE rule = $1 AND state <> 'closed' AND last_ms < $2

-- name: newest_open_alert
SELECT detail FROM alerts WHERE rule = $1 AND state <> 'closed' ORDER BY alert_id DESC LIMIT 1

-- ── totals.py ────────────────────────────────────────────────────────────────

-- name: totals_to_judge
-- Of the SKUs $1 those that warn of their total or of a channel, and those in $2 that may have done so until now:
-- what the warehouses that sell have, and which of these alarms are open. A threshold's last field is `warn_below`.
SELECT s.sku,
       (SELECT coalesce(sum(greatest(0, l.on_hand - l.held - l.committed - l.unavailable
                                        - CASE WHEN l.safety_stock < 0 THEN s.safety_stock ELSE l.safety_stock END)), 0)
        FROM stock_levels l JOIN warehouses w ON w.code = l.warehouse
        WHERE l.sku = s.sku AND w.enabled AND w.kind <> 'in_transit')::bigint AS available,
       s.thresholds,
       ARRAY(SELECT a.cause FROM alerts a
             WHERE a.rule = $3 AND a.state <> 'closed' AND a.cause >= s.sku AND a.cause < s.sku || '!'
               AND (a.cause = s.sku OR starts_with(a.cause, s.sku || ' channel '))) AS open
FROM stock_skus s
WHERE s.sku = ANY($1::text[]) AND (s.thresholds @? '$[*][5] ? (@ > 0)' OR s.sku = ANY($2::text[]))
ORDER BY s.sku

-- ── snapshots.py ─────────────────────────────────────────────────────────────

-- name: deployment
SELECT deployment_id FROM deployment

-- name: ledger_position
SELECT epoch, seq, highest_epoch FROM ledger_offsets WHERE partition = $1

-- name: has_entry
-- Or a recorded gap, behind which the ledger goes on.
SELECT EXISTS (SELECT FROM ledger_entries WHERE partition = $1 AND epoch = $2 AND seq = $3)
    OR EXISTS (SELECT FROM ledger_gaps WHERE partition = $1 AND after_epoch = $2 AND after_seq = $3)

-- name: postgres_now
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint

-- name: gaps
SELECT before_epoch, before_seq, after_epoch, after_seq, at_ms FROM ledger_gaps WHERE partition = $1 ORDER BY after_seq

-- name: all_stock
SELECT s.sku, s.safety_stock AS default_safety_stock, s.warn_below AS default_warn_below, s.seq AS sku_seq,
       l.warehouse, l.on_hand, l.held, l.committed, l.unavailable, l.incoming, l.safety_stock, l.warn_below,
       l.counted_ms, l.seq, s.preorder_limit, s.thresholds, l.arrivals, l.in_transit
FROM stock_skus s LEFT JOIN stock_levels l USING (sku)
ORDER BY s.sku, l.warehouse

-- name: stocks_of
SELECT s.sku, s.safety_stock AS default_safety_stock, s.warn_below AS default_warn_below, s.seq AS sku_seq,
       l.warehouse, l.on_hand, l.held, l.committed, l.unavailable, l.incoming, l.safety_stock, l.warn_below,
       l.counted_ms, l.seq, s.preorder_limit, s.thresholds, l.arrivals, l.in_transit, (SELECT max(as_of_ms) FROM ledger_offsets) AS as_of_ms
FROM stock_skus s LEFT JOIN stock_levels l USING (sku)
WHERE s.sku = ANY($1::text[])
ORDER BY s.sku, l.warehouse

-- name: open_transfers
SELECT transfer_id, record FROM transfers WHERE state IN ('draft', 'in_transit') ORDER BY transfer_id

-- name: transfers_of
SELECT transfer_id, record FROM transfers WHERE transfer_id = ANY($1::text[])

-- name: list_transfers
SELECT transfer_id, opened_seq, record FROM transfers
WHERE opened_seq < $1 AND ($3 = '' OR state = $3) AND ($4 = '' OR origin = $4) AND ($5 = '' OR destination = $5)
  AND ($6 = '' OR $6 = ANY(skus))
ORDER BY opened_seq DESC
LIMIT $2

-- name: open_reservations
SELECT reservation_id, record FROM reservations
WHERE status IN ('held', 'confirmed', 'part_shipped')
ORDER BY reservation_id

-- name: ended_reservations
SELECT reservation_id, fingerprint, ended_ms FROM reservations
WHERE ended_ms > 0 AND ended_ms >= $1
  AND status NOT IN ('held', 'confirmed', 'part_shipped')

-- name: applied_since
SELECT digest, fingerprint, at_ms FROM applied_ids WHERE at_ms >= $1

-- name: audited_entries
SELECT e.epoch, e.seq, e.before_epoch, e.before_seq, e.at_ms, e.events,
       (SELECT count(*) FROM ledger_events v
        WHERE v.partition = e.partition AND v.epoch = e.epoch AND v.seq > e.before_seq AND v.seq <= e.seq) AS event_rows,
       (SELECT count(*) FROM stock_changes c
        WHERE c.partition = e.partition AND c.seq > e.before_seq AND c.seq <= e.seq) AS change_rows
FROM ledger_entries e
WHERE e.partition = $1
ORDER BY e.seq

-- name: audited_changes
-- `ahead`: the SKU was ever sold ahead of what is on its way.
WITH ahead AS MATERIALIZED (
    SELECT DISTINCT subject AS sku FROM ledger_events
    WHERE partition = $1 AND type = 'policy' AND (details ->> 'preorder_limit')::bigint >= 0)
SELECT seq, type, sku IN (SELECT sku FROM ahead) AS ahead, sku, warehouse, on_hand_delta, held_delta, committed_delta, unavailable_delta, incoming_delta,
       on_hand, held, committed, unavailable, incoming
FROM stock_changes
WHERE partition = $1
ORDER BY sku, seq, n

-- name: transitions
-- Events that left a reservation behind them: all but scans that touched none.
SELECT e.subject, e.seq, e.type, e.status, d.seq IS NOT NULL AS reopened
FROM ledger_events e LEFT JOIN duplicate_ids d ON d.seq = e.seq AND d.kind = 'reserve' AND NOT d.promised
WHERE e.partition = $1 AND e.status <> ''
ORDER BY e.subject, e.seq

-- name: promises
SELECT a.sku, a.warehouse,
       coalesce(sum(a.quantity - a.shipped) FILTER (WHERE r.status = 'held'), 0)::bigint AS held,
       coalesce(sum(a.quantity - a.shipped) FILTER (WHERE r.status <> 'held'), 0)::bigint AS committed
FROM reservation_allocations a JOIN reservations r USING (reservation_id)
WHERE r.status IN ('held', 'confirmed', 'part_shipped')
GROUP BY a.sku, a.warehouse
ORDER BY a.sku, a.warehouse

-- name: records_of
SELECT reservation_id, record FROM reservations WHERE reservation_id = ANY($1::text[])

-- name: all_duplicate_ids
SELECT seq, kind, name, promised, state FROM duplicate_ids ORDER BY seq

-- name: open_allocations
SELECT reservation_id, sku, warehouse, quantity - shipped FROM reservation_allocations
WHERE reservation_id = ANY($1::text[]) AND quantity > shipped

-- name: known_skus
SELECT sku FROM stock_skus WHERE sku = ANY($1::text[])

-- ── arrival.py, reader.py, case_book.py ──────────────────────────────────────

-- name: ledger_arrival
-- `aside` is all that is quarantined, NULL: that is what $2 says.
SELECT o.epoch, o.seq, o.highest_epoch, q.quarantine, CASE WHEN q.quarantine <> $2 THEN q.aside END AS aside
FROM ledger_offsets o
CROSS JOIN (SELECT coalesce(sum(hashtextextended(kind || ' ' || name, 0)), 0)::text AS quarantine,
                   coalesce(array_agg(ARRAY[kind, name]), '{}') AS aside
            FROM quarantined_subjects) q
WHERE o.partition = $1

-- Conditions that do not filter are '' (or -1). The pool plans each call with its values, so they cost nothing.

-- name: list_reservations
SELECT reservation_id, opened_seq, record FROM reservations
WHERE opened_seq < $1
  AND ($3 = '' OR status = $3) AND ($4 = '' OR order_ref = $4) AND ($5 = '' OR customer_id = $5)
ORDER BY opened_seq DESC
LIMIT $2

-- name: list_reservations_of_sku
SELECT r.reservation_id, r.opened_seq, r.record
FROM reservation_lines l JOIN reservations r USING (reservation_id)
WHERE l.sku = $6 AND l.opened_seq < $1
  AND ($3 = '' OR r.status = $3) AND ($4 = '' OR r.order_ref = $4) AND ($5 = '' OR r.customer_id = $5)
  AND ($7 = '' OR EXISTS (SELECT FROM reservation_allocations a
                          WHERE a.reservation_id = l.reservation_id AND a.sku = l.sku AND a.warehouse = $7))
ORDER BY l.opened_seq DESC
LIMIT $2

-- name: list_reservations_of_warehouse
SELECT r.reservation_id, r.opened_seq, r.record
FROM reservations r
JOIN (SELECT DISTINCT a.reservation_id, a.opened_seq
      FROM reservation_allocations a JOIN reservations o USING (reservation_id)
      WHERE a.warehouse = $6 AND a.opened_seq < $1
        AND ($3 = '' OR o.status = $3) AND ($4 = '' OR o.order_ref = $4) AND ($5 = '' OR o.customer_id = $5)
      ORDER BY a.opened_seq DESC
      LIMIT $2) p USING (reservation_id)
ORDER BY r.opened_seq DESC

-- name: decision_of
-- The basis may stand in another event of the same entry.
SELECT e.type, e.at_ms, e.details ->> 'verdicts' AS verdicts,
       coalesce(nullif(e.details ->> 'basis', ''),
                (SELECT b.details ->> 'basis' FROM ledger_events b
                 WHERE b.partition = e.partition AND b.seq = (e.details ->> 'basis_seq')::bigint)) AS basis,
       (SELECT jsonb_agg(jsonb_build_array(c.sku, c.warehouse, c.held_delta + c.committed_delta) ORDER BY c.n)
        FROM stock_changes c
        WHERE c.partition = e.partition AND c.seq = e.seq AND c.held_delta + c.committed_delta > 0) AS units
FROM ledger_events e
WHERE e.partition = 0 AND e.subject = $1 AND e.type = ANY($2::text[])
ORDER BY e.seq DESC
LIMIT 1

-- name: open_at_warehouse
SELECT DISTINCT a.opened_seq, a.reservation_id
FROM reservation_allocations a JOIN reservations r USING (reservation_id)
WHERE a.warehouse = $1 AND a.opened_seq > $2 AND a.quantity > a.shipped
  AND r.status IN ('held', 'confirmed', 'part_shipped')
ORDER BY a.opened_seq
LIMIT $3

-- name: reservations_of_orders
-- For each pair of order_ref and channel ('': any) its newest reservations, at most $3.
SELECT asked.order_ref, asked.channel, found.reservation_id
FROM unnest($1::text[], $2::text[]) AS asked (order_ref, channel)
CROSS JOIN LATERAL (
    SELECT r.reservation_id, r.opened_seq FROM reservations r
    WHERE r.order_ref = asked.order_ref AND r.order_ref <> '' AND (asked.channel = '' OR r.channel = asked.channel)
    ORDER BY r.opened_seq DESC
    LIMIT $3
) AS found
ORDER BY found.opened_seq DESC

-- name: list_skus
-- `available` counts only warehouses that sell, as everywhere.
SELECT s.sku FROM stock_skus s
WHERE s.sku > $1
  AND (cardinality($3::text[]) = 0 OR s.sku = ANY($3::text[]))
  AND ($4 = '' OR EXISTS (SELECT FROM stock_levels l WHERE l.sku = s.sku AND l.warehouse = $4))
  AND ($5::bigint < 0 OR $5::bigint > (
      SELECT coalesce(sum(greatest(0, l.on_hand - l.held - l.committed - l.unavailable
                                      - CASE WHEN l.safety_stock < 0 THEN s.safety_stock ELSE l.safety_stock END)), 0)
      FROM stock_levels l JOIN warehouses w ON w.code = l.warehouse
      WHERE l.sku = s.sku AND ($4 = '' OR l.warehouse = $4) AND w.enabled AND w.kind <> 'in_transit'))
ORDER BY s.sku
LIMIT $2

-- name: list_stock_events
SELECT seq, n, sku, warehouse, on_hand_delta, held_delta, committed_delta, unavailable_delta, incoming_delta,
       on_hand, held, committed, unavailable, incoming, type, reason, reference, reservation_id, client, at_ms
FROM stock_changes
WHERE sku = $1 AND ($2 = '' OR warehouse = $2) AND (seq, n) < ($3, $4)
ORDER BY seq DESC, n DESC
LIMIT $5

-- name: list_exceptions
SELECT * FROM scan_exceptions
WHERE seq < $1 AND ($3 = '' OR state = $3)
ORDER BY seq DESC
LIMIT $2

-- name: exception
SELECT * FROM scan_exceptions WHERE seq = $1

-- name: list_alerts
SELECT * FROM alerts
WHERE alert_id < $1 AND ($3 = '' OR state = $3)
ORDER BY alert_id DESC
LIMIT $2

-- name: applied_among
SELECT digest, fingerprint, kind FROM applied_ids WHERE digest = ANY($1::text[])

-- name: resolve_exception
-- Applying and reversing are events: the writer may have closed the exception with one before this call did, without
-- the person's words. Then they are added.
UPDATE scan_exceptions SET state = 'resolved', resolution = $2, note = $3, resolved_by = $4, resolved_ms = $5
WHERE seq = $1 AND (state = 'open' OR (resolution = $2 AND $2 <> 'dismissed' AND note = ''))

-- name: acknowledge_alert
-- Whoever came first stays named.
UPDATE alerts SET
    state = CASE WHEN state = 'open' THEN 'acknowledged' ELSE state END,
    acknowledged_by = CASE WHEN state = 'open' THEN $2 ELSE acknowledged_by END
WHERE alert_id = $1
RETURNING *

-- name: parked_candidates
-- A reused id and a malformed scan wait for a person; the others for what they name. Each look-up is one of an index: as
-- conditions of one CASE they read every reservation there ever was, for every scan that waits.
-- Of an order of a channel it is the newest, as for a scan that comes now (`usecases/scan_ties.py`).
SELECT e.*, found.newest AS tied_to
FROM scan_exceptions e
CROSS JOIN LATERAL (
    SELECT count(*) AS names, (array_agg(r.reservation_id ORDER BY r.opened_seq DESC))[1] AS newest,
           bool_and(r.reservation_id = e.order_ref OR starts_with(r.reservation_id, e.order_ref || '.')) AS attempts
    FROM ((SELECT n.reservation_id, n.opened_seq FROM reservations n WHERE n.reservation_id = e.reservation_id)
          UNION ALL
          (SELECT o.reservation_id, o.opened_seq FROM reservations o
           WHERE e.reservation_id = '' AND o.order_ref = e.order_ref AND o.order_ref <> ''
             AND (e.channel = '' OR o.channel = e.channel)
           ORDER BY o.opened_seq DESC
           LIMIT 2)) r
) found
WHERE e.kind = 'parked' AND e.state = 'open' AND e.quantity > 0
  AND e.code IN ('unknown_reservation', 'ambiguous_order_ref', 'unknown_warehouse', 'unknown_sku')
  AND (found.names = 1 OR (found.attempts AND EXISTS (SELECT FROM orders o WHERE o.order_no = e.order_ref)))
  AND EXISTS (SELECT FROM warehouses w WHERE w.code = e.warehouse)
  AND EXISTS (SELECT FROM stock_skus s WHERE s.sku = e.sku)
ORDER BY e.seq
LIMIT $1

-- ── duplicate_book.py ────────────────────────────────────────────────────────

-- name: uncompensated
-- A movement changes one level; a scan names its own, beside promises that it may have taken elsewhere.
SELECT d.seq, d.kind, d.name, e.details, coalesce(e.details ->> 'sku', c.sku) AS sku,
       coalesce(e.details ->> 'warehouse', c.warehouse) AS warehouse, c.on_hand_delta AS delta
FROM duplicate_ids d
JOIN ledger_events e ON e.partition = 0 AND e.seq = d.seq
JOIN stock_changes c ON c.partition = 0 AND c.seq = d.seq AND c.n = 0
WHERE d.state = 'open'
ORDER BY d.seq
LIMIT $1

-- name: settle_duplicate
WITH settled AS (UPDATE duplicate_ids SET state = $2 WHERE seq = $1 AND state = 'open' RETURNING cause)
UPDATE alerts a SET detail = a.detail || jsonb_build_object('state', $2::text, 'compensation', $3::text)
FROM settled s
WHERE a.rule = $4 AND a.cause = s.cause AND a.state <> 'closed' AND (a.detail ->> 'seq')::bigint = $1

-- ── difference_book.py ───────────────────────────────────────────────────────

-- name: skus_after
SELECT sku AS name FROM stock_skus WHERE sku > $1 ORDER BY sku LIMIT $2

-- name: open_reservations_after
SELECT reservation_id AS name FROM reservations
WHERE reservation_id > $1 AND status IN ('held', 'confirmed', 'part_shipped')
ORDER BY reservation_id
LIMIT $2

-- name: newest_events_of_sku
SELECT e.seq, e.at_ms, e.type, e.subject, e.status, c.changes
FROM (SELECT n.seq, jsonb_agg(to_jsonb(n) - 'seq' - 'sku') AS changes
      FROM (SELECT seq, sku, warehouse, on_hand_delta, held_delta, committed_delta, unavailable_delta, incoming_delta,
                   on_hand, held, committed, unavailable, incoming
            FROM stock_changes WHERE sku = $1 ORDER BY seq DESC, n DESC LIMIT $2) n
      GROUP BY n.seq) c
JOIN ledger_events e ON e.partition = 0 AND e.seq = c.seq
ORDER BY e.seq DESC

-- name: newest_events_of_reservation
SELECT e.seq, e.at_ms, e.type, e.subject, e.status,
       (SELECT jsonb_agg(to_jsonb(c) - 'seq') FROM (
            SELECT seq, sku, warehouse, on_hand_delta, held_delta, committed_delta FROM stock_changes
            WHERE partition = 0 AND seq = e.seq ORDER BY n LIMIT 10) c) AS changes
FROM ledger_events e
WHERE e.subject = $1
ORDER BY e.seq DESC
LIMIT $2

-- name: open_causes
SELECT cause FROM alerts WHERE rule = $1 AND state <> 'closed' AND starts_with(cause, $2) ORDER BY alert_id LIMIT $3

-- ── figures.py ───────────────────────────────────────────────────────────────

-- name: count_open_alerts
SELECT rule, count(*) AS times FROM (SELECT rule FROM alerts WHERE state <> 'closed' LIMIT $1) a GROUP BY rule

-- name: open_deficit
-- From the alarms, one per level, whose figures go with every flush: looking at all levels would read the whole table.
SELECT count(*) AS levels, coalesce(sum((detail ->> 'deficit')::bigint), 0)::bigint AS units
FROM (SELECT detail FROM alerts WHERE rule = 'deficit' AND state <> 'closed' LIMIT $1) a

-- name: count_open_exceptions
SELECT kind, code, count(*) AS times
FROM (SELECT kind, code FROM scan_exceptions WHERE state = 'open' LIMIT $1) e GROUP BY kind, code

-- ── notice_book.py ───────────────────────────────────────────────────────────

-- name: drop_threads_of_other_sinks
DELETE FROM notice_threads WHERE NOT sink = ANY($1::text[])

-- name: drop_notices_of_other_sinks
DELETE FROM notices WHERE sent_ms = 0 AND NOT sink = ANY($1::text[])

-- name: take_up_notices
-- Whoever sent them has died since: perhaps they arrived, hence once more.
UPDATE notices SET under_way = false WHERE sent_ms = 0 AND under_way

-- name: newest_alert
SELECT coalesce(max(alert_id), 0)::bigint FROM alerts

-- name: begin_notice_position
-- What was over before anybody listened is not told.
INSERT INTO notice_position (alert_id) VALUES ($1) ON CONFLICT (only_one) DO NOTHING

-- name: set_notice_position
UPDATE notice_position SET alert_id = greatest(alert_id, $1)

-- name: unseen_alerts
SELECT a.alert_id, a.rule, a.detail FROM alerts a
WHERE (a.state <> 'closed'
       OR (a.alert_id > (SELECT p.alert_id FROM notice_position p) AND a.last_ms - a.opened_ms >= $1))
  AND NOT EXISTS (SELECT FROM notice_alarms n WHERE n.alert_id = a.alert_id)
ORDER BY a.alert_id LIMIT $2

-- name: see_thread
-- The row is locked until its alarms are added: it cannot end in between.
INSERT INTO notice_threads AS t (sink, alarm, person, mobile, email, severity, seen_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (sink, alarm, person) DO UPDATE SET seen_ms = t.seen_ms
RETURNING thread_id

-- name: see_alarms
INSERT INTO notice_alarms (alert_id, thread_id) SELECT unnest($2::bigint[]), $1 ON CONFLICT DO NOTHING

-- name: note_calm
UPDATE notice_threads t SET calm_ms = CASE WHEN s.open THEN 0 ELSE $1::bigint END
FROM (SELECT t.thread_id, EXISTS (SELECT FROM notice_alarms n JOIN alerts a USING (alert_id)
                                  WHERE n.thread_id = t.thread_id AND a.state <> 'closed') AS open
      FROM notice_threads t) s
WHERE s.thread_id = t.thread_id AND s.open = (t.calm_ms <> 0)

-- name: standings
-- Of those that were told lately nothing can be due. $2: later is a time only where the clock was set back since.
SELECT t.*,
       EXISTS (SELECT FROM notice_alarms n JOIN alerts a USING (alert_id)
               WHERE n.thread_id = t.thread_id AND NOT n.told AND a.state <> 'closed') AS fresh,
       EXISTS (SELECT FROM notice_alarms n JOIN alerts a USING (alert_id)
               WHERE n.thread_id = t.thread_id AND a.state = 'open') AS waits,
       CASE WHEN t.told_ms = 0 THEN
           (SELECT coalesce(max(a.last_ms - a.opened_ms), 0) FROM notice_alarms n JOIN alerts a USING (alert_id)
            WHERE n.thread_id = t.thread_id AND a.state = 'closed') ELSE 0 END AS longest_ms
FROM notice_threads t
WHERE (t.told_ms = 0 OR t.calm_ms > 0 OR t.told_ms <= $1 OR t.told_ms > $2)
  AND NOT EXISTS (SELECT FROM notices p WHERE p.thread_id = t.thread_id AND p.sent_ms = 0)
ORDER BY t.thread_id

-- name: take_thread
-- Nothing is returned where another worker told, or ended it meanwhile.
UPDATE notice_threads SET told_ms = $3 WHERE thread_id = $1 AND told_ms = $2 RETURNING thread_id

-- name: count_alarms_of_thread
SELECT count(*) FILTER (WHERE a.state <> 'closed') AS open,
       count(*) FILTER (WHERE a.state = 'closed' AND n.told) AS ended,
       count(*) AS all,
       min(a.opened_ms) FILTER (WHERE a.state <> 'closed' OR $2) AS since_ms
FROM notice_alarms n JOIN alerts a USING (alert_id)
WHERE n.thread_id = $1

-- name: name_alarms_of_thread
-- Those that were not told yet first. $2: also those that are over.
SELECT a.cause, a.opened_ms, a.detail FROM notice_alarms n JOIN alerts a USING (alert_id)
WHERE n.thread_id = $1 AND (a.state <> 'closed' OR $2)
ORDER BY n.told, a.alert_id LIMIT $3

-- name: add_notice
INSERT INTO notices (thread_id, sink, content, written_ms, due_ms) VALUES ($1, $2, $3, $4, $4)

-- name: alarms_are_told
UPDATE notice_alarms SET told = true WHERE thread_id = $1 AND NOT told

-- name: closed_alarms_leave
DELETE FROM notice_alarms n USING alerts a
WHERE n.thread_id = $1 AND a.alert_id = n.alert_id AND a.state = 'closed'

-- name: end_thread
DELETE FROM notice_threads WHERE thread_id = $1

-- name: clear_sent_notices
DELETE FROM notices WHERE sent_ms > 0 AND sent_ms < $1

-- name: notices_tried_since
SELECT tried_ms FROM notices WHERE sink = $1 AND tried_ms > $2 ORDER BY tried_ms

-- name: claim_notice
-- $4: as $2 of `standings`.
UPDATE notices SET under_way = true, tried_ms = $2, attempts = attempts + 1
WHERE notice_id = (SELECT notice_id FROM notices
                   WHERE sink = $1 AND sent_ms = 0 AND (due_ms <= $2 OR greatest(written_ms, tried_ms) > $4)
                     AND (NOT under_way OR tried_ms < $3 OR tried_ms > $4)
                   ORDER BY due_ms, notice_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING notice_id, content, attempts

-- name: notice_sent
UPDATE notices SET under_way = false, answer = $2, sent_ms = $3 WHERE notice_id = $1

-- name: notice_failed
UPDATE notices SET under_way = false, answer = $2, due_ms = $3 WHERE notice_id = $1 AND sent_ms = 0

-- name: unsent_notices
SELECT sink, count(*) AS waiting, max(attempts) AS attempts, min(written_ms) AS since_ms,
       (array_agg(answer ORDER BY tried_ms DESC))[1] AS answer
FROM notices WHERE sent_ms = 0 GROUP BY sink ORDER BY sink

-- name: open_alerts
SELECT * FROM alerts WHERE state <> 'closed' ORDER BY alert_id DESC LIMIT $1

-- ── warehouses.py ────────────────────────────────────────────────────────────

-- name: all_warehouses
SELECT code, name, kind, country, region, lat, lon, priority, serves, enabled, paused, cross_border, outbound, freight
FROM warehouses ORDER BY code

-- name: put_warehouse
-- Every process hears of it when the transaction commits.
WITH put AS (
    INSERT INTO warehouses (code, name, kind, country, region, lat, lon, priority, serves, enabled, paused, cross_border,
                            outbound, freight)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    ON CONFLICT (code) DO UPDATE SET
        name = excluded.name, kind = excluded.kind, country = excluded.country, region = excluded.region,
        lat = excluded.lat, lon = excluded.lon, priority = excluded.priority, serves = excluded.serves,
        enabled = excluded.enabled, paused = excluded.paused, cross_border = excluded.cross_border,
        outbound = excluded.outbound, freight = excluded.freight
    RETURNING code)
SELECT pg_notify('registries', code) FROM put

-- ── shops.py ─────────────────────────────────────────────────────────────────

-- name: all_shops
SELECT shop, channel, title, responsible, base_url, hold_seconds, settings, enabled, paused_reason, paused_version
FROM shops ORDER BY shop

-- name: lock_shop
-- As it is until the end of the transaction: changes of a shop and its credentials come one after the other.
SELECT shop, channel, title, responsible, base_url, hold_seconds, settings, enabled, paused_reason, paused_version
FROM shops WHERE shop = $1 FOR UPDATE

-- name: put_shop
-- Nothing where it is a shop of another channel.
INSERT INTO shops AS s (shop, channel, title, responsible, base_url, hold_seconds, settings, enabled)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (shop) DO UPDATE SET
    title = excluded.title, responsible = excluded.responsible, base_url = excluded.base_url,
    hold_seconds = excluded.hold_seconds, settings = excluded.settings, enabled = excluded.enabled
WHERE s.channel = excluded.channel

-- name: forget_written
UPDATE shop_items SET written = NULL WHERE shop = $1

-- name: pause_shop
UPDATE shops SET paused_reason = $2, paused_version = $3 WHERE shop = $1 AND paused_reason = ''

-- name: resume_shop
UPDATE shops SET paused_reason = '', paused_version = 0 WHERE shop = $1 AND paused_reason <> ''

-- name: note_shop_change
-- Every process hears of it when the transaction commits.
WITH noted AS (
    INSERT INTO shop_changes (shop, action, version, by, at_ms, detail, told) VALUES ($1, $2, $3, $4, $5, $6, $7)
    RETURNING shop)
SELECT pg_notify('registries', shop) FROM noted

-- name: shop_history
SELECT change_id, shop, action, version, by, at_ms, detail
FROM shop_changes WHERE shop = $1 ORDER BY change_id DESC LIMIT $2

-- ── mappings.py ──────────────────────────────────────────────────────────────

-- name: newest_mappings
-- The text only where another version is known by heart: this is asked every second.
SELECT m.shop, m.version, CASE WHEN known.shop IS NULL THEN m.toml END AS toml
FROM (SELECT shop, max(version) AS version FROM shop_mappings GROUP BY shop) newest
JOIN shop_mappings m USING (shop, version)
LEFT JOIN unnest($1::text[], $2::integer[]) AS known (shop, version) USING (shop, version)

-- name: mappings_of
SELECT version, toml, digest, set_ms, set_by FROM shop_mappings WHERE shop = $1 ORDER BY version DESC LIMIT $2

-- name: add_mapping
INSERT INTO shop_mappings (shop, version, toml, digest, set_ms, set_by) VALUES ($1, $2, $3, $4, $5, $6)

-- ── credentials.py, reseal.py ────────────────────────────────────────────────

-- name: kept_credentials
-- Whose secrets are kept.
SELECT c.shop, s.channel, c.version, c.app_key, c.set_by, c.set_ms, c.renewed_ms, c.valid_until_ms, c.retired_ms,
       c.expires_ms, c.renewable_until_ms, c.renews, c.warned_days, c.sealed
FROM shop_credentials c JOIN shops s USING (shop)
WHERE c.retired_ms IS NULL
ORDER BY c.shop, c.version DESC

-- name: credentials_of
SELECT c.shop, s.channel, c.version, c.app_key, c.set_by, c.set_ms, c.renewed_ms, c.valid_until_ms, c.retired_ms,
       c.expires_ms, c.renewable_until_ms, c.renews, c.warned_days, c.sealed
FROM shop_credentials c JOIN shops s USING (shop)
WHERE c.shop = $1
ORDER BY c.version DESC

-- name: add_credential
INSERT INTO shop_credentials (shop, version, app_key, sealed, set_ms, set_by, renewed_ms, expires_ms,
                              renewable_until_ms, renews)
VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8, $9)

-- name: end_credential
-- NULL: it has no end any more.
UPDATE shop_credentials SET valid_until_ms = $3 WHERE shop = $1 AND version = $2

-- name: retire_credential
UPDATE shop_credentials SET retired_ms = $3, sealed = '' WHERE shop = $1 AND version = $2 AND retired_ms IS NULL

-- name: forget_ended_credentials
UPDATE shop_credentials SET retired_ms = valid_until_ms, sealed = ''
WHERE retired_ms IS NULL AND valid_until_ms <= $1

-- name: renew_credential
-- Of two renewals the one that lasts longer is newer, whichever comes first.
UPDATE shop_credentials
SET sealed = $3, expires_ms = $4, renewable_until_ms = $5, renews = $6, renewed_ms = $7, warned_days = NULL
WHERE shop = $1 AND version = $2 AND retired_ms IS NULL
  AND (expires_ms IS NULL OR $4::bigint IS NULL OR expires_ms <= $4)

-- name: credential_warned
UPDATE shop_credentials SET warned_days = $3 WHERE shop = $1 AND version = $2

-- name: untold_changes
SELECT h.change_id, h.shop, h.action, h.version, h.by, h.at_ms, h.detail, c.app_key
FROM shop_changes h JOIN shop_credentials c ON c.shop = h.shop AND c.version = h.version
WHERE NOT h.told ORDER BY h.change_id LIMIT $1

-- name: changes_told
UPDATE shop_changes SET told = true WHERE change_id = ANY($1::bigint[])

-- name: credentials_to_reseal
-- The first byte of what is sealed tells the key (`sealing.py`).
SELECT c.shop, c.version, s.channel, c.sealed
FROM shop_credentials c JOIN shops s USING (shop)
WHERE (c.shop, c.version) > ($1, $2) AND substring(c.sealed FROM 1 FOR 1) = ANY($3::bytea[])
ORDER BY c.shop, c.version
LIMIT $4
FOR UPDATE OF c SKIP LOCKED

-- name: reseal_credentials
UPDATE shop_credentials SET sealed = $3 WHERE shop = $1 AND version = $2

-- name: credentials_by_key
SELECT substring(sealed FROM 1 FOR 1) AS key, count(*) AS rows
FROM shop_credentials WHERE sealed <> '' AND substring(sealed FROM 1 FOR 1) <> $1 GROUP BY 1

-- ── sync_book.py ─────────────────────────────────────────────────────────────

-- name: begin_sync
WITH begun AS (
    INSERT INTO shop_sync (shop, began_ms, reached_ms, succeeded_ms, failures, reason) VALUES ($1, $2, $2, 0, 0, '')
    ON CONFLICT DO NOTHING
    RETURNING shop, began_ms, reached_ms, succeeded_ms, failures, reason, awaited_ms)
SELECT * FROM begun
UNION ALL
SELECT shop, began_ms, reached_ms, succeeded_ms, failures, reason, awaited_ms FROM shop_sync WHERE shop = $1

-- name: all_sync
SELECT shop, began_ms, reached_ms, succeeded_ms, failures, reason, awaited_ms FROM shop_sync

-- name: shops_set_up
-- For which somebody has ever set a credential.
SELECT DISTINCT shop FROM shop_credentials

-- name: sync_rests
UPDATE shop_sync SET awaited_ms = $2 WHERE shop = ANY($1::text[])

-- name: sync_reached
UPDATE shop_sync SET reached_ms = GREATEST(reached_ms, $2) WHERE shop = $1

-- name: sync_went_well
UPDATE shop_sync SET succeeded_ms = GREATEST(succeeded_ms, $2), failures = 0, reason = '' WHERE shop = $1

-- name: sync_failed
INSERT INTO shop_sync AS s (shop, began_ms, reached_ms, succeeded_ms, failures, reason) VALUES ($1, $3, $3, 0, 1, $2)
ON CONFLICT (shop) DO UPDATE SET failures = s.failures + 1, reason = excluded.reason
RETURNING failures

-- name: count_hours
INSERT INTO shop_hours AS h (shop, hour_ms, orders)
SELECT $1, t.hour_ms, t.orders FROM unnest($2::bigint[], $3::bigint[]) AS t (hour_ms, orders)
ON CONFLICT (shop, hour_ms) DO UPDATE SET orders = h.orders + excluded.orders

-- name: hours_since
SELECT shop, hour_ms, orders FROM shop_hours WHERE hour_ms >= $1

-- ── hint_book.py ─────────────────────────────────────────────────────────────

-- name: note_hints
-- In the order of their ids, as everybody locks them.
INSERT INTO shop_hints AS h (shop, channel_order_id, noted, noted_ms, attempts, due_ms)
SELECT $1, t.id, 1, $3, 0, $3 FROM unnest($2::text[]) AS t (id) ORDER BY t.id
ON CONFLICT (shop, channel_order_id) DO UPDATE SET noted = h.noted + 1, attempts = 0, due_ms = excluded.due_ms

-- name: hints_due
SELECT channel_order_id, noted, attempts FROM shop_hints
WHERE shop = $1 AND due_ms <= $2 ORDER BY due_ms, channel_order_id LIMIT $3

-- name: hint_done
DELETE FROM shop_hints WHERE shop = $1 AND channel_order_id = $2 AND noted = $3

-- name: hint_again
UPDATE shop_hints SET attempts = attempts + 1, due_ms = $4 WHERE shop = $1 AND channel_order_id = $2 AND noted = $3

-- name: hints_waiting
SELECT shop, count(*) AS hints FROM shop_hints GROUP BY shop

-- ── run_book.py ──────────────────────────────────────────────────────────────

-- name: lock_runs_of
SELECT pg_advisory_xact_lock(hashtextextended('shop_runs ' || $1, 0))

-- name: open_run_like
SELECT * FROM shop_runs WHERE shop = $1 AND kind = $2 AND from_ms = $3 AND to_ms = $4 AND state = 'open'

-- name: add_run
INSERT INTO shop_runs (shop, kind, from_ms, to_ms, reached_ms, state, attempts, reason, due_ms, requested_by,
                       requested_ms, ended_ms, counted)
VALUES ($1, $2, $3, $4, $3, 'open', 0, '', $6, $5, $6, 0, '{}')
RETURNING *

-- name: run_due
SELECT * FROM shop_runs WHERE shop = $1 AND state = 'open' AND due_ms <= $2 ORDER BY run_id LIMIT 1

-- name: run
SELECT * FROM shop_runs WHERE run_id = $1

-- name: newest_runs
-- $2: who asked for them, '': anybody.
SELECT DISTINCT ON (shop) * FROM shop_runs WHERE kind = $1 AND ($2 = '' OR requested_by = $2) ORDER BY shop, run_id DESC

-- name: expect_run_orders
INSERT INTO shop_run_orders (run_id, channel_order_id, outcome, before_ms, detail)
SELECT $1, t.id, t.outcome, t.before_ms, '{}'
FROM unnest($2::text[], $3::text[], $4::bigint[]) AS t (id, outcome, before_ms)
ON CONFLICT DO NOTHING

-- name: run_orders_among
SELECT channel_order_id, outcome, before_ms, detail FROM shop_run_orders
WHERE run_id = $1 AND channel_order_id = ANY($2::text[])

-- name: settle_run_orders
INSERT INTO shop_run_orders AS o (run_id, channel_order_id, outcome, before_ms, detail)
SELECT $1, t.id, t.outcome, 0, t.detail::jsonb
FROM unnest($2::text[], $3::text[], $4::text[]) AS t (id, outcome, detail)
ON CONFLICT (run_id, channel_order_id) DO UPDATE SET outcome = excluded.outcome, detail = excluded.detail

-- name: run_reached
UPDATE shop_runs SET reached_ms = $2, counted = $3::jsonb, attempts = 0, reason = '' WHERE run_id = $1

-- name: finish_run
UPDATE shop_runs SET state = 'done', ended_ms = $2, attempts = 0, reason = '' WHERE run_id = $1 AND state = 'open'

-- name: run_again
UPDATE shop_runs SET attempts = attempts + 1, reason = $2, due_ms = $3 WHERE run_id = $1 AND state = 'open'

-- name: count_run_orders
SELECT outcome, count(*) AS orders FROM shop_run_orders WHERE run_id = $1 GROUP BY outcome

-- name: run_orders_after
SELECT channel_order_id, outcome, before_ms, detail FROM shop_run_orders
WHERE run_id = $1 AND channel_order_id > $2 ORDER BY channel_order_id LIMIT $3

-- ── item_book.py ─────────────────────────────────────────────────────────────

-- name: put_items
INSERT INTO shop_items AS i (shop, product_id, sku_id, parts, written, reason, due_ms)
SELECT $1, t.product_id, t.sku_id, t.parts::jsonb, NULL, '', 0
FROM unnest($2::text[], $3::text[], $4::text[]) AS t (product_id, sku_id, parts) ORDER BY t.product_id, t.sku_id
ON CONFLICT (shop, product_id, sku_id) DO UPDATE SET parts = excluded.parts, written = NULL, reason = '', due_ms = 0

-- name: drop_items
DELETE FROM shop_items i USING unnest($2::text[], $3::text[]) AS t (product_id, sku_id)
WHERE i.shop = $1 AND i.product_id = t.product_id AND i.sku_id = t.sku_id

-- name: items_of
SELECT product_id, sku_id, parts, written, reason FROM shop_items WHERE shop = $1 ORDER BY product_id, sku_id

-- name: items_due
-- What was written before $3 says nothing any more of what the platform has. $4: of which something moved behind it; NULL: all.
SELECT product_id, sku_id, parts, CASE WHEN written_ms > $3 THEN written END AS written, reason
FROM shop_items WHERE shop = $1 AND due_ms <= $2 AND ($4::bigint IS NULL OR EXISTS (
    SELECT FROM jsonb_object_keys(parts) AS part (sku)
    WHERE part.sku IN (SELECT sku FROM stock_changes WHERE partition = 0 AND seq > $4)))

-- name: items_wrote
UPDATE shop_items i SET written = t.written, written_ms = $5, reason = '', due_ms = 0
FROM unnest($2::text[], $3::text[], $4::bigint[]) AS t (product_id, sku_id, written)
WHERE i.shop = $1 AND i.product_id = t.product_id AND i.sku_id = t.sku_id

-- name: items_refused
UPDATE shop_items i SET written = NULL, reason = t.reason, due_ms = $5
FROM unnest($2::text[], $3::text[], $4::text[]) AS t (product_id, sku_id, reason)
WHERE i.shop = $1 AND i.product_id = t.product_id AND i.sku_id = t.sku_id

-- ── keys.py ──────────────────────────────────────────────────────────────────

-- name: add_client
INSERT INTO clients (client, created_ms) VALUES ($1, $2) ON CONFLICT (client) DO NOTHING

-- name: add_key
INSERT INTO api_keys (key_id, client, secret_sha256, scopes, created_ms) VALUES ($1, $2, $3, $4, $5)

-- name: live_keys
SELECT key_id, client, secret_sha256, scopes FROM api_keys WHERE revoked_ms = 0

-- name: all_keys
SELECT key_id, client, scopes, created_ms, revoked_ms FROM api_keys ORDER BY created_ms DESC, key_id

-- name: revoke_key
UPDATE api_keys SET revoked_ms = $2 WHERE key_id = $1 AND revoked_ms = 0

-- name: add_webhook_secret
-- Announced as a warehouse is: nobody can look up a signature's secret by name, and a first scan should not be 401.
WITH added AS (
    INSERT INTO webhook_secrets (secret_id, client, secret, created_ms) VALUES ($1, $2, $3, $4) RETURNING secret_id)
SELECT pg_notify('registries', secret_id) FROM added

-- name: live_webhook_secrets
SELECT client, array_agg(secret ORDER BY created_ms DESC) AS secrets
FROM webhook_secrets WHERE revoked_ms = 0 GROUP BY client ORDER BY client

-- name: all_webhook_secrets
SELECT secret_id, client, secret, created_ms, revoked_ms FROM webhook_secrets ORDER BY created_ms DESC, secret_id

-- name: revoke_webhook_secret
UPDATE webhook_secrets SET revoked_ms = $2 WHERE secret_id = $1 AND revoked_ms = 0

-- ── report.py ────────────────────────────────────────────────────────────────

-- name: server_facts
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms, pg_is_in_recovery() AS recovering,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections

-- name: setting
SELECT current_setting($1)

-- name: ledger_facts
SELECT d.deployment_id, o.epoch, o.seq, o.highest_epoch,
       (SELECT count(*) FROM alerts WHERE state = 'open') AS open_alerts,
       (SELECT count(*) FROM scan_exceptions WHERE state = 'open') AS open_exceptions,
       (SELECT count(*) FROM quarantined_subjects) AS quarantined
FROM ledger_offsets o, deployment d
WHERE o.partition = $1

-- ── tail.py ──────────────────────────────────────────────────────────────────

-- name: newest_events
-- Those with $1 < seq <= $2 of a subject ($4) and a SKU ($5), '': any; newest first.
SELECT e.seq, e.epoch, e.at_ms, e.type, e.client, e.op_id, e.subject, e.status, e.details,
       (SELECT jsonb_agg(jsonb_build_array(c.sku, c.warehouse, c.on_hand_delta, c.held_delta, c.committed_delta,
                                           c.unavailable_delta, c.incoming_delta) ORDER BY c.n)
        FROM stock_changes c WHERE c.partition = e.partition AND c.seq = e.seq) AS changes
FROM ledger_events e
WHERE e.partition = 0 AND e.seq > $1 AND e.seq <= $2 AND ($4 = '' OR e.subject = $4)
  AND ($5 = '' OR e.seq IN (SELECT c.seq FROM stock_changes c WHERE c.sku = $5 AND c.seq > $1 AND c.seq <= $2
                            UNION ALL
                            SELECT p.seq FROM ledger_events p WHERE p.subject = $5 AND p.type = 'policy'))
ORDER BY e.seq DESC
LIMIT $3
