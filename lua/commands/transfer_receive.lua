-- transfer_receive, transfer_cancel: goods that were sent come, or do not; a plan is given up.

--- @include "lib/batch"
--- @include "lib/transfer"

local RECEIPTS_MAX = 100

-- The answer to a receipt that was booked before; nil: it is new.
local function received_before(record, receipt_id, fingerprint)
    for _, receipt in ipairs(record[T_RECEIPTS]) do
        if receipt[1] == receipt_id then
            local same = receipt[2] == fingerprint
            return outcome.transfer(same and outcome.REPLAYED or outcome.IDEMPOTENCY_MISMATCH, record)
        end
    end
    return nil
end

-- The first line that cannot be received, and why; nil: all can. More than was shipped is no reason: it is there. A
-- receipt that closes always has room: what is missing would stay `incoming` for ever.
local function unreceivable(record, lines, close)
    if #record[T_RECEIPTS] >= RECEIPTS_MAX and not close then
        return 1, outcome.OUT_OF_RANGE
    end
    for index, line in ipairs(lines) do
        local level = stock.level(line[1], record[T_DESTINATION]) or stock.NO_LEVEL
        if not transfer.line_of(record, line[1]) then
            return index, outcome.UNKNOWN_SKU
        elseif stock.out_of_range(level[ON_HAND] + line[2]) or level[UNAVAILABLE] + line[3] > stock.COUNTER_MAX then
            return index, outcome.OUT_OF_RANGE
        end
    end
    return nil
end

-- Only between log.begin and commit.
local function receive_lines(record, lines)
    for _, got in ipairs(lines) do
        local line = transfer.line_of(record, got[1])
        local fitting = math.min(got[2], transfer.outstanding(line))
        line[T_RECEIVED], line[T_DAMAGED] = line[T_RECEIVED] + got[2], line[T_DAMAGED] + got[3]
        transfer.move_incoming(record, line, -fitting, got[2], got[3])
    end
end

-- With `close` what is missing is lost; where nothing is missing it ends by itself.
local function end_if_done(record, close)
    local missing = 0
    for _, line in ipairs(record[T_LINES]) do
        local units = transfer.outstanding(line)
        if close and units > 0 then
            line[T_LOST] = line[T_LOST] + units
            transfer.move_incoming(record, line, -units, 0, 0)
        end
        missing = missing + (close and 0 or units)
    end
    if missing == 0 then
        record[T_STATE], record[T_ENDED] = "received", clock.now_ms
    end
end

local function receive(command)
    local _, id, digest, client, receipt_id, fingerprint, lines, close = unpack(command)
    local record = transfer.find(id)
    if not record then
        return outcome.transfer(transfer.gone(digest))
    end
    local before = received_before(record, receipt_id, fingerprint)
    if before or record[T_STATE] ~= "in_transit" then
        return before or outcome.transfer(outcome.TRANSFER_STATE, record)
    end
    local index, refusal = unreceivable(record, lines, close)
    if refusal then
        return outcome.transfer(refusal, record, index)
    end
    log.begin()
    receive_lines(record, lines)
    table.insert(record[T_RECEIPTS], { receipt_id, fingerprint })
    end_if_done(record, close)
    transfer.commit(id, record, "transfer_receive", client, receipt_id, digest)
    return outcome.transfer(outcome.APPLIED, record)
end

local function cancel(command)
    local _, id, digest, client = unpack(command)
    local record = transfer.find(id)
    if not record then
        return outcome.transfer(transfer.gone(digest))
    elseif record[T_STATE] ~= "draft" then
        return outcome.transfer(outcome.TRANSFER_STATE, record)
    end
    log.begin()
    record[T_STATE], record[T_ENDED] = "cancelled", clock.now_ms
    transfer.commit(id, record, "transfer_cancel", client, id, digest)
    return outcome.transfer(outcome.APPLIED, record)
end

handlers.transfer_receive = { run = receive, transfer = 2, lines = 7, digests = { 3 } }
handlers.transfer_cancel = { run = cancel, transfer = 2, digests = { 3 } }
