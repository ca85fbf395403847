-- Ids that were applied and may be repeated: digest → the first 11 characters of the content's fingerprint.
-- A ring of four slots, each for half the retention: writes go to the current one, look-ups to it and the two
-- before, so an id lives 1 to 1.5 retentions; the slot after the current one is emptied by the writer.

--- @include "lib/clock"
--- @include "lib/slices"

local remembered = { known = {}, added = {} }

local SLOTS = 4
local PREFIX = 11

-- Half retentions since the ring began.
local function period()
    return math.floor((clock.now_ms - clock.ring_start_ms) / (clock.retention_ms / 2))
end

-- 1 to 4: the slot that is written now.
local function current_slot()
    return period() % SLOTS + 1
end

-- Where the ring has to begin so that with another retention the slot that is written now stays the same. Without it
-- the slots would be looked up, and emptied, in an order in which they were not written.
function remembered.start_with(retention_ms)
    return clock.now_ms - period() % SLOTS * retention_ms / 2
end

function remembered.read(keys, digests)
    local slot = current_slot()
    for age = 2, 0, -1 do
        redis_read(keys[(slot - 1 - age) % SLOTS + 1], digests, remembered.known)
    end
end

-- nil: never seen; true: seen with this content; false: seen with other content.
function remembered.same(digest, fingerprint)
    local known = remembered.known[digest]
    if not known then
        return nil
    end
    return known == string.sub(fingerprint, 1, PREFIX)
end

function remembered.add(digest, fingerprint)
    local prefix, added = string.sub(fingerprint, 1, PREFIX), remembered.added
    remembered.known[digest] = prefix
    added[#added + 1] = digest
    added[#added + 1] = prefix
end

function remembered.write(keys)
    redis_write("HSET", keys[current_slot()], remembered.added)
end

-- The slot that comes into use next held ids older than the retention.
function remembered.empty_next(keys)
    redis.call("UNLINK", keys[current_slot() % SLOTS + 1])
end
