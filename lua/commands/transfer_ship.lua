-- transfer_open, transfer_ship: goods leave one warehouse for another.

--- @include "lib/batch"
--- @include "lib/transfer"

-- The first line that may not be shipped, and why; nil: all may. `force`: also what is promised at the origin.
local function unshippable(record, lines, force)
    for index, line in ipairs(lines) do
        local sku, units = line[1], line[2]
        local here = stock.level(sku, record[T_ORIGIN]) or stock.NO_LEVEL
        local there = stock.level(sku, record[T_DESTINATION]) or stock.NO_LEVEL
        local lots = arrivals.moved(there, units, record[T_EXPECTED])
        if not transfer.line_of(record, sku) then
            return index, outcome.UNKNOWN_SKU
        elseif stock.out_of_range(here[ON_HAND] - units) or there[INCOMING] + units > stock.COUNTER_MAX then
            return index, outcome.OUT_OF_RANGE
        elseif #lots > arrivals.MAX then
            return index, outcome.TOO_MANY_ARRIVALS
        elseif not force and stock.breaks(sku, here, -units, 0) then
            return index, outcome.WOULD_BREAK_COMMITMENTS
        end
    end
    return nil
end

-- Only between log.begin and commit.
local function ship(record, lines)
    record[T_STATE], record[T_SHIPPED_AT] = "in_transit", clock.now_ms
    for _, sent in ipairs(lines) do
        local line, units = transfer.line_of(record, sent[1]), sent[2]
        line[T_SHIPPED] = units
        stock.add(line[SKU], stock.level_or_new(line[SKU], record[T_ORIGIN]), -units, 0, 0, 0, 0)
        transfer.move_incoming(record, line, units, 0, 0)
    end
end

local function planned(lines)
    local plan = {}
    for index, line in ipairs(lines) do
        plan[index] = { line[1], line[2], 0, 0, 0, 0 }
    end
    return plan
end

-- The answer to an id that was used before; nil: it is new.
local function opened_before(id, digest, fingerprint)
    local record = transfer.find(id)
    local same = record and record[T_FINGERPRINT] == fingerprint
    if not record then
        same = remembered.same(digest, fingerprint)
    end
    if same == nil then
        return nil
    elseif not same then
        return outcome.transfer(outcome.IDEMPOTENCY_MISMATCH)
    end
    return outcome.transfer(record and outcome.REPLAYED or outcome.REMEMBERED, record)
end

local function open(command)
    local _, id, digest, fingerprint, client, origin, destination, lines = unpack(command)
    local expected_ms, reference, ships, force = unpack(command, 9)
    local before = opened_before(id, digest, fingerprint)
    if before then
        return before
    end
    for index, line in ipairs(lines) do
        if not stock.get(line[1]) then
            return outcome.transfer(outcome.UNKNOWN_SKU, nil, index)
        end
    end
    local now_ms = clock.now_ms
    local record = { 1, "draft", now_ms, 0, 0, 0, fingerprint, client, origin, destination, expected_ms, reference }
    record[T_LINES], record[T_RECEIPTS] = planned(lines), {}
    if ships then
        local index, refusal = unshippable(record, lines, force)
        if refusal then
            return outcome.transfer(refusal, nil, index)
        end
    end
    log.begin()
    if ships then
        ship(record, lines)
    end
    transfer.commit(id, record, ships and "transfer_ship" or "transfer_open", client, id, digest)
    return outcome.transfer(outcome.APPLIED, record)
end

-- Whether exactly these quantities were shipped.
local function shipped_so(record, lines)
    local named = {}
    for _, sent in ipairs(lines) do
        named[sent[1]] = sent[2]
    end
    for _, line in ipairs(record[T_LINES]) do
        if line[T_SHIPPED] ~= (named[line[SKU]] or 0) then
            return false
        end
    end
    return true
end

local function ship_draft(command)
    local _, id, digest, client, lines, force = unpack(command)
    local record = transfer.find(id)
    if not record then
        return outcome.transfer(transfer.gone(digest))
    elseif record[T_STATE] ~= "draft" then
        local same = #lines == 0 or shipped_so(record, lines)
        return outcome.transfer(same and outcome.REPLAYED or outcome.TRANSFER_STATE, record)
    end
    lines = #lines > 0 and lines or record[T_LINES]
    local index, refusal = unshippable(record, lines, force)
    if refusal then
        return outcome.transfer(refusal, record, index)
    end
    log.begin()
    ship(record, lines)
    transfer.commit(id, record, "transfer_ship", client, id, digest)
    return outcome.transfer(outcome.APPLIED, record)
end

handlers.transfer_open = { run = open, transfer = 2, lines = 8, digests = { 3 } }
handlers.transfer_ship = { run = ship_draft, transfer = 2, lines = 5, digests = { 3 } }
