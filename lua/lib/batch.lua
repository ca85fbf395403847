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

-- A command's reservation, as far as there is one yet.
function batch.record_of(handler, command)
    return handler.reservation and hold.find(command[handler.reservation])
        or handler.carried and command[handler.carried][1]
end

-- The lines of a command's reservation or transfer, as far as there is one yet.
local function reserved_lines(handler, command, record)
    local moved = handler.transfer and transfer.find(command[handler.transfer])
    return moved and moved[T_LINES] or record and record[LINES] or NONE
end

local function need_lines(lines, skus)
    for index = 1, #lines do
        want(skus, lines[index][SKU])
    end
    return #lines
end

-- Put on the lists of `needed` what a command may touch: its SKUs, the digests that it may repeat, its limits, its places in
-- a warehouse's day. Returns how many lines it has.
local function need(command, routes, needed)
    local handler = handlers[command[1]]
    local record = batch.record_of(handler, command)
    local own = handler.lines and need_lines(command[handler.lines], needed.skus) or 0
    local reserved = need_lines(reserved_lines(handler, command, record), needed.skus)
    if record then
        capacity.need_record(record, needed.places)
    end
    if handler.route then
        capacity.need_route(routes[command[handler.route]], needed.places)
    end
    if handler.sku then
        want(needed.skus, command[handler.sku])
    end
    local digests, limits = handler.digests or NONE, handler.limits and command[handler.limits] or NONE
    for index = 1, #digests do
        want(needed.digests, command[digests[index]])
    end
    for index = 1, #limits do
        want(needed.cells, limits[index][1])
    end
    return own > reserved and own or reserved
end

local function need_due(id, _, needed)
    local record = hold.find(id)
    if not record then
        return 1
    end
    capacity.need_record(record, needed.places)
    return need_lines(record[LINES], needed.skus)
end

-- How many items fit into `limit` lines, at least one; what they touch is noted, and how many lines they are.
local function fitting(items, limit, need_of, routes, needed)
    local used = 0
    for index = 1, #items do
        local lines = need_of(items[index], routes, needed)
        used = used + (lines > 1 and lines or 1)
        if used > limit and index > 1 then
            return index - 1, used
        end
    end
    return #items, used
end

-- Read the reservations and transfers that the commands name, and the holds that are due.
local function read_named(commands, due, keys)
    local ids, transfers = { unpack(due) }, {}
    for index = 1, #commands do
        local command = commands[index]
        local handler = handler_of(command)
        local named = handler.reservation and command[handler.reservation]
        if named and named ~= "" then
            ids[#ids + 1] = named
        elseif handler.transfer then
            transfers[#transfers + 1] = command[handler.transfer]
        end
    end
    redis_read(keys.holds, ids, hold.packed)
    redis_read(keys.transfers, transfers, transfer.packed)
end

-- Read everything; returns how many commands and how many due holds this batch has room for.
function batch.load(commands, routes, due, keys)
    read_named(commands, due, keys)
    local needed = { skus = {}, digests = {}, cells = {}, places = {} }
    local swept, swept_lines = fitting(due, SWEEP_LINES_MAX, need_due, routes, needed)
    local room = LINES_MAX - math.min(swept_lines, SWEEP_LINES_MAX)
    local runnable = fitting(commands, room, need, routes, needed)
    stock.read(keys.stock, needed.skus)
    remembered.read(keys.remembered, needed.digests)
    limit.read(keys.limits, needed.cells)
    capacity.read(keys.capacity, needed.places)
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
    for index = 1, #commands do
        local command = commands[index]
        local has_room = index <= runnable and supply.steps < STEPS_MAX
        replies[index + 1] = has_room and handlers[command[1]].run(command, routes) or DEFERRED
        if hold.lent then
            hold.forget_lent()
        end
    end
    return replies
end
