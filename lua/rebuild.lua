#!lua flags=allow-oom
--[[
The two moments of a rebuild that others see: it begins, and what was written under the keys of its epoch becomes the
state. In between its process may sleep for as long as it likes: a gate that was opened meanwhile, or a later rebuild,
has made it void. One that woke up behind an opening and went on took 300 acknowledged operations with it.

KEYS:
  [1] meta
ARGV:
  [1] step: begin | flip
  [2] the epoch that was claimed for it
  [3..] with flip: fields of meta and their values
Returns: ok | superseded
Errors: none
Emits: nothing
Cost: O(1)
]]

--- @include "lib/gate"

local meta_key, step, epoch, fields = KEYS[1], ARGV[1], tonumber(ARGV[2]), { unpack(ARGV, 3) }

local opened = gate.read(meta_key).epoch
local begun = tonumber(redis.call("HGET", meta_key, "rebuilding")) or 0
if opened >= epoch or (step == "begin" and begun >= epoch) or (step == "flip" and begun ~= epoch) then
    return "superseded"
end
if step == "begin" then
    redis.call("HSET", meta_key, "closed", "rebuild", "rebuilding", integer(epoch))
else
    redis.call("HSET", meta_key, unpack(fields))
end
return "ok"
