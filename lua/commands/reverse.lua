-- reverse: a person undoes an applied scan. The goods are on the shelf again, and the promises that the scan had
-- taken stand again where their reservation still does.

--- @include "lib/batch"

-- Give up to `units` back to the promises of one warehouse; returns how many it could.
local function promise_again(record, sku, warehouse, units)
    local missing = units
    for _, line in ipairs(record[LINES]) do
        for _, promise in ipairs(line[SKU] == sku and line[ALLOCATIONS] or {}) do
            local part = math.min(missing, promise[SHIPPED])
            if promise[WAREHOUSE] == warehouse and part > 0 then
                promise[SHIPPED], missing = promise[SHIPPED] - part, missing - part
                stock.add(sku, stock.level_or_new(sku, warehouse), 0, 0, part, 0, 0)
            end
        end
    end
    return units - missing
end

local function reverse(command)
    local _, exception_id, digest, client, id, warehouse, sku, quantity, fitted, note, carried = unpack(command)
    if remembered.same(digest, digest) then
        return outcome.scan(outcome.DUPLICATE)
    end
    local record = id ~= "" and hold.get(id, carried)
    if (id ~= "" and not record) or not stock.get(sku) then
        return outcome.scan(outcome.ABSENT)
    end
    log.begin()
    stock.add(sku, stock.level_or_new(sku, warehouse), quantity, 0, 0, 0, 0)
    remembered.add(digest, digest)
    local details = { digest, exception_id, id, warehouse, sku, quantity, fitted, note }
    local owed = 0
    for _, part in ipairs(record and fitted or {}) do
        owed = owed + promise_again(record, sku, part[1], part[2])
    end
    if owed > 0 then
        hold.settle(id, record, hold.progress(record))
        hold.commit(id, record, "reverse", client, exception_id, nil, details)
    else
        log.append("reverse", client, exception_id, id, nil, details)
    end
    return outcome.scan(outcome.APPLIED)
end

handlers.reverse = { run = reverse, reservation = 5, carried = 11, sku = 7, digests = { 3 } }
