-- Stock records of the SKUs that a batch touches: read, counted up and down, written back.

--- @include "lib/layout"
--- @include "lib/slices"
--- @include "lib/log"

local stock = { packed = {}, records = {}, by_warehouse = {}, dirty = {} }

stock.COUNTER_MAX = 1000000000
local RECORD_VERSION = 1

function stock.read(key, skus)
    for _, sku in ipairs(skus) do
        stock.packed[sku] = false
    end
    redis_read(key, skus, stock.packed)
end

local function unpacked(sku)
    local packed = stock.packed[sku]
    assert(packed ~= nil, "stock was not read before it was used")
    if not packed then
        return nil
    end
    local record, levels = cmsgpack.unpack(packed), {}
    -- A record of before preorders and thresholds ends with its levels.
    record[STOCK_PREORDERS] = record[STOCK_PREORDERS] or UNSET
    record[STOCK_THRESHOLDS] = record[STOCK_THRESHOLDS] or {}
    for _, level in ipairs(record[STOCK_LEVELS]) do
        levels[level[WAREHOUSE]] = level
    end
    stock.records[sku], stock.by_warehouse[sku] = record, levels
    return record
end

-- The record of a SKU, unpacked when it is first asked for; nil: unknown SKU.
function stock.get(sku)
    return stock.records[sku] or unpacked(sku)
end

-- The level of a SKU in a warehouse; nil: it never had stock there.
function stock.level(sku, warehouse)
    local levels = stock.by_warehouse[sku] or (stock.get(sku) and stock.by_warehouse[sku])
    return levels and levels[warehouse]
end

-- The level, made with zeros where there is none. Only between log.begin and log.append.
function stock.level_or_new(sku, warehouse)
    local level = stock.level(sku, warehouse)
    if not level then
        local record = stock.get(sku)
        if not record then
            record = { RECORD_VERSION, 0, 0, 0, {}, UNSET, {} }
            stock.records[sku], stock.by_warehouse[sku] = record, {}
        end
        level = { warehouse, 0, 0, 0, 0, 0, UNSET, UNSET, 0 }
        table.insert(record[STOCK_LEVELS], level)
        stock.by_warehouse[sku][warehouse] = level
    end
    return level
end

-- on_hand less everything promised or unfit; below zero it is a deficit.
function stock.uncommitted(level)
    return level[ON_HAND] - level[HELD] - level[COMMITTED] - level[UNAVAILABLE]
end

-- Units of all dated lots on their way.
function stock.arriving(level)
    local sum = 0
    for _, arrival in ipairs(level[ARRIVALS] or {}) do
        sum = sum + arrival[ARRIVING]
    end
    return sum
end

-- uncommitted, less the safety stock in force.
function stock.unpromised(sku, level)
    local safety_stock = level[SAFETY]
    if safety_stock == UNSET then
        safety_stock = stock.records[sku][STOCK_SAFETY]
    end
    return level[ON_HAND] - level[HELD] - level[COMMITTED] - level[UNAVAILABLE] - safety_stock
end

-- What can be promised; `ahead`: against dated lots on their way, so only where there are any.
function stock.available(sku, warehouse, ahead)
    local level = stock.level(sku, warehouse)
    if not level then
        return 0
    end
    local units = stock.unpromised(sku, level)
    if ahead then
        local coming = stock.arriving(level)
        units = coming > 0 and units + coming or 0
    end
    return units > 0 and units or 0
end

-- Promised units that lots on their way cover, where the SKU is sold ahead of them.
function stock.preordered(record, level)
    if record[STOCK_PREORDERS] == UNSET then
        return 0
    end
    return math.min(math.max(0, -stock.uncommitted(level)), stock.arriving(level))
end

-- What a warehouse that never had the SKU has of it. Never changed.
stock.NO_LEVEL = { "", 0, 0, 0, 0, 0, UNSET, UNSET, 0 }

function stock.out_of_range(counter)
    return counter > stock.COUNTER_MAX or counter < -stock.COUNTER_MAX
end

-- Promised units that nothing covers; `ahead`: what is on its way does.
local function deficit(uncommitted, arriving, ahead)
    local shortfall = math.max(0, -uncommitted)
    return ahead and shortfall - math.min(shortfall, arriving) or shortfall
end

-- Whether a deficit, or a larger one, would come of a change. `lots`: what is on its way after it, nil: what is now.
function stock.breaks(sku, level, on_hand, unavailable, lots)
    local record = stock.get(sku)
    local ahead = record and record[STOCK_PREORDERS] ~= UNSET
    local before, arriving = stock.uncommitted(level), stock.arriving(level)
    local after = before + on_hand - unavailable
    local arriving_after = lots and stock.arriving({ [ARRIVALS] = lots }) or arriving
    return deficit(after, arriving_after, ahead) > deficit(before, arriving, ahead)
end

-- The first of the lines whose SKU never had stock; nil: all are known.
function stock.first_unknown(lines)
    for index = 1, #lines do
        if not stock.get(lines[index][SKU]) then
            return index
        end
    end
    return nil
end

function stock.touch(sku)
    stock.records[sku][STOCK_SEQ] = log.seq
    stock.dirty[sku] = true
end

-- The one place where counters change. Only between log.begin and log.append.
function stock.add(sku, level, on_hand, held, committed, unavailable, incoming)
    local held_after, committed_after = level[HELD] + held, level[COMMITTED] + committed
    if held_after < 0 or committed_after < 0 then
        error("a promise counter fell below zero")
    end
    level[HELD], level[COMMITTED] = held_after, committed_after
    level[ON_HAND], level[INCOMING] = level[ON_HAND] + on_hand, level[INCOMING] + incoming
    level[UNAVAILABLE] = level[UNAVAILABLE] + unavailable
    stock.touch(sku)
    log.change(sku, level, on_hand, held, committed, unavailable, incoming)
end

function stock.write(stock_key)
    local arguments = {}
    for sku in pairs(stock.dirty) do
        arguments[#arguments + 1] = sku
        arguments[#arguments + 1] = cmsgpack.pack(stock.records[sku])
    end
    redis_write("HSET", stock_key, arguments)
end
