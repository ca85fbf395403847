-- Dated lots on their way to a level, the earliest first.

--- @include "lib/layout"
--- @include "lib/stock"

local arrivals = { MAX = 50 }

-- The lots with `quantity` more (or fewer) of one date; a lot that is empty disappears.
local function with_lot(lots, expected_ms, quantity)
    local changed, placed = {}, false
    for _, lot in ipairs(lots) do
        if not placed and lot[EXPECTED] >= expected_ms then
            placed = true
            local units = quantity + (lot[EXPECTED] == expected_ms and lot[ARRIVING] or 0)
            changed[#changed + 1] = units > 0 and { expected_ms, units } or nil
        end
        if lot[EXPECTED] ~= expected_ms then
            changed[#changed + 1] = lot
        end
    end
    if not placed and quantity > 0 then
        changed[#changed + 1] = { expected_ms, quantity }
    end
    return changed
end

-- The lots without `units` of them, from the earliest on or from the latest on.
local function without(lots, units, latest_first)
    local left, kept = units, {}
    for step = 1, #lots do
        local lot = lots[latest_first and #lots + 1 - step or step]
        local taken = math.min(left, lot[ARRIVING])
        left = left - taken
        if lot[ARRIVING] > taken then
            table.insert(kept, latest_first and 1 or #kept + 1, { lot[EXPECTED], lot[ARRIVING] - taken })
        end
    end
    return kept
end

local function in_lot(lots, expected_ms)
    for _, lot in ipairs(lots) do
        if lot[EXPECTED] == expected_ms then
            return lot[ARRIVING]
        end
    end
    return 0
end

-- The lots after a transfer's change of `incoming` by `units`; expected_ms 0: it has no date. A lot that other movements
-- used up gives what it has, and the lots never hold more than is coming.
function arrivals.moved(level, units, expected_ms)
    local lots, coming = level[ARRIVALS] or {}, level[INCOMING] + units
    if expected_ms > 0 then
        lots = with_lot(lots, expected_ms, math.max(units, -in_lot(lots, expected_ms)))
    end
    return without(lots, math.max(0, stock.arriving({ [ARRIVALS] = lots }) - coming))
end

-- What a change of `incoming` by `units` leaves of a level's lots; nil: the named lot has not so many. Goods that arrive
-- are the earliest lot's, unless they are named; what is taken back has no date, as far as there is such, else it is the
-- latest lot's.
function arrivals.after(level, kind, units, expected_ms)
    local lots = level[ARRIVALS] or {}
    if expected_ms > 0 then
        return units + in_lot(lots, expected_ms) >= 0 and with_lot(lots, expected_ms, units) or nil
    elseif kind == "arrive" then
        return without(lots, -units)
    elseif kind == "cancel_expected" then
        return without(lots, math.max(0, stock.arriving(level) - (level[INCOMING] + units)), true)
    end
    return lots
end
