-- Transfers between warehouses that a batch touches: read, changed with the stock at both ends, logged and written back.
-- Only open ones are kept: an ended one leaves at once, and its id is remembered.

--- @include "lib/layout"
--- @include "lib/clock"
--- @include "lib/slices"
--- @include "lib/log"
--- @include "lib/stock"
--- @include "lib/arrivals"
--- @include "lib/remembered"

local transfer = { packed = {}, records = {}, dirty = {} }

-- The record, or nil where no open one has this id.
function transfer.find(id)
    local record = transfer.records[id]
    if record == nil and transfer.packed[id] then
        record = cmsgpack.unpack(transfer.packed[id])
        transfer.records[id] = record
    end
    return record or nil
end

-- The code of a call for one that is not here: it has ended and the ledger has it, perhaps not yet, or it is unknown.
function transfer.gone(digest)
    return remembered.known[digest] and outcome.REMEMBERED or outcome.ABSENT
end

function transfer.line_of(record, sku)
    for _, line in ipairs(record[T_LINES]) do
        if line[SKU] == sku then
            return line
        end
    end
    return nil
end

function transfer.outstanding(line)
    return math.max(0, line[T_SHIPPED] - line[T_RECEIVED] - line[T_LOST])
end

-- Units come on their way to a level, or leave it: a part of `incoming`, dated where the transfer is. What other
-- movements took of the lot meanwhile is taken from the earliest ones instead. Only between log.begin and commit.
function transfer.move_incoming(record, line, units, on_hand, damaged)
    local sku = line[SKU]
    local level = stock.level_or_new(sku, record[T_DESTINATION])
    level[ARRIVALS] = arrivals.moved(level, units, record[T_EXPECTED])
    level[IN_TRANSIT] = (level[IN_TRANSIT] or 0) + units
    stock.add(sku, level, on_hand, 0, 0, damaged, units)
end

-- What is on its way to the levels of the transfer, after the event.
local function on_their_way(record)
    local rows = {}
    for index, line in ipairs(record[T_LINES]) do
        local level = stock.level(line[SKU], record[T_DESTINATION])
        local lots, in_transit = level and level[ARRIVALS] or {}, level and level[IN_TRANSIT] or 0
        rows[index] = { line[SKU], record[T_DESTINATION], lots, in_transit }
    end
    return rows
end

-- Close the event of a change: number the record, log it; one that has ended leaves.
function transfer.commit(id, record, kind, client, op_id, digest)
    record[T_CHANGED] = log.seq
    local ended = record[T_ENDED] > 0
    if ended then
        remembered.add(digest, record[T_FINGERPRINT])
    end
    transfer.records[id], transfer.packed[id] = not ended and record, false
    transfer.dirty[id] = true
    log.append(kind, client, op_id, id, nil, { ended and digest or "", record, on_their_way(record) })
end

function transfer.write(transfers_key)
    local kept, left = {}, {}
    for id in pairs(transfer.dirty) do
        local record = transfer.records[id]
        if record then
            kept[#kept + 1] = id
            kept[#kept + 1] = cmsgpack.pack(record)
        else
            left[#left + 1] = id
        end
    end
    redis_write("HSET", transfers_key, kept)
    redis_write("HDEL", transfers_key, left)
end
