-- Where each field stands in the packed records; mirrored by the tuples in inventory_service/domain.

-- Stock of one SKU: { version, changed_seq, safety_stock, warn_below, levels }.
local STOCK_SEQ, STOCK_SAFETY, STOCK_WARN, STOCK_LEVELS = 2, 3, 4, 5
-- A level: the SKU in one warehouse.
local WAREHOUSE, ON_HAND, HELD, COMMITTED, UNAVAILABLE, INCOMING, SAFETY, WARN, COUNTED = 1, 2, 3, 4, 5, 6, 7, 8, 9
-- A reservation.
local STATUS, CREATED, DEADLINE, ARMED, CONFIRMED, ENDED = 2, 3, 4, 5, 6, 7
local CHANGED_SEQ, FINGERPRINT, CLIENT, LINES, OPERATIONS, ATTRIBUTES = 8, 9, 10, 11, 12, 13
-- { { warehouse, day }, … }, { { sku, warehouse, quantity, ship_by_ms }, … }
local DISPATCHES, PREORDERS = 14, 15
-- A line of it: { sku, requested, quantity, released, allocations }; an allocation: { warehouse, quantity, shipped }.
local SKU, REQUESTED, QUANTITY, RELEASED, ALLOCATIONS = 1, 2, 3, 4, 5
local ALLOCATED, SHIPPED = 2, 3

-- A route: { ranked, out_of_area, balance, max_splits, stores, windows, basis }; a window: { warehouse, shifts }, a shift:
-- { until_ms, day (UNSET: closed), places (UNSET: no bound) }.
local RANKED, OUT_OF_AREA, BALANCE, MAX_SPLITS, STORES, WINDOWS, BASIS = 1, 2, 3, 4, 5, 6, 7

local UNSET = -1
