-- The event log: numbers events without gaps and appends them in one stream entry.

--- @include "lib/layout"
--- @include "lib/outcome"
--- @include "lib/clock"
--- @include "lib/packing"

local log = { count = 0, seq = 0, position = "0-0", events = {}, deltas = {}, touched = {}, told = {} }

function log.start(meta)
    log.seq, log.position, log.before, log.epoch = meta.seq, meta.position, meta.position, meta.epoch
end

-- Take the number of the next event. From here to log.append nothing may refuse.
function log.begin()
    log.seq = log.seq + 1
end

-- A text that many events of a batch share is told once: it and 0, or "" and the number of the event that tells it. In
-- each event the basis of a route would cost half as much as the whole hold. Only between log.begin and log.append.
function log.once(text)
    local seq = log.told[text]
    if seq or text == "" then
        return "", seq or 0
    end
    log.told[text] = log.seq
    return text, 0
end

-- Note what the event in the making does to one level; two notes of one level add up.
function log.change(sku, level, on_hand, held, committed, unavailable, incoming)
    local delta = log.deltas[level]
    if not delta then
        log.deltas[level] = { sku, level[WAREHOUSE], on_hand, held, committed, unavailable, incoming }
        log.touched[#log.touched + 1] = level
        return
    end
    delta[3], delta[4], delta[5] = delta[3] + on_hand, delta[4] + held, delta[5] + committed
    delta[6], delta[7] = delta[6] + unavailable, delta[7] + incoming
end

-- The noted change of a level, packed: { sku, warehouse, five deltas, five counters after }.
local function change_of(level)
    local row = log.deltas[level]
    log.deltas[level] = nil
    local sku, warehouse = row[1], row[2]
    return LIST[12] .. TEXT[#sku] .. sku .. TEXT[#warehouse] .. warehouse
        .. NUMBER[row[3]] .. NUMBER[row[4]] .. NUMBER[row[5]] .. NUMBER[row[6]] .. NUMBER[row[7]]
        .. NUMBER[level[ON_HAND]] .. cmsgpack.pack(level[HELD]) .. NUMBER[level[COMMITTED]]
        .. NUMBER[level[UNAVAILABLE]] .. NUMBER[level[INCOMING]]
end

-- All of them, packed.
local function changes()
    local touched = log.touched
    local count = #touched
    if count == 1 then
        local level = touched[1]
        touched[1] = nil
        return ARRAY_OF_1 .. change_of(level)
    end
    for index = 1, count do
        touched[index] = change_of(touched[index])
    end
    log.touched = {}
    return array_header(count) .. table.concat(touched)
end

-- Close the event that log.begin opened. `record` is the packed reservation after it, `details` a table, or packed; nil:
-- none.
function log.append(kind, client, op_id, subject, record, details)
    log.count = log.count + 1
    log.events[log.count] = ARRAY_OF_9 .. cmsgpack.pack(log.seq) .. NUMBER[clock.now_ms]
        .. TEXT[#kind] .. kind .. TEXT[#client] .. client .. TEXT[#op_id] .. op_id .. TEXT[#subject] .. subject
        .. changes()
        .. (record or NIL)
        .. (type(details) == "table" and cmsgpack.pack(details) or details or NIL)
end

function log.write(events_key)
    if log.count == 0 then
        return
    end
    log.position = integer(log.epoch) .. "-" .. integer(log.seq)
    redis.call("XADD", events_key, log.position, "before", log.before, "at", integer(clock.now_ms),
        "events", array_header(log.count) .. table.concat(log.events))
end

-- Sequence and clock. An empty batch, the tick, writes them as well, so that the clock never goes back by more
-- than a second however quiet the service is.
function log.write_position(meta_key)
    redis.call("HSET", meta_key, "seq", integer(log.seq), "position", log.position, "clock_ms", integer(clock.now_ms))
end
