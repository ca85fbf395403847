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
    for index = 1, #lines do
        local sku, requested = lines[index][1], lines[index][2]
        local quantity = requested - missing[index]
        held[index] = { sku, requested, quantity, 0, taken[index] }
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
    local _, id, digest, fingerprint, client, op_id, ttl_ms, lines, allow_partial, attributes, limits, channel, number =
        unpack(command)
    local route = routes[number]
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
    local wanted, taken, missing, offers = budget.choose(lines, channel, route, true)
    local held, units = held_lines(lines, taken, missing)
    if units == 0 or (not allow_partial and not allocation.complete(missing)) then
        return refused(wanted, missing, offers, route)
    end
    local preorders, verdicts = budget.preorders(wanted, taken), why.verdicts(route, taken, offers)
    log.begin()
    limit.take(limits)
    local now_ms = clock.now_ms
    record = {
        1, "held", now_ms, now_ms + ttl_ms, now_ms, 0, 0, 0, fingerprint, client, held,
        { { op_id, outcome.HELD } }, attributes, {}, preorders,
    }
    hold.hold_stock(record)
    capacity.take(record, route, taken)
    deadline.arm(id, now_ms + ttl_ms)
    local basis, basis_seq = log.once(route[BASIS])
    local packed = hold.commit(id, record, "reserve", client, op_id, nil, { digest, basis, verdicts, basis_seq })
    return outcome.reservation(outcome.HELD, packed)
end

handlers.reserve = { run = reserve, reservation = 2, lines = 8, digests = { 3 }, limits = 11, route = 13 }
