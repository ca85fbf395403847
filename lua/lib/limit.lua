-- How many new holds a client, or one of its customers, may make: GCRA. A cell is the time, in µs of the service's
-- clock, from which its allowance is whole; each hold moves it on by one interval, never beyond a period ahead.
-- Cells lie in a ring of three slots, a minute each: writes go to the current one, look-ups to it and the one before.
-- What was written earlier is whole again by now, so the slot that comes next is dropped unseen; where nobody dropped
-- it in time, the later of two cells counts.

--- @include "lib/clock"
--- @include "lib/slices"

local limit = { cells = {}, earlier = {}, moved = {} }

local SLOTS = 3
local SLOT_MS = 60000 -- no period is longer

-- The key of the slot in use, or of one `ahead` of it.
local function slot_key(keys, ahead)
    return keys[(math.floor(clock.now_ms / SLOT_MS) + ahead) % SLOTS + 1]
end

function limit.read(keys, cells)
    redis_read(slot_key(keys, -1), cells, limit.earlier)
    redis_read(slot_key(keys, 0), cells, limit.cells)
end

-- From when the cell is whole if one more hold is made. One further ahead than a period was written by a clock that has
-- been put back since, and counts as whole.
local function whole_after_one_more(bound)
    local cell, holds, period_us = bound[1], bound[2], bound[3] * 1000
    local now_us = clock.now_ms * 1000
    local stored_us = math.max(tonumber(limit.cells[cell] or 0), tonumber(limit.earlier[cell] or 0))
    local whole_us = stored_us > now_us + period_us and now_us or math.max(stored_us, now_us)
    return whole_us + math.floor(period_us / holds)
end

-- Milliseconds until all of these limits allow one more hold; 0: now.
function limit.wait_ms(limits)
    local wait_us = 0
    for index = 1, #limits do
        local bound = limits[index]
        wait_us = math.max(wait_us, whole_after_one_more(bound) - (clock.now_ms + bound[3]) * 1000)
    end
    return math.ceil(wait_us / 1000)
end

-- Count one hold. Only behind log.begin.
function limit.take(limits)
    for index = 1, #limits do
        local bound = limits[index]
        local whole_us = whole_after_one_more(bound)
        limit.cells[bound[1]], limit.moved[bound[1]] = whole_us, whole_us
    end
end

function limit.write(keys)
    local arguments = {}
    for cell, whole_us in pairs(limit.moved) do
        arguments[#arguments + 1] = cell
        arguments[#arguments + 1] = integer(whole_us)
    end
    redis_write("HSET", slot_key(keys, 0), arguments)
end

function limit.drop_next(keys)
    redis.call("UNLINK", slot_key(keys, 1))
end
