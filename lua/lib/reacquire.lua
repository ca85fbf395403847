-- Taking the stock of an expired reservation again, whole, if it is still there.

--- @include "lib/hold"
--- @include "lib/budget"
--- @include "lib/why"

-- What a line would hold again: all that was not released on purpose; lines with nothing left are not asked for.
local function wanted_lines(record)
    local wanted, places = {}, {}
    for index, line in ipairs(record[LINES]) do
        local quantity = line[QUANTITY] - line[RELEASED]
        if quantity > 0 then
            wanted[#wanted + 1], places[#places + 1] = { line[SKU], quantity }, index
        end
    end
    return wanted, places
end

-- Allocate anew and hold. Returns the shortages that forbid it, and nothing has changed; or nil and the details of the
-- event: then log.begin was called, and the caller goes on to hold.commit. A pause and what a channel has left count as
-- for any order; the limit per order does not: its customer was within it.
function hold.reacquire(record, channel, route)
    local lines, places = wanted_lines(record)
    local wanted, taken, missing, offers = budget.choose(lines, channel, route, false)
    if not allocation.complete(missing) then
        return (budget.shortages(wanted, missing, offers, route))
    end
    local verdicts = why.verdicts(route, taken, offers)
    log.begin()
    record[DISPATCHES] = record[DISPATCHES] or {} -- a record of before ends in front of it
    record[PREORDERS] = budget.preorders(wanted, taken)
    for index, place in ipairs(places) do
        record[LINES][place][ALLOCATIONS] = taken[index]
    end
    hold.hold_stock(record)
    capacity.take(record[DISPATCHES], route, taken)
    return nil, why.tell({}, route, verdicts)
end
