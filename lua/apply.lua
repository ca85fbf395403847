#!lua
--[[
Apply a batch of commands, in order, each as if it were alone.

Whatever the size of the batch, the number of Redis calls is constant: read everything the commands touch,
run them over Lua tables, append one stream entry with all events, write back what changed. Everything is
checked and every argument built before the first write, and the first write is the XADD: READONLY, OOM,
MISCONF and NOREPLICAS can only be raised there, when nothing has happened yet.

KEYS:
  [1] meta  [2] stock  [3] holds  [4] deadlines  [5] finished
  [6..9] remembered, a ring of four slots  [10] events  [11..13] limits, a ring of three slots
  [14] capacity  [15] transfers
ARGV:
  [1] epoch that the caller believes in
  [2] not_after, ms of this server's clock: run later, the batch is refused whole
  [3] "1" when new holds are refused (memory full)
  [4] msgpack of { routes, commands }; README.md spells the layouts
  [5] a word that comes back in the header, so that a reply is never taken for that of another batch
Returns: a list of msgpack strings
  [1] { status, now_ms, epoch, seq, more_due, echo }; status: ok | gate_closed | epoch_changed | late
  [2..] with ok: one outcome per command (lib/outcome.lua), or { "deferred" } for those beyond the budget
Errors: before the first write a Lua error: nothing happened, the culprit is found by halving the batch;
  after it "DIRTY …", and the gate is closed.
Emits: one stream entry, if anything changed
Cost: O(commands × lines × warehouses of the route)
]]

--- @include "lib/outcome"
--- @include "lib/clock"
--- @include "lib/gate"
--- @include "lib/log"
--- @include "lib/stock"
--- @include "lib/remembered"
--- @include "lib/deadline"
--- @include "lib/limit"
--- @include "lib/capacity"
--- @include "lib/hold"
--- @include "lib/supply"
--- @include "lib/choice"
--- @include "lib/transfer"
--- @include "lib/allocation"
--- @include "lib/why"
--- @include "lib/budget"
--- @include "lib/moving"
--- @include "lib/batch"
--- @include "commands/reserve"
--- @include "commands/confirm"
--- @include "commands/extend"
--- @include "commands/release"
--- @include "commands/reallocate"
--- @include "commands/short_pick"
--- @include "commands/preview"
--- @include "commands/scan"
--- @include "commands/reverse"
--- @include "commands/move"
--- @include "commands/transfer_ship"
--- @include "commands/transfer_receive"
--- @include "commands/policy"
--- @include "commands/read"

local meta_key, stock_key, holds_key, deadlines_key, finished_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local remembered_keys, events_key = { KEYS[6], KEYS[7], KEYS[8], KEYS[9] }, KEYS[10]
local limit_keys, capacity_key, transfers_key = { KEYS[11], KEYS[12], KEYS[13] }, KEYS[14], KEYS[15]
local epoch, not_after_ms, holds_refused, message, echo = ARGV[1], tonumber(ARGV[2]), ARGV[3] == "1", ARGV[4], ARGV[5]

local meta = gate.read(meta_key)
clock.start(meta)
local refusal = gate.refusal(meta_key, meta, epoch) or (clock.now_ms > not_after_ms and "late")
if refusal then
    return { cmsgpack.pack({ refusal, clock.now_ms, meta.epoch, meta.seq, false, echo }) }
end
log.start(meta)
gate.limit_holds(meta, holds_refused)

local request = cmsgpack.unpack(message)
local routes, commands = request[1], request[2]

local due = deadline.read_due(deadlines_key)
local runnable, swept = batch.load(commands, routes, due, {
    holds = holds_key, stock = stock_key, remembered = remembered_keys, limits = limit_keys, capacity = capacity_key,
    transfers = transfers_key,
})
local more_due = swept < #due or #due == deadline.SWEEP_MAX

for index = 1, swept do
    batch.sweep(due[index])
end
local replies = batch.run(commands, runnable, routes)

if #commands == 0 or log.count > 0 or deadline.mended then
    local written, problem = pcall(function()
        log.write(events_key)
        log.write_position(meta_key)
        hold.write(holds_key)
        stock.write(stock_key)
        transfer.write(transfers_key)
        deadline.write(deadlines_key)
        hold.write_finished(finished_key)
        remembered.write(remembered_keys)
        limit.write(limit_keys)
        capacity.write(capacity_key)
        if #commands == 0 then
            limit.drop_next(limit_keys)
        end
    end)
    if not written then
        return gate.dirty(meta_key, problem)
    end
end

replies[1] = cmsgpack.pack({ "ok", clock.now_ms, meta.epoch, log.seq, more_due, echo })
return replies
