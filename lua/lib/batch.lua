-- One batch: find out what its commands touch, read all of it at once, run them in order.

--- @include "lib/layout"
--- @include "lib/slices"
--- @include "lib/handlers"
--- @include "lib/hold"
--- @include "lib/remembered"
--- @include "lib/limit"
--- @include "lib/capacity"
--- @include "lib/supply"
--- @include "lib/transfer"

local batch = {}

-- A batch stays under 5 ms: beyond this many order lines the remaining commands are deferred to the next one.
local LINES_MAX = 400
-- … and once choosing warehouses has taken this many steps, those behind are deferred as well: 256 orders that look for
-- the last units in 200 warehouses would take 0.1 s.
local STEPS_MAX = 10000
-- Of these the sweep takes at most half, so that a mass expiry never starves the callers.
local SWEEP_LINES_MAX = 200
local DEFERRED = cmsgpack.pack({ "deferred" })
local NONE = {}

local function handler_of(command)
    return handlers[command[1]] or error("unknown command " .. tostring(command[1]))
end

local function keys_of(set)
    local list = {}
    for key in pairs(set) do
        list[#list + 1] = key
    end
    return list
end

-- Read what the commands name as a reservation or as a transfer (`what`), beside the given ids.
local function read_named(commands, what, ids, key, found)
    for _, command in ipairs(commands) do
        local place = handler_of(command)[what]
        if place and command[place] ~= "" then
            ids[command[place]] = true
        end
    end
    redis_read(key, keys_of(ids), found)
end

-- A command's reservation, as far as there is one yet.
function batch.record_of(handler, command)
    return handler.reservation and hold.find(command[handler.reservation])
        or handler.carried and command[handler.carried][1]
end

-- The lines of a command's reservation or transfer, as far as there is one yet.
local function reserved_lines(handler, command)
    local moved = handler.transfer and transfer.find(command[handler.transfer])
    if moved then
        return moved[T_LINES]
    end
    local record = batch.record_of(handler, command)
    return record and record[LINES] or NONE
end

local function own_lines(handler, command)
    return handler.lines and command[handler.lines] or NONE
end

-- How many items fit into `limit` lines, at least one.
local function fitting(items, limit, count_lines)
    local used = 0
    for index, item in ipairs(items) do
        used = used + math.max(1, count_lines(item))
        if used > limit and index > 1 then
            return index - 1, used
        end
    end
    return #items, used
end

local function lines_due(id)
    local record = hold.find(id)
    return record and #record[LINES] or 1
end

local function lines_touched(command)
    local handler = handler_of(command)
    return math.max(#own_lines(handler, command), #reserved_lines(handler, command))
end

local function need_lines(lines, skus)
    for index = 1, #lines do
        skus[lines[index][SKU]] = true
    end
end

-- What a command may touch: its SKUs, the digests that it may repeat, its limits, its places in a warehouse's day.
local function need(command, routes, skus, digests, cells, places)
    local handler = handler_of(command)
    local record = batch.record_of(handler, command)
    need_lines(own_lines(handler, command), skus)
    need_lines(reserved_lines(handler, command), skus)
    if record then
        capacity.need_record(record, places)
    end
    if handler.route then
        capacity.need_route(routes[command[handler.route]], places)
    end
    if handler.sku then
        skus[command[handler.sku]] = true
    end
    for _, place in ipairs(handler.digests or NONE) do
        if command[place] ~= "" then
            digests[command[place]] = true
        end
    end
    for _, bound in ipairs(handler.limits and command[handler.limits] or NONE) do
        cells[bound[1]] = true
    end
end

-- Read everything; returns how many commands and how many due holds this batch has room for.
function batch.load(commands, routes, due, keys)
    local held = {}
    for _, id in ipairs(due) do
        held[id] = true
    end
    read_named(commands, "reservation", held, keys.holds, hold.packed)
    read_named(commands, "transfer", {}, keys.transfers, transfer.packed)
    local swept, swept_lines = fitting(due, SWEEP_LINES_MAX, lines_due)
    local runnable = fitting(commands, LINES_MAX - math.min(swept_lines, SWEEP_LINES_MAX), lines_touched)
    local skus, digests, cells, places = {}, {}, {}, {}
    for index = 1, swept do
        local record = hold.find(due[index])
        if record then
            need_lines(record[LINES], skus)
            capacity.need_record(record, places)
        end
    end
    for index = 1, runnable do
        need(commands[index], routes, skus, digests, cells, places)
    end
    redis_read(keys.stock, keys_of(skus), stock.packed)
    remembered.read(keys.remembered, keys_of(digests))
    limit.read(keys.limits, keys_of(cells))
    capacity.read(keys.capacity, keys_of(places))
    return runnable, swept
end

-- Expire one due hold. What the record contradicts is mended: the record decides, the sorted set only reminds.
function batch.sweep(id)
    local record = hold.find(id)
    if not record or record[STATUS] ~= "held" then
        deadline.disarm(id)
        deadline.mended = true
    elseif deadline.is_due(record) then
        hold.expire(id, record)
    else
        deadline.arm(id, deadline.of(record))
        deadline.mended = true
    end
end

-- Run the commands that have room; slot 1 of the replies is the caller's.
function batch.run(commands, runnable, routes)
    local replies = { "" }
    for index, command in ipairs(commands) do
        local has_room = index <= runnable and supply.steps < STEPS_MAX
        replies[index + 1] = has_room and handler_of(command).run(command, routes) or DEFERRED
        hold.forget_lent()
    end
    return replies
end
