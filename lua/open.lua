#!lua flags=allow-oom
--[[
Open the gate for the server that runs this, in a new epoch. Only the writer calls it, after it compared Redis
with the ledger, the clocks with each other, and claimed the epoch in the ledger.

KEYS:
  [1] meta
ARGV:
  [1] identity (run_id:master_replid) that was compared: another server may answer by now
  [2] the new epoch  [3] "1" after an outage: nothing that was held before expires for 60 s
  [4] backlog limit, events  [5] retention, ms  [6] "1" to set a clock back that stands ahead of the server's
  [7] the epoch in which the state that was compared was built: a rebuild that slept may have put another in its place
Returns: msgpack { status, now_ms }; status: ok | identity_changed | state_changed | epoch_not_newer
Errors: none
Emits: nothing
Cost: O(1)
]]

--- @include "lib/gate"
--- @include "lib/clock"
--- @include "lib/remembered"

local meta_key = KEYS[1]
local identity, epoch, after_outage, backlog_limit, retention_ms = ARGV[1], ARGV[2], ARGV[3] == "1", ARGV[4], ARGV[5]
local sets_clock_back, built = ARGV[6] == "1", ARGV[7]

local meta = gate.read(meta_key)
clock.start(meta)
local own_identity, replicated = gate.identity()
if identity ~= own_identity then
    return cmsgpack.pack({ "identity_changed", clock.now_ms })
elseif (redis.call("HGET", meta_key, "built") or "0") ~= built then
    return cmsgpack.pack({ "state_changed", clock.now_ms })
elseif tonumber(epoch) <= meta.epoch then
    return cmsgpack.pack({ "epoch_not_newer", clock.now_ms })
end
-- Until when holds may carry a time that lies ahead: those are given their time anew (usecases/mend_deadlines.py).
local ahead_until_ms = meta.ahead_until_ms
if sets_clock_back and clock.now_ms > clock.server_ms then
    ahead_until_ms = math.max(ahead_until_ms, clock.now_ms)
    clock.set_back()
end
if meta.retention_ms > 0 and meta.retention_ms ~= tonumber(retention_ms) then
    clock.ring_start_ms = remembered.start_with(tonumber(retention_ms))
end
redis.call("HSET", meta_key, "gate", identity, "closed", "", "epoch", epoch, "replicated", replicated and "1" or "0",
    "backlog_limit", backlog_limit, "retention_ms", retention_ms, "ring_start_ms", integer(clock.ring_start_ms),
    "clock_ms", integer(clock.now_ms), "ahead_until_ms", integer(ahead_until_ms))
if after_outage or sets_clock_back then
    redis.call("HSET", meta_key, "opened_ms", integer(clock.now_ms))
end
return cmsgpack.pack({ "ok", clock.now_ms })
