-- Deadlines of holds: a sorted set, swept at the start of each batch. A hold that is due counts as expired for
-- every command, swept or not.

--- @include "lib/layout"
--- @include "lib/clock"
--- @include "lib/slices"

local deadline = { SWEEP_MAX = 64, mended = false, armed = {}, disarmed = {} }

-- After an outage nothing that was held before may expire before its customer had this long to come back.
local GRACE_MS = 60000

-- When a hold falls due on the service's clock.
function deadline.of(record)
    if record[ARMED] < clock.opened_ms then
        return math.max(record[DEADLINE], clock.opened_ms + GRACE_MS)
    end
    return record[DEADLINE]
end

function deadline.is_due(record)
    return record[STATUS] == "held" and clock.now_ms >= deadline.of(record)
end

-- Ids whose stored deadline has passed, the longest overdue first.
function deadline.read_due(deadlines_key)
    return redis.call("ZRANGEBYSCORE", deadlines_key, "-inf", integer(clock.now_ms), "LIMIT", 0, deadline.SWEEP_MAX)
end

function deadline.arm(id, at_ms)
    deadline.armed[id], deadline.disarmed[id] = at_ms, nil
end

function deadline.disarm(id)
    deadline.armed[id], deadline.disarmed[id] = nil, true
end

function deadline.write(deadlines_key)
    local armed, disarmed, count = {}, {}, 0
    for id, at_ms in pairs(deadline.armed) do
        armed[count + 1], armed[count + 2] = at_ms, id
        count = count + 2
    end
    for id in pairs(deadline.disarmed) do
        disarmed[#disarmed + 1] = id
    end
    redis_write("ZADD", deadlines_key, armed)
    redis_write("ZREM", deadlines_key, disarmed)
end
