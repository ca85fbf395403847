#!lua flags=allow-oom
--[[
Shut the gate until it is opened anew. Who judged the state may have slept since: a gate that was opened behind its look
stays open. A worker that shut it all the same made a person's word void that had been given in between.

KEYS:
  [1] meta
ARGV:
  [1] the epoch that was seen  [2] reason: a word of usecases.standing.Closed
Returns: ok | superseded
Errors: none
Emits: nothing
Cost: O(1)
]]

--- @include "lib/gate"

local meta_key, epoch, reason = KEYS[1], tonumber(ARGV[1]), ARGV[2]

if gate.read(meta_key).epoch ~= epoch then
    return "superseded"
end
redis.call("HSET", meta_key, "closed", reason)
return "ok"
