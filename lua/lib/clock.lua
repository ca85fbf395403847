-- The service's clock: Redis TIME, read once per batch (from 7.2 on it is frozen in a script, before it is not),
-- never going back behind what was stored.

--- @include "lib/layout"

local clock = { now_ms = 0, jumped = false }

-- Somebody stores the clock every second, every 20 s at the least: a longer gap is no passing of time that anybody saw.
local JUMP_MS = 60000

function clock.start(meta)
    local time = redis.call("TIME")
    clock.server_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    clock.now_ms = math.max(clock.server_ms, meta.clock_ms)
    clock.jumped = meta.clock_ms > 0 and clock.server_ms - meta.clock_ms > JUMP_MS
    clock.opened_ms = meta.opened_ms
    clock.retention_ms = meta.retention_ms
    clock.ring_start_ms = meta.ring_start_ms
end

-- Give up a clock that stands ahead of the server's. Only for the opening of the gate, behind which no older batch
-- can run; the ring of remembered ids keeps the slot that is written now.
function clock.set_back()
    local ahead_ms = clock.now_ms - clock.server_ms
    clock.now_ms = clock.server_ms
    clock.ring_start_ms = clock.ring_start_ms - ahead_ms
end
