-- The service's clock: Redis TIME, read once per batch (from 7.2 on it is frozen in a script, before it is not),
-- never going back behind what was stored.

local clock = { now_ms = 0 }

-- Integers as text: tostring() switches to exponents at 10^14.
local function integer(value)
    return string.format("%.0f", value)
end

function clock.start(meta)
    local time = redis.call("TIME")
    clock.now_ms = math.max(tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), meta.clock_ms)
    clock.opened_ms = meta.opened_ms
    clock.retention_ms = meta.retention_ms
    clock.ring_start_ms = meta.ring_start_ms
end
