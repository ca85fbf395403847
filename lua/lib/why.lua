-- Why: of each line that stays short, and of each warehouse that was used or not.

--- @include "lib/supply"

local why = {}

local VERDICTS_MAX = 30 -- as many warehouses as a route's basis names
local LOOKS_MAX = 120 -- lines looked at only to explain a choice

-- Units of a line in the warehouses that are full, and in those that are closed.
local function behind_obstacles(line, route, record)
    local full, closed = 0, 0
    for _, warehouse in ipairs(#route[WINDOWS] > 0 and route[RANKED] or {}) do
        local obstacle = capacity.obstacle(route, warehouse, record)
        local units = obstacle and supply.available(line, warehouse) or 0
        full, closed = full + (obstacle == "f" and units or 0), closed + (obstacle == "k" and units or 0)
    end
    return full, closed
end

local function is_out_of_area(line, route)
    for _, warehouse in ipairs(route[OUT_OF_AREA]) do
        if supply.available(line, warehouse) > 0 then
            return true
        end
    end
    return false
end

local function shortage(line, open, route, record)
    local requested, reason = line[2], "not_enough"
    local full, closed = behind_obstacles(line, route, record)
    if open >= requested then
        reason = "max_splits"
    elseif open + full >= requested then
        reason = "capacity"
    elseif open + full + closed >= requested then
        reason = "closed"
    elseif open + full + closed == 0 and is_out_of_area(line, route) then
        reason = "not_served"
    end
    return { line[1], requested, open, reason }
end

-- Every short line as { sku, requested, available, reason }; `missing` and `offers` are what allocation.choose left.
function why.shortages(lines, missing, offers, route, record)
    local shortages = {}
    for place, line in ipairs(lines) do
        local open = 0
        for _, offer in ipairs(missing[place] > 0 and offers or {}) do
            open = open + offer[2][place]
        end
        if missing[place] > 0 then
            shortages[#shortages + 1] = shortage(line, open, route, record)
        end
    end
    return shortages
end

-- "c": could ship it alone, "p": a part of it, "n": nothing; and what it has of each line.
local function share_of(lines, warehouse)
    local units, all, any = {}, true, false
    for place, line in ipairs(lines) do
        units[place] = supply.available(line, warehouse)
        all, any = all and units[place] >= line[2], any or units[place] > 0
    end
    return all and "c" or any and "p" or "n", units
end

local function used_by(taken)
    local used = {}
    for _, allocations in ipairs(taken) do
        for _, part in ipairs(allocations) do
            used[part[WAREHOUSE]] = "u"
        end
    end
    return used
end

-- One letter per warehouse of the route, in its order, of the moment before the stock is taken: "u" used, "f" full,
-- "k" closed, what share of the order it could have shipped, "-" not looked at. "" when nobody will ask.
function why.verdicts(lines, route, taken, record)
    if route[BASIS] == "" then
        return ""
    end
    local letters, used, looks = {}, used_by(taken), LOOKS_MAX
    for rank = 1, math.min(#route[RANKED], VERDICTS_MAX) do
        local warehouse = route[RANKED][rank]
        local letter = used[warehouse] or capacity.obstacle(route, warehouse, record)
        if not letter then
            looks = looks - #lines
            letter = looks < 0 and "-" or (share_of(lines, warehouse))
        end
        letters[rank] = letter
    end
    return table.concat(letters)
end

-- { warehouse, verdict, units per line } of every warehouse of the route, in its order.
function why.rows(lines, route, taken)
    local rows, used = {}, used_by(taken)
    for rank, warehouse in ipairs(route[RANKED]) do
        local share, units = share_of(lines, warehouse)
        rows[rank] = { warehouse, used[warehouse] or capacity.obstacle(route, warehouse) or share, units }
    end
    return rows
end
