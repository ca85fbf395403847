-- Reservations that a batch touches: read, moved from status to status, logged and written back.

--- @include "lib/layout"
--- @include "lib/clock"
--- @include "lib/slices"
--- @include "lib/log"
--- @include "lib/stock"
--- @include "lib/deadline"
--- @include "lib/capacity"

local hold = { packed = {}, records = {}, dirty = {}, finished = {}, lent = nil }

local OPERATIONS_MAX = 8
-- What nothing can be done with any more, as it is refused.
hold.CLOSED = {
    released = outcome.RESERVATION_RELEASED,
    expired = outcome.RESERVATION_EXPIRED,
    shipped = outcome.RESERVATION_SHIPPED,
}
local OPEN = { held = true, confirmed = true, part_shipped = true }

-- The record, or nil when Redis has none.
function hold.find(id)
    local record = hold.records[id]
    if record == nil and hold.packed[id] then
        record = cmsgpack.unpack(hold.packed[id])
        record[DISPATCHES], record[PREORDERS] = record[DISPATCHES] or {}, record[PREORDERS] or {} -- written without
        hold.records[id] = record
    end
    return record
end

-- The record for a command: what Redis has, else what the command carries from the ledger. A due hold is expired.
function hold.get(id, carried)
    local record = hold.find(id)
    if not record and carried and carried[1] then
        record = carried[1]
        hold.records[id], hold.packed[id], hold.lent = record, cmsgpack.pack(record), id
    end
    if record and deadline.is_due(record) then
        hold.expire(id, record)
    end
    return record
end

-- What a command carried and did not change is only its own: the next command of the batch sees what Redis has.
function hold.forget_lent()
    local id = hold.lent
    if not hold.dirty[id] then
        hold.records[id], hold.packed[id] = nil, nil
    end
    hold.lent = nil
end

-- The stored outcome of an operation that was done before; nil: it was not.
function hold.outcome_of(record, op_id)
    for _, operation in ipairs(record[OPERATIONS]) do
        if operation[1] == op_id then
            return operation[2]
        end
    end
    return nil
end

-- Call change(line, allocation, open, level) for all that is still open; before anything is changed for good
-- the caller has checked that the status allows it.
function hold.each_open(record, change)
    local lines = record[LINES]
    for place = 1, #lines do
        local line = lines[place]
        local allocations = line[ALLOCATIONS]
        for index = 1, #allocations do
            local allocation = allocations[index]
            local open = allocation[ALLOCATED] - allocation[SHIPPED]
            if open > 0 then
                change(line, allocation, open, stock.level_or_new(line[SKU], allocation[WAREHOUSE]))
            end
        end
    end
end

function hold.open_quantity(line)
    local open = 0
    for _, allocation in ipairs(line[ALLOCATIONS]) do
        open = open + allocation[ALLOCATED] - allocation[SHIPPED]
    end
    return open
end

-- The status of a confirmed reservation by what is still open and what has left.
function hold.progress(record)
    local open, shipped = 0, 0
    for _, line in ipairs(record[LINES]) do
        for _, allocation in ipairs(line[ALLOCATIONS]) do
            open = open + allocation[ALLOCATED] - allocation[SHIPPED]
            shipped = shipped + allocation[SHIPPED]
        end
    end
    if open == 0 then
        return shipped > 0 and "shipped" or "released"
    end
    return shipped > 0 and "part_shipped" or "confirmed"
end

local function take(line, _, open, level)
    stock.add(line[SKU], level, 0, open, 0, 0, 0)
end

local function pay(line, _, open, level)
    stock.add(line[SKU], level, 0, -open, open, 0, 0)
end

local function give_back(line, _, open, level)
    stock.add(line[SKU], level, 0, -open, 0, 0, 0)
end

-- Count what the open allocations hold. Only between log.begin and hold.commit.
function hold.hold_stock(record)
    hold.each_open(record, take)
end

-- Paid: what was held is committed, and the deadline is gone. Only between log.begin and hold.commit.
function hold.commit_stock(id, record)
    hold.each_open(record, pay)
    record[DEADLINE], record[CONFIRMED] = 0, clock.now_ms
    hold.settle(id, record, "confirmed")
end

-- Drop the deadline, and where the status is final note that the record may leave once the ledger has it.
function hold.settle(id, record, status)
    record[STATUS] = status
    if status ~= "held" then
        deadline.disarm(id)
    end
    if not OPEN[status] then
        record[ENDED], hold.finished[id] = clock.now_ms, clock.now_ms
    elseif record[ENDED] > 0 then
        record[ENDED], hold.finished[id] = 0, false
    end
end

-- Close the event of a change: number the record, remember the operation, log it. Returns the packed record.
function hold.commit(id, record, kind, client, op_id, code, details)
    record[CHANGED_SEQ] = log.seq
    if code then
        local operations = record[OPERATIONS]
        operations[#operations + 1] = { op_id, code }
        if #operations > OPERATIONS_MAX then
            table.remove(operations, 1)
        end
    end
    local packed = cmsgpack.pack(record)
    hold.records[id], hold.packed[id], hold.dirty[id] = record, packed, true
    log.append(kind, client, op_id, id, packed, details)
    return packed
end

-- The deadline has passed: everything goes back. The allocations stay in the record, as what was held.
function hold.expire(id, record)
    log.begin()
    hold.each_open(record, give_back)
    capacity.leave(record, true)
    hold.settle(id, record, "expired")
    hold.commit(id, record, "expire", "", "")
end

function hold.write(holds_key)
    local arguments, count = {}, 0
    for id in pairs(hold.dirty) do
        arguments[count + 1], arguments[count + 2] = id, hold.packed[id]
        count = count + 2
    end
    redis_write("HSET", holds_key, arguments)
end

function hold.write_finished(finished_key)
    local added, removed = {}, {}
    for id, ended_ms in pairs(hold.finished) do
        if ended_ms then
            added[#added + 1] = ended_ms
            added[#added + 1] = id
        else
            removed[#removed + 1] = id
        end
    end
    redis_write("ZADD", finished_key, added)
    redis_write("ZREM", finished_key, removed)
end
