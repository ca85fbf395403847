#!lua flags=allow-oom
--[[
What the ledger has committed may leave Redis: remember how far the ledger is, trim the stream, and let finished
reservations go; of those only the digest of the id stays, for the retention. So do the places of days that are over.

KEYS:
  [1] meta  [2] holds  [3] finished  [4] events  [5..8] remembered, the ring of four slots
  [9] capacity
ARGV:
  [1] epoch that the writer opened
  [2] highest committed seq
  [3] stream id: entries before it are committed and old enough to go
  [4] msgpack of { { id, digest }, … }: reservations that ended long enough ago to leave
Returns: msgpack { status, left }; status: ok | gate_closed | epoch_changed; left: how many reservations went
Errors: none
Emits: nothing
Cost: O(ids + trimmed entries + warehouses with a capacity × days ahead)
]]

--- @include "lib/layout"
--- @include "lib/gate"
--- @include "lib/clock"
--- @include "lib/slices"
--- @include "lib/remembered"
--- @include "lib/capacity"

local meta_key, holds_key, finished_key, events_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local remembered_keys, capacity_key = { KEYS[5], KEYS[6], KEYS[7], KEYS[8] }, KEYS[9]
local epoch, committed, trim_id, leaving = ARGV[1], tonumber(ARGV[2]), ARGV[3], cmsgpack.unpack(ARGV[4])

local meta = gate.read(meta_key)
clock.start(meta)
local refusal = gate.refusal(meta_key, meta, epoch)
if refusal then
    return cmsgpack.pack({ refusal, 0 })
end

local ids, packed, left = {}, {}, {}
for index, pair in ipairs(leaving) do
    ids[index] = pair[1]
end
redis_read(holds_key, ids, packed)
for _, pair in ipairs(leaving) do
    local id, digest = pair[1], pair[2]
    local record = packed[id] and cmsgpack.unpack(packed[id])
    -- Between the caller's look and this call it may have been taken again, or changed beyond the ledger.
    if record and record[ENDED] > 0 and record[CHANGED_SEQ] <= committed then
        remembered.add(digest, record[FINGERPRINT])
        left[#left + 1] = id
    end
end

local days_over = capacity.over(capacity_key)

redis.call("HSET", meta_key, "flushed", integer(math.max(meta.flushed, committed)))
redis.call("XTRIM", events_key, "MINID", "~", trim_id)
remembered.write(remembered_keys)
redis_write("HDEL", holds_key, left)
redis_write("ZREM", finished_key, left)
redis_write("HDEL", capacity_key, days_over)
remembered.empty_next(remembered_keys)
return cmsgpack.pack({ "ok", #left })
