-- Which warehouses ship what: one for the whole order if any can, else as few as a greedy choice finds.

--- @include "lib/layout"
--- @include "lib/stock"

local allocation = {}

local RANKED, OUT_OF_AREA, BALANCE, MAX_SPLITS = 1, 2, 3, 4

local function available_to(lines, warehouse)
    local sum = 0
    for _, line in ipairs(lines) do
        sum = sum + stock.available(line[1], warehouse)
    end
    return sum
end

-- The route's order; with balance the most available first, and the route's order breaks ties.
local function ranking(lines, route)
    if not route[BALANCE] then
        return route[RANKED]
    end
    local order = {}
    for rank, warehouse in ipairs(route[RANKED]) do
        order[rank] = { warehouse, available_to(lines, warehouse), rank }
    end
    table.sort(order, function(left, right)
        if left[2] ~= right[2] then
            return left[2] > right[2]
        end
        return left[3] < right[3]
    end)
    local ranked = {}
    for rank, entry in ipairs(order) do
        ranked[rank] = entry[1]
    end
    return ranked
end

local function ships_all(lines, warehouse)
    for _, line in ipairs(lines) do
        if stock.available(line[1], warehouse) < line[2] then
            return false
        end
    end
    return true
end

-- How many of the missing units a warehouse could ship.
local function covers(lines, missing, warehouse)
    local units = 0
    for index, line in ipairs(lines) do
        if missing[index] > 0 then
            units = units + math.min(missing[index], stock.available(line[1], warehouse))
        end
    end
    return units
end

local function take(lines, missing, taken, warehouse)
    for index, line in ipairs(lines) do
        local units = math.min(missing[index], stock.available(line[1], warehouse))
        if units > 0 then
            missing[index] = missing[index] - units
            table.insert(taken[index], { warehouse, units, 0 })
        end
    end
end

-- The unused warehouse that covers most, the best ranked among equals; nil: none covers anything.
local function best_cover(lines, missing, ranked, used)
    local best, most = nil, 0
    for _, warehouse in ipairs(ranked) do
        local units = used[warehouse] and 0 or covers(lines, missing, warehouse)
        if units > most then
            best, most = warehouse, units
        end
    end
    return best
end

-- lines { { sku, quantity }, … } → per line its allocations, and per line the units that found no place.
function allocation.choose(lines, route)
    local ranked, missing, taken = ranking(lines, route), {}, {}
    for index, line in ipairs(lines) do
        missing[index], taken[index] = line[2], {}
    end
    for _, warehouse in ipairs(ranked) do
        if ships_all(lines, warehouse) then
            take(lines, missing, taken, warehouse)
            return taken, missing
        end
    end
    local used, bound = {}, route[MAX_SPLITS] > 0 and route[MAX_SPLITS] or #ranked
    for _ = 1, bound do
        local warehouse = best_cover(lines, missing, ranked, used)
        if not warehouse then
            break
        end
        used[warehouse] = true
        take(lines, missing, taken, warehouse)
    end
    return taken, missing
end

local function available_in(sku, warehouses)
    local sum = 0
    for _, warehouse in ipairs(warehouses) do
        sum = sum + stock.available(sku, warehouse)
    end
    return sum
end

-- Every short line as { sku, requested, available, reason }.
function allocation.shortages(lines, missing, route)
    local shortages = {}
    for index, line in ipairs(lines) do
        if missing[index] > 0 then
            local sku, requested = line[1], line[2]
            local available, reason = available_in(sku, route[RANKED]), "not_enough"
            if available >= requested then
                reason = "max_splits"
            elseif available == 0 and available_in(sku, route[OUT_OF_AREA]) > 0 then
                reason = "not_served"
            end
            shortages[#shortages + 1] = { sku, requested, available, reason }
        end
    end
    return shortages
end

function allocation.complete(missing)
    for _, units in ipairs(missing) do
        if units > 0 then
            return false
        end
    end
    return true
end
