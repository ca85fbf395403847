-- Moving open units of a reservation to other warehouses, all of them or none. Its id, status and deadline stay.

--- @include "lib/hold"
--- @include "lib/allocation"
--- @include "lib/why"

local moving = {}

-- The units that are to leave, `units_of(line, allocation, open)` of each allocation: { lines, places, parts }, as a choice
-- wants them, where their lines stand in the record, and per line { { warehouse, units }, … }.
function moving.leaving(record, units_of)
    local leaving = { lines = {}, places = {}, parts = {} }
    for place, line in ipairs(record[LINES]) do
        local parts, sum = {}, 0
        for _, allocation in ipairs(line[ALLOCATIONS]) do
            local units = units_of(line, allocation, allocation[ALLOCATED] - allocation[SHIPPED])
            if units > 0 then
                parts[#parts + 1], sum = { allocation[WAREHOUSE], units }, sum + units
            end
        end
        if sum > 0 then
            table.insert(leaving.lines, { line[SKU], sum })
            table.insert(leaving.places, place)
            table.insert(leaving.parts, parts)
        end
    end
    return leaving
end

-- Choose where they go: leaving.taken and .verdicts are set, or the shortages are returned that forbid it. Nothing changes.
function moving.choose(record, leaving, route)
    local taken, missing, offers = allocation.choose(leaving.lines, route, record)
    if not allocation.complete(missing) then
        leaving.verdicts = why.verdicts(route, {}, offers, record)
        return why.shortages(leaving.lines, missing, offers, route, record)
    end
    leaving.taken, leaving.verdicts = taken, why.verdicts(route, taken, offers, record)
    return nil
end

local function allocation_at(line, warehouse)
    for index, allocation in ipairs(line[ALLOCATIONS]) do
        if allocation[WAREHOUSE] == warehouse then
            return allocation, index
        end
    end
    return nil
end

-- Add units to a line's promise of one warehouse, or take them from it.
local function promise(line, warehouse, units, is_held)
    local allocation, index = allocation_at(line, warehouse)
    if not allocation then
        allocation, index = { warehouse, 0, 0 }, #line[ALLOCATIONS] + 1
        line[ALLOCATIONS][index] = allocation
    end
    allocation[ALLOCATED] = allocation[ALLOCATED] + units
    if allocation[ALLOCATED] == 0 then
        table.remove(line[ALLOCATIONS], index)
    end
    local level = stock.level_or_new(line[SKU], warehouse)
    stock.add(line[SKU], level, 0, is_held and units or 0, is_held and 0 or units, 0, 0)
end

-- Which units went where, as { sku, from, to, quantity }: what leaves first is taken by the first that takes.
local function pairs_of(sku, parts, taken)
    local moved, index, left = {}, 0, 0
    for _, target in ipairs(taken) do
        local units = target[ALLOCATED]
        while units > 0 do
            if left == 0 then
                index = index + 1
                left = parts[index][2]
            end
            local part = math.min(units, left)
            moved[#moved + 1] = { sku, parts[index][1], target[WAREHOUSE], part }
            units, left = units - part, left - part
        end
    end
    return moved
end

-- What was sold ahead and has gone elsewhere is sold from a shelf now, and what was given back is not sold. Only between
-- log.begin and hold.commit.
function moving.trim_preorders(record)
    local kept = {}
    for _, preorder in ipairs(record[PREORDERS] or {}) do
        for _, line in ipairs(record[LINES]) do
            local stays = line[SKU] == preorder[1] and allocation_at(line, preorder[2])
            local open = stays and stays[ALLOCATED] - stays[SHIPPED] or 0
            if open > 0 then
                kept[#kept + 1] = { preorder[1], preorder[2], math.min(preorder[3], open), preorder[4] }
            end
        end
    end
    record[PREORDERS] = kept
end

-- Move what moving.choose found a place for; returns { sku, from, to, quantity } of all. Only between log.begin and
-- hold.commit.
function moving.move(record, leaving, route)
    local moved, is_held = {}, record[STATUS] == "held"
    for index, place in ipairs(leaving.places) do
        local line = record[LINES][place]
        for _, part in ipairs(leaving.parts[index]) do
            promise(line, part[1], -part[2], is_held)
        end
        for _, target in ipairs(leaving.taken[index]) do
            promise(line, target[WAREHOUSE], target[ALLOCATED], is_held)
        end
        for _, pair in ipairs(pairs_of(line[SKU], leaving.parts[index], leaving.taken[index])) do
            moved[#moved + 1] = pair
        end
    end
    capacity.leave(record)
    capacity.take(record[DISPATCHES], route, leaving.taken)
    moving.trim_preorders(record)
    return moved
end
