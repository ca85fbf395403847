-- The gate: who may be served. It is the identity of the server it was opened for, not a flag: a server that was
-- demoted, resynchronised and promoted again keeps its run id, its connections and its scripts, with other data
-- behind them; its replication id tells. `closed` says why it was shut on that very server, until it is opened again.

--- @include "lib/clock"

local gate = { memory_full = false, seq_max = 0 }

function gate.read(meta_key)
    local row = redis.call("HMGET", meta_key, "gate", "epoch", "seq", "position", "clock_ms", "flushed", "opened_ms",
        "backlog_limit", "retention_ms", "ring_start_ms", "closed", "ahead_until_ms")
    return {
        gate = row[1] or "",
        epoch = tonumber(row[2]) or 0,
        seq = tonumber(row[3]) or 0,
        position = row[4] or "0-0",
        clock_ms = tonumber(row[5]) or 0,
        flushed = tonumber(row[6]) or 0,
        opened_ms = tonumber(row[7]) or 0,
        backlog_limit = tonumber(row[8]) or 0,
        retention_ms = tonumber(row[9]) or 0,
        ring_start_ms = tonumber(row[10]) or 0,
        closed = row[11] or "",
        ahead_until_ms = tonumber(row[12]) or 0,
    }
end

-- run_id:master_replid of the server that runs this, 4 to 6 µs; and whether a replica may have a copy of its data.
function gate.identity()
    local run_id = string.match(redis.call("INFO", "server"), "run_id:(%x+)")
    local replication = redis.call("INFO", "replication")
    local replication_id = string.match(replication, "master_replid:(%x+)")
    local replicated = string.find(replication, "repl_backlog_active:1", 1, true) ~= nil
    return run_id .. ":" .. replication_id, replicated
end

-- A clock that jumped shuts the gate before anything can expire by it.
function gate.refusal(meta_key, meta, epoch)
    if meta.closed ~= "" or meta.gate ~= gate.identity() then
        return "gate_closed"
    end
    if meta.epoch ~= tonumber(epoch) then
        return "epoch_changed"
    end
    if clock.jumped then
        redis.call("HSET", meta_key, "closed", "clock")
        return "gate_closed"
    end
    return nil
end

function gate.limit_holds(meta, memory_full)
    gate.memory_full, gate.seq_max = memory_full, meta.flushed + meta.backlog_limit
end

-- New holds stop when memory is full or the ledger is further behind than the bound; what ends a hold never does.
-- `seq` is the running number, so that a batch that crosses the bound stops where single commands would.
function gate.refuses_holds(seq)
    return gate.memory_full or seq > gate.seq_max
end

-- A write failed after the first one: state and log may disagree, so nobody is served until a rebuild.
function gate.dirty(meta_key, problem)
    redis.pcall("HSET", meta_key, "closed", "dirty")
    local text = type(problem) == "table" and problem.err or tostring(problem)
    return redis.error_reply("DIRTY " .. string.gsub(text, "[\r\n]", " "))
end
