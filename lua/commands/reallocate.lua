-- reallocate: open units that stand where the route does not lead go where it leads, all or none.

--- @include "lib/batch"
--- @include "lib/moving"

local function leads_to(route)
    local leads = {}
    for _, warehouse in ipairs(route[RANKED]) do
        leads[warehouse] = true
    end
    return leads
end

local function reallocate(command, routes)
    local _, id, client, op_id, carried, number = unpack(command)
    local record = hold.get(id, carried)
    if not record then
        return outcome.reservation(outcome.ABSENT)
    end
    local code = hold.outcome_of(record, op_id) or hold.CLOSED[record[STATUS]]
    if code then
        return outcome.reservation(code, hold.packed[id])
    end
    local route = routes[number]
    local leads = leads_to(route)
    local leaving = moving.leaving(record, function(_, allocated, open)
        return leads[allocated[WAREHOUSE]] and 0 or open
    end)
    if #leaving.lines == 0 then
        return outcome.reservation(outcome.REPLAYED, hold.packed[id])
    end
    local shortages = moving.choose(record, leaving, route)
    if shortages then
        return outcome.short(shortages, hold.packed[id])
    end
    log.begin()
    local details = why.tell({ moving.move(record, leaving, route) }, route, leaving.verdicts)
    return outcome.reservation(outcome.REALLOCATED,
        hold.commit(id, record, "reallocate", client, op_id, outcome.REALLOCATED, details))
end

handlers.reallocate = { run = reallocate, reservation = 2, carried = 5, route = 6 }
