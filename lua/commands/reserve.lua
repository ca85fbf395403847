-- reserve: hold every line of an order, or with allow_partial what there is.

--- @include "lib/batch"
--- @include "lib/gate"
--- @include "lib/limit"
--- @include "lib/budget"
--- @include "lib/why"
--- @include "lib/packing"

-- The same id again: the same content tells what was done, other content is a mistake of the caller's.
local function reserved_before(record, packed, fingerprint, op_id)
    if record[FINGERPRINT] ~= fingerprint then
        return outcome.reservation(outcome.IDEMPOTENCY_MISMATCH)
    end
    return outcome.reservation(hold.outcome_of(record, op_id) or outcome.REPLAYED, packed)
end

local function held_units(lines, missing)
    local units = 0
    for index = 1, #lines do
        units = units + lines[index][2] - missing[index]
    end
    return units
end

-- Hold what was taken for one line. Returns it packed: { sku, requested, quantity, released, allocations }.
local function held_line(line, allocations, missing)
    local sku, requested = line[1], line[2]
    local packed = LIST[5] .. TEXT[#sku] .. sku .. NUMBER[requested] .. NUMBER[requested - missing] .. NUMBER[0]
        .. LIST[#allocations]
    for place = 1, #allocations do
        local warehouse, units = allocations[place][WAREHOUSE], allocations[place][ALLOCATED]
        packed = packed .. LIST[3] .. TEXT[#warehouse] .. warehouse .. NUMBER[units] .. NUMBER[0]
        stock.add(sku, stock.level_or_new(sku, warehouse), 0, units, 0, 0, 0)
    end
    return packed
end

local function held_lines(lines, taken, missing)
    if #lines == 1 then
        return ARRAY_OF_1 .. held_line(lines[1], taken[1], missing[1])
    end
    local packed = {}
    for index = 1, #lines do
        packed[index] = held_line(lines[index], taken[index], missing[index])
    end
    return LIST[#lines] .. table.concat(packed)
end

-- Not enough; or a limit per order, where that alone is in the way.
local function refused(wanted, missing, offers, route)
    local shortages, limited = budget.shortages(wanted, missing, offers, route)
    if limited > 0 then
        return outcome.refused_line(outcome.LIMIT_EXCEEDED, nil, limited, shortages)
    end
    return outcome.short(shortages)
end

local HELD_TEXT = cmsgpack.pack("held") -- the status, and the outcome of the operation

-- A new hold: its stock is taken, its record packed and logged. It becomes a table only if a command of the same batch asks
-- for it: making one took a fifth of a hold. `lines`: what they are packed to. Returns the packed record.
local function placed(id, fingerprint, client, op_id, ttl_ms, lines, attributes, dispatches, preorders, details)
    local now_ms = clock.now_ms
    local now = NUMBER[now_ms]
    local packed = LIST[15] .. NUMBER[1] .. HELD_TEXT .. now .. NUMBER[now_ms + ttl_ms] .. now .. NUMBER[0] .. NUMBER[0]
        .. cmsgpack.pack(log.seq) .. TEXT[#fingerprint] .. fingerprint .. TEXT[#client] .. client .. lines
        .. ARRAY_OF_1 .. ARRAY_OF_2 .. TEXT[#op_id] .. op_id .. HELD_TEXT .. TEXT[#attributes] .. attributes
        .. (dispatches[1] and cmsgpack.pack(dispatches) or LIST[0])
        .. (preorders[1] and cmsgpack.pack(preorders) or LIST[0])
    hold.packed[id], hold.dirty[id] = packed, true
    deadline.arm(id, now_ms + ttl_ms)
    log.append("reserve", client, op_id, id, packed, details)
    return packed
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
    if held_units(lines, missing) == 0 or (not allow_partial and not allocation.complete(missing)) then
        return refused(wanted, missing, offers, route)
    end
    local preorders, verdicts = budget.preorders(wanted, taken), why.verdicts(route, taken, offers)
    log.begin()
    limit.take(limits)
    local held, dispatches = held_lines(lines, taken, missing), {}
    capacity.take(dispatches, route, taken)
    local basis, basis_seq = log.once(route[BASIS])
    local details = ARRAY_OF_4 .. TEXT[#digest] .. digest .. TEXT[#basis] .. basis .. TEXT[#verdicts] .. verdicts
        .. NUMBER[basis_seq]
    local packed = placed(id, fingerprint, client, op_id, ttl_ms, held, attributes, dispatches, preorders, details)
    return outcome.reservation(outcome.HELD, packed)
end

handlers.reserve = { run = reserve, reservation = 2, lines = 8, digests = { 3 }, limits = 11, route = 13 }
