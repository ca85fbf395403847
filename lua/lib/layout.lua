-- Where each field stands in the packed records; mirrored by the tuples in inventory_service/domain.

-- Stock of one SKU: { version, changed_seq, safety_stock, warn_below, levels, preorder_limit, thresholds }.
local STOCK_SEQ, STOCK_SAFETY, STOCK_WARN, STOCK_LEVELS = 2, 3, 4, 5
local STOCK_PREORDERS, STOCK_THRESHOLDS = 6, 7
-- A threshold of a channel.
local CHANNEL, WITHHELD, LIMIT_BELOW, LIMIT_QUANTITY, PAUSE_BELOW = 1, 2, 3, 4, 5
local WARN_BELOW = 6 -- may be absent
-- A level: the SKU in one warehouse.
local WAREHOUSE, ON_HAND, HELD, COMMITTED, UNAVAILABLE, INCOMING, SAFETY, WARN, COUNTED = 1, 2, 3, 4, 5, 6, 7, 8, 9
local ARRIVALS = 10 -- { { expected_ms, quantity }, … }, the earliest first; may be absent
local EXPECTED, ARRIVING = 1, 2
local IN_TRANSIT = 11 -- units of `incoming` that transfers brought; may be absent
-- A reservation.
local STATUS, CREATED, DEADLINE, ARMED, CONFIRMED, ENDED = 2, 3, 4, 5, 6, 7
local CHANGED_SEQ, FINGERPRINT, CLIENT, LINES, OPERATIONS, ATTRIBUTES = 8, 9, 10, 11, 12, 13
-- { { warehouse, day }, … }, { { sku, warehouse, quantity, ship_by_ms }, … }
local DISPATCHES, PREORDERS = 14, 15
-- A line of it: { sku, requested, quantity, released, allocations }; an allocation: { warehouse, quantity, shipped }.
local SKU, REQUESTED, QUANTITY, RELEASED, ALLOCATIONS = 1, 2, 3, 4, 5
local ALLOCATED, SHIPPED = 2, 3
-- A transfer between warehouses, and a line of it: { sku, planned, shipped, received, damaged, lost }.
local T_STATE, T_CREATED, T_SHIPPED_AT, T_ENDED, T_CHANGED, T_FINGERPRINT = 2, 3, 4, 5, 6, 7
local T_CLIENT, T_ORIGIN, T_DESTINATION, T_EXPECTED, T_REFERENCE, T_LINES, T_RECEIPTS = 8, 9, 10, 11, 12, 13, 14
local T_SHIPPED, T_RECEIVED, T_DAMAGED, T_LOST = 3, 4, 5, 6

-- A route: { ranked, out_of_area, balance, max_splits, stores, windows, basis }; a window: { warehouse, shifts }, a shift:
-- { until_ms, day (UNSET: closed), places (UNSET: no bound) }.
local RANKED, OUT_OF_AREA, BALANCE, MAX_SPLITS, STORES, WINDOWS, BASIS, NOT_SELLING = 1, 2, 3, 4, 5, 6, 7, 8

local UNSET = -1

-- msgpack, spelled out: nil, and how arrays begin.
local NIL = "\192"
local ARRAY_OF_1, ARRAY_OF_2, ARRAY_OF_4, ARRAY_OF_5, ARRAY_OF_9 = "\145", "\146", "\148", "\149", "\153"

local function array_header(count)
    return string.char(220, math.floor(count / 256), count % 256)
end

-- Integers as text: tostring() switches to exponents at 10^14.
local function integer(value)
    return string.format("%.0f", value)
end
