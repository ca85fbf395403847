-- Daily outbound capacity and calendars. An order takes one place of a warehouse's day, however many units it is, and
-- gives it back when it has nothing there any more. Which day that is, the shift decides in which it is placed.

--- @include "lib/layout"
--- @include "lib/clock"
--- @include "lib/slices"

local capacity = { taken = {}, moved = {} } -- cell → how many places; as read, and as this batch changed it

local DAY_MS = 86400000
-- Nothing is placed on a day that is over, wherever on earth it ended; its cells go so many days later.
local DAYS_KEPT = 3

function capacity.cell(warehouse, day)
    return warehouse .. ":" .. integer(day)
end

-- The shift of a window in which an order of now would be dispatched, as { day, places, cell }; false: closed.
local function shift_now(window)
    for _, shift in ipairs(window[2]) do
        if clock.now_ms < shift[1] then
            local day, places = shift[2], shift[3]
            return day ~= UNSET and { day, places, capacity.cell(window[1], day) }
        end
    end
    return false
end

-- Warehouse → its shift of now, for those of a route that have windows; worked out once per batch.
function capacity.shifts(route)
    if not route.shifts then
        route.shifts = {}
        for _, window in ipairs(route[WINDOWS]) do
            route.shifts[window[1]] = shift_now(window)
        end
    end
    return route.shifts
end

-- Put the cells that a route, or a record, may change on the list `cells`.
function capacity.need_route(route, cells)
    if cells[route] then
        return
    end
    cells[route] = true
    for _, shift in pairs(capacity.shifts(route)) do
        if shift and shift[2] ~= UNSET then
            want(cells, shift[3])
        end
    end
end

function capacity.need_record(record, cells)
    for _, dispatch in ipairs(record[DISPATCHES]) do
        want(cells, capacity.cell(dispatch[1], dispatch[2]))
    end
end

function capacity.read(key, cells)
    for _, cell in ipairs(cells) do
        capacity.taken[cell] = false
    end
    redis_read(key, cells, capacity.taken)
end

local function places_taken(cell)
    local taken = capacity.taken[cell]
    if taken == nil then
        error("a capacity was not read before it was used")
    end
    return tonumber(taken or 0)
end

local function set_taken(cell, places)
    capacity.taken[cell], capacity.moved[cell] = places, places
end

local function has_place(dispatches, warehouse)
    for _, dispatch in ipairs(dispatches) do
        if dispatch[1] == warehouse then
            return true
        end
    end
    return false
end

-- Why a warehouse dispatches nothing for this order: "k" closed, "f" its day is full; nil: it does. A record that has
-- its place there already needs no other.
function capacity.obstacle(route, warehouse, record)
    local shift = capacity.shifts(route)[warehouse]
    if shift == nil then
        return nil
    elseif not shift then
        return "k"
    elseif shift[2] ~= UNSET and places_taken(shift[3]) >= shift[2] and not (record and has_place(record[DISPATCHES], warehouse)) then
        return "f"
    end
    return nil
end

-- Take a place wherever `taken`, the allocations per line, leads, unless `dispatches` has one; it gets those that are taken.
-- Only between log.begin and hold.commit.
function capacity.take(dispatches, route, taken)
    if #route[WINDOWS] == 0 then
        return
    end
    for _, allocations in ipairs(taken) do
        for _, allocation in ipairs(allocations) do
            local shift = capacity.shifts(route)[allocation[WAREHOUSE]]
            if shift and shift[2] ~= UNSET and not has_place(dispatches, allocation[WAREHOUSE]) then
                table.insert(dispatches, { allocation[WAREHOUSE], shift[1] })
                set_taken(shift[3], places_taken(shift[3]) + 1)
            end
        end
    end
end

local function has_units(record, warehouse)
    for _, line in ipairs(record[LINES]) do
        for _, allocation in ipairs(line[ALLOCATIONS]) do
            if allocation[WAREHOUSE] == warehouse then
                return true
            end
        end
    end
    return false
end

-- Give back the places of a record where it has nothing any more, or all of them. Only between log.begin and
-- hold.commit. A cell that is gone belonged to a day that is over.
function capacity.leave(record, all)
    local dispatches = record[DISPATCHES]
    for index = #dispatches, 1, -1 do
        local warehouse, day = dispatches[index][1], dispatches[index][2]
        if all or not has_units(record, warehouse) then
            local cell = capacity.cell(warehouse, day)
            local places = places_taken(cell)
            if places > 0 then
                set_taken(cell, places - 1)
            end
            table.remove(dispatches, index)
        end
    end
end

function capacity.write(key)
    local arguments = {}
    for cell, places in pairs(capacity.moved) do
        arguments[#arguments + 1] = cell
        arguments[#arguments + 1] = integer(places)
    end
    redis_write("HSET", key, arguments)
end

-- The cells of days that are over.
function capacity.over(key)
    local over, oldest = {}, math.floor(clock.now_ms / DAY_MS) - DAYS_KEPT
    for _, cell in ipairs(redis.call("HKEYS", key)) do
        if tonumber(string.match(cell, ":(%d+)$")) < oldest then
            over[#over + 1] = cell
        end
    end
    return over
end
