-- Why: of each line that stays short, and of each warehouse that was used or not.

--- @include "lib/supply"

local why = {}

local VERDICTS_MAX = 30 -- as many warehouses as a route's basis names

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

-- "c": could ship it alone, "p": a part of it, "n": nothing.
local function share_of(lines, warehouse)
    local all, any = true, false
    for place = 1, #lines do
        local units = supply.available(lines[place], warehouse)
        all, any = all and units >= lines[place][2], any or (units > 0 and lines[place][2] > 0)
    end
    return all and "c" or any and "p" or "n"
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
-- "k" closed, "c" could ship it alone, "p" a part of it, "n" nothing, "-" not looked at, since one before it shipped all.
-- "" when nobody will ask. Nothing is looked up for it: two more looks cost as much as half a hold.
function why.verdicts(route, taken, offers, record)
    if route[BASIS] == "" then
        return ""
    end
    local count, last = math.min(#route[RANKED], VERDICTS_MAX), offers.last or 0
    if last == 1 and taken[1] and taken[1][1] then -- by far the most: the nearest has it
        return "u" .. string.rep("-", count - 1)
    end
    local letters, used = {}, used_by(taken)
    for rank = 1, math.min(count, last) do
        local warehouse = route[RANKED][rank]
        letters[rank] = used[warehouse] or capacity.obstacle(route, warehouse, record) or "n"
    end
    for _, offer in ipairs(offers) do
        if offer[4] <= count and not used[offer[1]] then
            letters[offer[4]] = offer[3] and "c" or "p"
        end
    end
    return table.concat(letters) .. string.rep("-", count - #letters)
end

-- Append basis, verdicts and the number of the event that tells the basis to the details of an event. Only between
-- log.begin and log.append.
function why.tell(details, route, verdicts)
    local basis, seq = log.once(route[BASIS])
    local count = #details
    details[count + 1], details[count + 2], details[count + 3] = basis, verdicts, seq
    return details
end

-- { warehouse, verdict, units per line } of every warehouse of the route, in its order.
function why.rows(lines, route, taken)
    local rows, used = {}, used_by(taken)
    for rank, warehouse in ipairs(route[RANKED]) do
        local letter, units = used[warehouse] or capacity.obstacle(route, warehouse), {}
        for place, line in ipairs(lines) do
            units[place] = supply.available(line, warehouse)
        end
        rows[rank] = { warehouse, letter or share_of(lines, warehouse), units }
    end
    return rows
end
