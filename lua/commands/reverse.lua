-- reverse: a person undoes an applied scan. The goods are on the shelf again, and the promises that the scan had
-- taken stand again where their reservation still does.

--- @include "lib/batch"

local SHIPPING = { part_shipped = true, shipped = true }

-- Give `units` back to the promises of one warehouse.
local function promise_again(record, sku, warehouse, units)
    for _, line in ipairs(record[LINES]) do
        for _, promise in ipairs(line[SKU] == sku and line[ALLOCATIONS] or {}) do
            local part = math.min(units, promise[SHIPPED])
            if promise[WAREHOUSE] == warehouse and part > 0 then
                promise[SHIPPED], units = promise[SHIPPED] - part, units - part
                stock.add(sku, stock.level_or_new(sku, warehouse), 0, 0, part, 0, 0)
            end
        end
    end
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
    if record and SHIPPING[record[STATUS]] and #fitted > 0 then
        for _, part in ipairs(fitted) do
            promise_again(record, sku, part[1], part[2])
        end
        hold.settle(id, record, hold.progress(record))
        hold.commit(id, record, "reverse", client, exception_id, nil, details)
    else
        log.append("reverse", client, exception_id, id, nil, details)
    end
    return outcome.scan(outcome.APPLIED)
end

handlers.reverse = { run = reverse, reservation = 5, carried = 11, sku = 7, digests = { 3 } }
