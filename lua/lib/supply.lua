-- What the warehouses of a route have for an order: surveyed in the order in which they are tried, as far as need be.

--- @include "lib/layout"
--- @include "lib/stock"
--- @include "lib/capacity"

local supply = { steps = 0 } -- what this batch has cost, to know when it has done enough: some 0.1 µs each

local AVAILABLE_STEPS = 4 -- of one look at a level

-- Units of a line that a warehouse could ship now.
function supply.available(line, warehouse)
    supply.steps = supply.steps + AVAILABLE_STEPS
    return stock.available(line[1], warehouse, line.ahead)
end

-- What a warehouse has: { warehouse, units per line, whether that is all, rank }; false: nothing.
local function offer_of(lines, warehouse, rank)
    local units, all, any = {}, true, false
    for place = 1, #lines do
        local line = lines[place]
        local number = supply.available(line, warehouse)
        units[place] = number
        all, any = all and number >= line[2], any or (number > 0 and line[2] > 0)
    end
    return any and { warehouse, units, all, rank }
end

-- Whether the first warehouse of a route ships the whole order, as it does by far the most of them: told without making an
-- offer of it, which took a fifth of a hold.
function supply.first_ships(lines, route, record)
    local warehouse = route[RANKED][1]
    if route[BALANCE] or #route[RANKED] == route[STORES] then
        return false
    end
    if #route[WINDOWS] > 0 and capacity.obstacle(route, warehouse, record) then
        return false
    end
    local any = false
    for place = 1, #lines do
        local line = lines[place]
        local wanted = line[2]
        if stock.available(line[1], warehouse, line.ahead) < wanted then
            return false
        end
        any = any or wanted > 0
    end
    supply.steps = supply.steps + AVAILABLE_STEPS * #lines
    return any
end

local function total(units)
    local sum = 0
    for place = 1, #units do
        sum = sum + units[place]
    end
    return sum
end

-- Append what the warehouses from rank `first` to `last` offer that dispatch anything for this order, as far as one ships
-- it whole: that one is returned, nil: none. `offers.last`: the last rank that was looked at.
function supply.survey(lines, route, record, first, last, offers)
    local bounded = #route[WINDOWS] > 0
    for rank = first, last do
        local warehouse = route[RANKED][rank]
        local offer = not (bounded and capacity.obstacle(route, warehouse, record)) and offer_of(lines, warehouse, rank)
        offers.last = rank
        if offer then
            offers[#offers + 1] = offer
            if offer[3] then
                return offer
            end
        end
    end
    return nil
end

-- The same with the most available first, ties in the order of rank.
function supply.survey_balanced(lines, route, record, first, last, offers)
    local added, sums = {}, {}
    for rank = first, last do
        supply.survey(lines, route, record, rank, rank, added)
    end
    offers.last = last
    for _, offer in ipairs(added) do
        sums[offer] = total(offer[2])
    end
    table.sort(added, function(left, right)
        if sums[left] ~= sums[right] then
            return sums[left] > sums[right]
        end
        return left[4] < right[4]
    end)
    local alone
    for _, offer in ipairs(added) do
        offers[#offers + 1] = offer
        alone = alone or (offer[3] and offer)
    end
    return alone
end
