-- One batch: find out what its commands touch, read all of it at once, run them in order.

--- @include "lib/layout"
--- @include "lib/slices"
--- @include "lib/hold"
--- @include "lib/remembered"
--- @include "lib/limit"

-- kind → { run = function(command, routes) → packed outcome, and where in the command stands what it touches:
-- reservation (id), carried, sku, lines, digests, limits }.
local handlers = {}

local batch = {}

-- A batch stays under 5 ms: beyond this many order lines the remaining commands are deferred to the next one.
local LINES_MAX = 400
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

local function read_holds(commands, due, holds_key)
    local ids = {}
    for _, id in ipairs(due) do
        ids[id] = true
    end
    for _, command in ipairs(commands) do
        local place = handler_of(command).reservation
        if place and command[place] ~= "" then
            ids[command[place]] = true
        end
    end
    redis_read(holds_key, keys_of(ids), hold.packed)
end

-- The order lines of a command's reservation, as far as there is one yet.
local function reserved_lines(handler, command)
    local record = handler.reservation and hold.find(command[handler.reservation])
        or handler.carried and command[handler.carried][1]
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

local function need(command, skus, digests, cells)
    local handler = handler_of(command)
    need_lines(own_lines(handler, command), skus)
    need_lines(reserved_lines(handler, command), skus)
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
function batch.load(commands, due, holds_key, stock_key, remembered_keys, limit_keys)
    read_holds(commands, due, holds_key)
    local swept, swept_lines = fitting(due, SWEEP_LINES_MAX, lines_due)
    local runnable = fitting(commands, LINES_MAX - math.min(swept_lines, SWEEP_LINES_MAX), lines_touched)
    local skus, digests, cells = {}, {}, {}
    for index = 1, swept do
        local record = hold.find(due[index])
        need_lines(record and record[LINES] or NONE, skus)
    end
    for index = 1, runnable do
        need(commands[index], skus, digests, cells)
    end
    redis_read(stock_key, keys_of(skus), stock.packed)
    remembered.read(remembered_keys, keys_of(digests))
    limit.read(limit_keys, keys_of(cells))
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
        replies[index + 1] = index <= runnable and handler_of(command).run(command, routes) or DEFERRED
        hold.forget_lent()
    end
    return replies
end
