-- What the warehouses of a route have for an order: surveyed in the order in which they are tried, as far as need be.

--- @include "lib/layout"
--- @include "lib/stock"
--- @include "lib/capacity"

local supply = { steps = 0 } -- what this batch has cost, to know when it has done enough: some 0.1 µs each

local AVAILABLE_STEPS = 4 -- of one look at a level

-- Units of a line that a warehouse could ship now.
function supply.available(line, warehouse)
    supply.steps = supply.steps + AVAILABLE_STEPS
    return stock.available(line[1], warehouse)
end

-- What a warehouse has: { warehouse, units per line, whether that is all, rank }; nil: nothing.
local function offer_of(lines, warehouse, rank)
    local units, all, any = {}, true, false
    for place = 1, #lines do
        local line = lines[place]
        local number = supply.available(line, warehouse)
        units[place] = number
        all, any = all and number >= line[2], any or number > 0
    end
    return any and { warehouse, units, all, rank } or nil
end

local function total(units)
    local sum = 0
    for place = 1, #units do
        sum = sum + units[place]
    end
    return sum
end

-- Those that dispatch something for this order, in the order of rank, and how many of them are no stores.
function supply.candidates(route, record)
    local ranked, others = route[RANKED], #route[RANKED] - route[STORES]
    if #route[WINDOWS] == 0 then
        return ranked, others
    end
    local open, open_others = {}, 0
    for rank, warehouse in ipairs(ranked) do
        if not capacity.obstacle(route, warehouse, record) then
            open[#open + 1] = warehouse
            open_others = rank <= others and #open or open_others
        end
    end
    return open, open_others
end

-- Append what candidates `first` to `last` offer, as far as one ships the whole order: that one is returned, nil: none.
function supply.survey(lines, candidates, first, last, offers)
    for rank = first, last do
        local offer = offer_of(lines, candidates[rank], rank)
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
function supply.survey_balanced(lines, candidates, first, last, offers)
    local added, sums = {}, {}
    for rank = first, last do
        local offer = offer_of(lines, candidates[rank], rank)
        if offer then
            added[#added + 1], sums[offer] = offer, total(offer[2])
        end
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

