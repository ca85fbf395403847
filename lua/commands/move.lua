-- move: one stock movement, applied once per movement id.

--- @include "lib/batch"

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
}
local NO_LEVEL = { "", 0, 0, 0, 0, 0, UNSET, UNSET, 0 }

local function deltas(kind, quantity, level)
    if kind == "count" then
        return quantity - level[ON_HAND], 0, 0
    end
    local effect = EFFECTS[kind] or error("unknown movement type " .. tostring(kind))
    return effect[1] * quantity, effect[2] * quantity, effect[3] * quantity
end

local function out_of_range(counter)
    return counter > COUNTER_MAX or counter < -COUNTER_MAX
end

-- Why the movement may not happen, nil: it may; and whether it makes a deficit or a larger one.
local function judge(level, on_hand, unavailable, incoming, expected)
    if expected[1] and expected[1] ~= level[ON_HAND] then
        return outcome.STALE_COUNT
    end
    local unfit, coming = level[UNAVAILABLE] + unavailable, level[INCOMING] + incoming
    if out_of_range(level[ON_HAND] + on_hand) or unfit > COUNTER_MAX or coming > COUNTER_MAX then
        return outcome.OUT_OF_RANGE
    elseif unfit < 0 or coming < 0 then
        return outcome.NOT_ENOUGH
    end
    local before = math.max(0, -stock.uncommitted(level))
    return nil, math.max(0, on_hand * -1 + unavailable - stock.uncommitted(level)) > before
end

local function move(command)
    local _, id, digest, fingerprint, client, kind, sku, warehouse, quantity, expected, force, reason, reference =
        unpack(command)
    local same = remembered.same(digest, fingerprint)
    if same ~= nil then
        return outcome.stock(same and outcome.DUPLICATE or outcome.MOVEMENT_ID_REUSED, stock.get(sku))
    end
    local level = stock.level(sku, warehouse) or NO_LEVEL
    local on_hand, unavailable, incoming = deltas(kind, quantity, level)
    local code, breaks = judge(level, on_hand, unavailable, incoming, expected)
    if not code and breaks and not force then
        code = outcome.WOULD_BREAK_COMMITMENTS
    end
    if code then
        return outcome.stock(code, stock.get(sku))
    end
    log.begin()
    level = stock.level_or_new(sku, warehouse)
    stock.add(sku, level, on_hand, 0, 0, unavailable, incoming)
    if kind == "count" then
        level[COUNTED] = clock.now_ms
    end
    remembered.add(digest, fingerprint)
    log.append(kind, client, id, id, nil, { digest, fingerprint, quantity, reason, reference, breaks })
    return outcome.stock(outcome.APPLIED, stock.get(sku))
end

handlers.move = { run = move, sku = 7, digests = { 3 } }
