-- preview: what reserve would choose now, and why; nothing is held, and nothing is written.

--- @include "lib/batch"
--- @include "lib/budget"
--- @include "lib/why"

local function preview(command, routes)
    local _, lines, allow_partial, channel, number = unpack(command)
    local unknown = stock.first_unknown(lines)
    if unknown then
        return outcome.preview(outcome.UNKNOWN_SKU, {}, {}, unknown, {})
    end
    local route = routes[number]
    local wanted, taken, missing, offers = budget.choose(lines, channel, route, true)
    local code = outcome.FOUND
    if not allocation.any(taken) or (not allow_partial and not allocation.complete(missing)) then
        code = outcome.INSUFFICIENT_STOCK
    end
    local shortages = budget.shortages(wanted, missing, offers, route)
    if code ~= outcome.FOUND then
        for place = 1, #taken do
            taken[place] = {}
        end
    end
    return outcome.preview(code, taken, shortages, 0, why.rows(wanted, route, taken))
end

handlers.preview = { run = preview, lines = 2, route = 5 }
