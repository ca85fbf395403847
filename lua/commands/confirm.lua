-- confirm: paid. The deadline is gone, the stock is committed; with a route an expired one is taken again.

--- @include "lib/batch"
--- @include "lib/reacquire"

local DONE = { confirmed = true, part_shipped = true, shipped = true }

local function confirm(command, routes)
    local _, id, client, op_id, reacquire, carried, channel, route = unpack(command)
    local record = hold.get(id, carried)
    if not record then
        return outcome.reservation(outcome.ABSENT)
    end
    local before = hold.outcome_of(record, op_id)
    if before or DONE[record[STATUS]] then
        return outcome.reservation(before or outcome.REPLAYED, hold.packed[id])
    elseif record[STATUS] == "released" then
        return outcome.reservation(outcome.RESERVATION_RELEASED, hold.packed[id])
    end
    local code, details = outcome.CONFIRMED, nil
    if record[STATUS] == "held" then
        log.begin()
    elseif reacquire and #routes[route][RANKED] > 0 then
        local shortages
        shortages, details = hold.reacquire(record, channel, routes[route])
        if shortages then
            return outcome.short(shortages, hold.packed[id])
        end
        code = outcome.REACQUIRED
    else
        return outcome.reservation(outcome.RESERVATION_EXPIRED, hold.packed[id])
    end
    hold.commit_stock(id, record)
    local kind = code == outcome.CONFIRMED and "confirm" or "reacquire"
    return outcome.reservation(code, hold.commit(id, record, kind, client, op_id, code, details))
end

handlers.confirm = { run = confirm, reservation = 2, carried = 6, route = 8 }
