-- extend: a new deadline, counted from now; never revives silently.

--- @include "lib/batch"
--- @include "lib/reacquire"

local function extend(command, routes)
    local _, id, client, op_id, ttl_ms, armed_ms, reacquire, carried, channel, route = unpack(command)
    local record = hold.get(id, carried)
    if not record then
        return outcome.reservation(outcome.ABSENT)
    end
    local before = hold.outcome_of(record, op_id)
    if before then
        return outcome.reservation(before, hold.packed[id])
    end
    local code, details = outcome.EXTENDED, nil
    if record[STATUS] == "held" and (armed_ms == 0 or armed_ms == record[ARMED]) then
        log.begin()
    elseif record[STATUS] == "expired" and reacquire and #routes[route][RANKED] > 0 then
        local shortages
        shortages, details = hold.reacquire(record, channel, routes[route])
        if shortages then
            return outcome.short(shortages, hold.packed[id])
        end
        code = outcome.REACQUIRED
    else
        return outcome.reservation(outcome.NOT_HELD, hold.packed[id])
    end
    record[DEADLINE], record[ARMED] = clock.now_ms + ttl_ms, clock.now_ms
    hold.settle(id, record, "held")
    deadline.arm(id, record[DEADLINE])
    local kind = code == outcome.EXTENDED and "extend" or "reacquire"
    return outcome.reservation(code, hold.commit(id, record, kind, client, op_id, code, details))
end

handlers.extend = { run = extend, reservation = 2, carried = 8, route = 10 }
