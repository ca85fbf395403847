-- Which warehouses ship what: one for the whole order if any can, else the fewest, and of these the best ranked. Stores
-- help only where the others together cannot; closed warehouses and those whose day is full are passed over.

--- @include "lib/supply"
--- @include "lib/choice"

local allocation = {}

-- The fewest offers that are the whole order together, at most `splits_max`; nil: there are none.
local function several(lines, offers, splits_max)
    local needs, units = {}, {}
    for place, line in ipairs(lines) do
        needs[place] = line[2]
    end
    for index, offer in ipairs(offers) do
        units[index] = offer[2]
    end
    local found, steps = choice.fewest(needs, units, math.min(#offers, splits_max))
    supply.steps = supply.steps + steps
    local set = {}
    for place, index in ipairs(found or {}) do
        set[place] = offers[index]
    end
    return found and set
end

local function nothing_taken(lines)
    local taken, missing = {}, {}
    for place = 1, #lines do
        taken[place], missing[place] = {}, lines[place][2]
    end
    return taken, missing
end

-- Give each line what an offer has, as far as it is missing.
local function take(missing, taken, offer)
    for place = 1, #missing do
        local short, units = missing[place], offer[2][place]
        units = units < short and units or short
        if units > 0 then
            missing[place] = short - units
            taken[place][#taken[place] + 1] = { offer[1], units, 0 }
        end
    end
end

-- The unused offer that covers most, the best ranked among equals; nil: none covers anything.
local function best_cover(missing, offers, used)
    local best, most = nil, 0
    for index, offer in ipairs(offers) do
        local sum = 0
        for place = 1, used[index] and 0 or #missing do
            sum = sum + math.min(missing[place], offer[2][place])
        end
        if sum > most then
            best, most = index, sum
        end
    end
    supply.steps = supply.steps + #offers * #missing
    return best
end

-- As much as can be taken from one offer after the other, at most `splits_max` of them.
local function greedy(lines, offers, splits_max)
    local taken, missing = nothing_taken(lines)
    local used = {}
    for _ = 1, splits_max do
        local index = best_cover(missing, offers, used)
        if not index then
            break
        end
        used[index] = true
        take(missing, taken, offers[index])
    end
    return taken, missing
end

-- The offers that the order is taken from; nil: no set of them has all of it. `offers` gets all that were looked at.
local function set_of(lines, route, record, offers)
    local survey_of, splits_max = route[BALANCE] and supply.survey_balanced or supply.survey, allocation.splits_max(route)
    local first, last, ranks = 1, #route[RANKED] - route[STORES], #route[RANKED]
    while first <= ranks do
        local alone = survey_of(lines, route, record, first, last, offers)
        local set = alone and { alone } or (last >= first and splits_max > 1 and several(lines, offers, splits_max))
        if set then
            return set
        end
        first, last = last + 1, ranks
    end
    return nil
end

function allocation.splits_max(route)
    return route[MAX_SPLITS] > 0 and route[MAX_SPLITS] or #route[RANKED]
end

-- All of it from one warehouse.
local function whole(lines, warehouse)
    local taken, missing = {}, {}
    for place = 1, #lines do
        local units = lines[place][2]
        taken[place], missing[place] = units > 0 and { { warehouse, units, 0 } } or {}, 0
    end
    return taken, missing, { last = 1 }
end

-- lines { { sku, quantity }, … } → per line its allocations, per line the units that found no place, and the offers that
-- were looked at: all of them where anything is missing. `record`: the reservation, where there is one already.
function allocation.choose(lines, route, record)
    if supply.first_ships(lines, route, record) then
        return whole(lines, route[RANKED][1])
    end
    local offers = {}
    local set = set_of(lines, route, record, offers)
    if not set then
        local taken, missing = greedy(lines, offers, allocation.splits_max(route))
        return taken, missing, offers
    end
    local taken, missing = nothing_taken(lines)
    for index = 1, #set do
        take(missing, taken, set[index])
    end
    return taken, missing, offers
end

function allocation.any(taken)
    for _, allocations in ipairs(taken) do
        if #allocations > 0 then
            return true
        end
    end
    return false
end

function allocation.complete(missing)
    for place = 1, #missing do
        if missing[place] > 0 then
            return false
        end
    end
    return true
end
