-- move: one stock movement, applied once per movement id.

--- @include "lib/batch"
--- @include "lib/arrivals"

-- What each type does to { on_hand, unavailable, incoming }, per unit. count sets on_hand instead.
local EFFECTS = {
    receive = { 1, 0, 0 },
    adjust = { 1, 0, 0 },
    quarantine = { 0, 1, 0 },
    restore = { 0, -1, 0 },
    write_off = { -1, -1, 0 },
    ["return"] = { 1, 1, 0 },
    expect = { 0, 0, 1 },
    arrive = { 1, 0, -1 },
    cancel_expected = { 0, 0, -1 },
}
local ABOUT_ARRIVALS = { expect = true, arrive = true, cancel_expected = true }

local function deltas(kind, quantity, level)
    if kind == "count" then
        return quantity - level[ON_HAND], 0, 0
    end
    local effect = EFFECTS[kind] or error("unknown movement type " .. tostring(kind))
    return effect[1] * quantity, effect[2] * quantity, effect[3] * quantity
end

-- Why the movement may not happen whoever wants it, nil: it may. `lots`: what is on its way after it.
local function judge(level, on_hand, unavailable, incoming, expected, lots)
    if expected[1] and expected[1] ~= level[ON_HAND] then
        return outcome.STALE_COUNT
    end
    local unfit, coming = level[UNAVAILABLE] + unavailable, level[INCOMING] + incoming
    if stock.out_of_range(level[ON_HAND] + on_hand) or unfit > stock.COUNTER_MAX or coming > stock.COUNTER_MAX then
        return outcome.OUT_OF_RANGE
    elseif lots and #lots > arrivals.MAX then
        return outcome.TOO_MANY_ARRIVALS
    elseif unfit < 0 or coming < (level[IN_TRANSIT] or 0) or not lots then -- what a transfer brings is its own
        return outcome.NOT_ENOUGH
    end
    return nil
end

local function move(command)
    local _, id, digest, fingerprint, client, kind, sku, warehouse, quantity = unpack(command)
    local expected, force, reason, reference, expected_ms = unpack(command, 10)
    local same = remembered.same(digest, fingerprint)
    if same ~= nil then
        return outcome.stock(same and outcome.DUPLICATE or outcome.MOVEMENT_ID_REUSED, stock.get(sku))
    end
    local level = stock.level(sku, warehouse) or stock.NO_LEVEL
    local on_hand, unavailable, incoming = deltas(kind, quantity, level)
    local lots = arrivals.after(level, kind, incoming, expected_ms)
    local code = judge(level, on_hand, unavailable, incoming, expected, lots)
    local forced = not code and stock.breaks(sku, level, on_hand, unavailable, lots)
    if forced and not force then
        code = outcome.WOULD_BREAK_COMMITMENTS
    end
    if code then
        return outcome.stock(code, stock.get(sku))
    end
    log.begin()
    level = stock.level_or_new(sku, warehouse)
    stock.add(sku, level, on_hand, 0, 0, unavailable, incoming)
    if ABOUT_ARRIVALS[kind] then
        level[ARRIVALS] = lots
    end
    if kind == "count" then
        level[COUNTED] = clock.now_ms
    end
    remembered.add(digest, fingerprint)
    local details = { digest, fingerprint, quantity, reason, reference, forced }
    if ABOUT_ARRIVALS[kind] then
        details[7], details[8] = lots, expected_ms
    end
    log.append(kind, client, id, id, nil, details)
    return outcome.stock(outcome.APPLIED, stock.get(sku))
end

handlers.move = { run = move, sku = 7, digests = { 3 } }
