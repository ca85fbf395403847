-- Stock records of the SKUs that a batch touches: read, counted up and down, written back.

--- @include "lib/layout"
--- @include "lib/slices"
--- @include "lib/log"

local stock = { packed = {}, records = {}, by_warehouse = {}, dirty = {} }

local COUNTER_MAX = 1000000000
local RECORD_VERSION = 1

-- The record of a SKU, unpacked when it is first asked for; nil: unknown SKU.
function stock.get(sku)
    local record = stock.records[sku]
    if record == nil then
        assert(stock.packed[sku] ~= nil, "stock was not read before it was used")
    end
    if record == nil and stock.packed[sku] then
        record = cmsgpack.unpack(stock.packed[sku])
        stock.records[sku] = record
        local levels = {}
        for _, level in ipairs(record[STOCK_LEVELS]) do
            levels[level[WAREHOUSE]] = level
        end
        stock.by_warehouse[sku] = levels
    end
    return record
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
            record = { RECORD_VERSION, 0, 0, 0, {} }
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

function stock.available(sku, warehouse)
    local level = stock.level(sku, warehouse)
    if not level then
        return 0
    end
    local safety_stock = level[SAFETY]
    if safety_stock == UNSET then
        safety_stock = stock.records[sku][STOCK_SAFETY]
    end
    return math.max(0, stock.uncommitted(level) - safety_stock)
end

-- The first of the lines whose SKU never had stock; nil: all are known.
function stock.first_unknown(lines)
    for index, line in ipairs(lines) do
        if not stock.get(line[SKU]) then
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
    level[ON_HAND] = level[ON_HAND] + on_hand
    level[HELD] = level[HELD] + held
    level[COMMITTED] = level[COMMITTED] + committed
    level[UNAVAILABLE] = level[UNAVAILABLE] + unavailable
    level[INCOMING] = level[INCOMING] + incoming
    assert(level[HELD] >= 0 and level[COMMITTED] >= 0, "a promise counter fell below zero")
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
