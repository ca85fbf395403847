-- reserve: hold every line of an order, or with allow_partial what there is.

--- @include "lib/batch"
--- @include "lib/gate"
--- @include "lib/limit"
--- @include "lib/budget"
--- @include "lib/why"

-- The same id again: the same content tells what was done, other content is a mistake of the caller's.
local function reserved_before(record, packed, fingerprint, op_id)
    if record[FINGERPRINT] ~= fingerprint then
        return outcome.reservation(outcome.IDEMPOTENCY_MISMATCH)
    end
    return outcome.reservation(hold.outcome_of(record, op_id) or outcome.REPLAYED, packed)
end

-- { sku, requested, quantity, released, allocations } per line, and the sum of the quantities.
local function held_lines(lines, taken, missing)
    local held, units = {}, 0
    for index, line in ipairs(lines) do
        local quantity = line[2] - missing[index]
        held[index] = { line[1], line[2], quantity, 0, taken[index] }
        units = units + quantity
    end
    return held, units
end

-- Not enough; or a limit per order, where that alone is in the way.
local function refused(wanted, missing, offers, route)
    local shortages, limited = budget.shortages(wanted, missing, offers, route)
    if limited > 0 then
        return outcome.refused_line(outcome.LIMIT_EXCEEDED, nil, limited, shortages)
    end
    return outcome.short(shortages)
end

local function reserve(command, routes)
    local _, id, digest, fingerprint, client, op_id, ttl_ms, lines = unpack(command)
    local allow_partial, attributes, limits, channel, route = unpack(command, 9)
    local record = hold.get(id)
    if record then
        return reserved_before(record, hold.packed[id], fingerprint, op_id)
    end
    local same = remembered.same(digest, fingerprint)
    if same ~= nil then
        return outcome.reservation(same and outcome.REMEMBERED or outcome.IDEMPOTENCY_MISMATCH)
    end
    local unknown = stock.first_unknown(lines)
    if unknown then
        return outcome.refused_line(outcome.UNKNOWN_SKU, nil, unknown)
    end
    if gate.refuses_holds(log.seq) then
        return outcome.reservation(outcome.OVERLOADED)
    end
    local wait_ms = limit.wait_ms(limits)
    if wait_ms > 0 then
        return outcome.rate_limited(wait_ms)
    end
    local wanted, taken, missing, offers = budget.choose(lines, channel, routes[route], true)
    local held, units = held_lines(lines, taken, missing)
    if units == 0 or (not allow_partial and not allocation.complete(missing)) then
        return refused(wanted, missing, offers, routes[route])
    end
    local preorders, verdicts = budget.preorders(wanted, taken), why.verdicts(routes[route], taken, offers)
    log.begin()
    limit.take(limits)
    local now_ms = clock.now_ms
    record = { 1, "held", now_ms, now_ms + ttl_ms, now_ms, 0, 0, 0, fingerprint, client, held, {}, attributes, {} }
    record[PREORDERS] = preorders
    hold.hold_stock(record)
    capacity.take(record, routes[route], taken)
    deadline.arm(id, now_ms + ttl_ms)
    local details = why.tell({ digest }, routes[route], verdicts)
    return outcome.reservation(outcome.HELD,
        hold.commit(id, record, "reserve", client, op_id, outcome.HELD, details))
end

handlers.reserve = { run = reserve, reservation = 2, lines = 8, digests = { 3 }, limits = 11, route = 13 }
