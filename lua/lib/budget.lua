-- What a channel may sell of a SKU, whatever lies in the warehouses: stock withheld over all of them, pauses, limits per
-- order; and whether a line is sold ahead of what is on its way. Nothing here is stored: it is what the counters say.

--- @include "lib/layout"
--- @include "lib/stock"
--- @include "lib/allocation"
--- @include "lib/why"

local budget = {}

-- The warehouses whose stock nobody is sold, as a set; made once per route of the batch.
local function idle(route)
    if not route.idle then
        route.idle = {}
        for _, warehouse in ipairs(route[NOT_SELLING]) do
            route.idle[warehouse] = true
        end
    end
    return route.idle
end

-- Units of a SKU over all warehouses that sell; `ahead`: with what is on its way.
local function sellable(sku, record, route, ahead)
    local sum, resting = 0, idle(route)
    for _, level in ipairs(record[STOCK_LEVELS]) do
        if not resting[level[WAREHOUSE]] then
            local coming = ahead and stock.arriving(level) or 0
            sum = sum + math.max(0, stock.unpromised(sku, level) + coming)
        end
    end
    return sum
end

local function applies(threshold, channel)
    return threshold[CHANNEL] == "" or threshold[CHANNEL] == channel
end

local function withheld(record, channel)
    local sum = 0
    for _, threshold in ipairs(record[STOCK_THRESHOLDS]) do
        sum = sum + (applies(threshold, channel) and threshold[WITHHELD] or 0)
    end
    return sum
end

-- Whether a channel is paused with so many units left, and how many it may sell per order.
local function terms(record, channel, left)
    local paused, most = false, math.huge
    for _, threshold in ipairs(record[STOCK_THRESHOLDS]) do
        if applies(threshold, channel) then
            paused = paused or left < threshold[PAUSE_BELOW]
            if left < threshold[LIMIT_BELOW] then
                most = math.min(most, threshold[LIMIT_QUANTITY])
            end
        end
    end
    return paused, most
end

-- How many units may still be sold ahead: of the SKU's own bound, and of what is on its way less what is withheld.
local function left_ahead(sku, record, channel, route)
    local left = record[STOCK_PREORDERS]
    if left == UNSET then
        return 0
    end
    for _, level in ipairs(record[STOCK_LEVELS]) do
        left = left - stock.preordered(record, level)
    end
    return math.min(left, sellable(sku, record, route, true) - withheld(record, channel))
end

-- The line as its SKU's policy lets it through: { sku, quantity, ahead, cut, reason }, the last three by name: `cut`
-- units fewer than asked for, and why; `ahead` where all of it is sold ahead of what is on its way.
local function granted(line, record, channel, route, limited)
    local sku, quantity = line[1], line[2]
    local left = math.max(0, sellable(sku, record, route) - withheld(record, channel))
    local paused, most = terms(record, channel, left)
    if paused then
        return { sku, 0, cut = quantity, reason = "paused" }
    end
    local allowed = limited and math.min(quantity, most) or quantity
    if allowed > left and left_ahead(sku, record, channel, route) < allowed then
        return { sku, left, cut = quantity - left, reason = "not_enough" }
    end
    return { sku, allowed, ahead = allowed > left, cut = quantity - allowed, reason = "limit" }
end

-- The lines as policies let them through; the very lines where no policy is in the way. `limited`: by the limits per
-- order as well, which are for new orders alone.
local function wanted_of(lines, channel, route, limited)
    local wanted = lines
    for index = 1, #lines do
        local line = lines[index]
        local record = stock.get(line[1])
        if #record[STOCK_THRESHOLDS] > 0 or record[STOCK_PREORDERS] ~= UNSET then
            wanted = wanted == lines and { unpack(lines) } or wanted
            wanted[index] = granted(line, record, channel, route, limited)
        end
    end
    return wanted
end

-- allocation.choose within what policies let through: the lines so far, their allocations, and per line what is missing
-- of what was asked for; and the offers that were looked at.
function budget.choose(lines, channel, route, limited)
    local wanted = wanted_of(lines, channel, route, limited)
    local taken, missing, offers = allocation.choose(wanted, route)
    for index = 1, wanted == lines and 0 or #wanted do
        missing[index] = missing[index] + (wanted[index].cut or 0)
    end
    return wanted, taken, missing, offers
end

-- Every short line as { sku, requested, available, reason }, and the index of the first; 0: none. The index is told only
-- where the limit per order alone is in the way.
function budget.shortages(wanted, missing, offers, route)
    local shortages, short, first = why.shortages(wanted, missing, offers, route), 0, 0
    local by_limit = true
    for index, line in ipairs(wanted) do
        if missing[index] > 0 then
            short = short + 1
            first = first == 0 and index or first
            local shortage, cut = shortages[short], line.cut or 0
            shortage[2] = line[2] + cut
            if cut > 0 and missing[index] == cut then
                shortage[3], shortage[4] = line[2], line.reason
            end
            by_limit = by_limit and shortage[4] == "limit"
        end
    end
    return shortages, by_limit and first or 0
end

-- When the lot comes that covers the last of `units` more promised units; the earliest where the shelf would do, since
-- what lies there is withheld.
local function covered_ms(sku, level, units)
    local uncovered = units - stock.unpromised(sku, level)
    for _, arrival in ipairs(level[ARRIVALS]) do
        uncovered = uncovered - arrival[ARRIVING]
        if uncovered <= 0 then
            return arrival[EXPECTED]
        end
    end
    error("units were sold ahead of nothing")
end

-- { sku, warehouse, quantity, ship_by_ms } of what is sold ahead; asked for before it is held.
function budget.preorders(wanted, taken)
    local preorders = {}
    for index = 1, #wanted do
        local line = wanted[index]
        for place = 1, line.ahead and #taken[index] or 0 do
            local warehouse, units = unpack(taken[index][place])
            local ship_by_ms = covered_ms(line[1], stock.level(line[1], warehouse), units)
            preorders[#preorders + 1] = { line[1], warehouse, units, ship_by_ms }
        end
    end
    return preorders
end
