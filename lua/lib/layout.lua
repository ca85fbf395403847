-- Where each field stands in the packed records; mirrored by the tuples in inventory_service/domain.

-- Stock of one SKU: { version, changed_seq, safety_stock, warn_below, levels }.
local STOCK_SEQ, STOCK_SAFETY, STOCK_WARN, STOCK_LEVELS = 2, 3, 4, 5
-- A level: the SKU in one warehouse.
local WAREHOUSE, ON_HAND, HELD, COMMITTED, UNAVAILABLE, INCOMING, SAFETY, WARN, COUNTED = 1, 2, 3, 4, 5, 6, 7, 8, 9
-- A reservation.
local STATUS, CREATED, DEADLINE, ARMED, CONFIRMED, ENDED = 2, 3, 4, 5, 6, 7
local CHANGED_SEQ, FINGERPRINT, CLIENT, LINES, OPERATIONS, ATTRIBUTES = 8, 9, 10, 11, 12, 13
local DISPATCHES, PREORDERS = 14, 15 -- { { warehouse, day }, … }, { { sku, warehouse, quantity, ship_by_ms }, … }
-- A line of it: { sku, requested, quantity, released, allocations }; an allocation: { warehouse, quantity, shipped }.
local SKU, REQUESTED, QUANTITY, RELEASED, ALLOCATIONS = 1, 2, 3, 4, 5
local ALLOCATED, SHIPPED = 2, 3

local UNSET = -1
