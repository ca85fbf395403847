-- short_pick: the shelf had fewer than an order was promised from it. on_hand falls by what was not there, and the units
-- come from elsewhere, or stay promised here if nobody else has them.

--- @include "lib/batch"
--- @include "lib/moving"

-- The same route past one warehouse.
local function past(route, warehouse)
    local ranked, others, stores = {}, #route[RANKED] - route[STORES], route[STORES]
    for rank, each in ipairs(route[RANKED]) do
        if each ~= warehouse then
            ranked[#ranked + 1] = each
        elseif rank > others then
            stores = stores - 1
        end
    end
    local other = { unpack(route) }
    other[RANKED], other[STORES], other.shifts = ranked, stores, capacity.shifts(route)
    return other
end

local function judge(record, leaving, quantity)
    if hold.CLOSED[record[STATUS]] then
        return hold.CLOSED[record[STATUS]]
    elseif not leaving.lines[1] or leaving.lines[1][2] < quantity then
        return outcome.EXCEEDS_OPEN
    end
    return nil
end

local function short_pick(command, routes)
    local _, short_pick_id, digest, fingerprint, client, id, warehouse, sku, quantity, carried, number = unpack(command)
    local same = remembered.same(digest, fingerprint)
    if same ~= nil then
        return outcome.short_pick(same and outcome.DUPLICATE or outcome.SHORT_PICK_ID_REUSED)
    end
    local record = hold.get(id, carried)
    if not record then
        return outcome.short_pick(outcome.ABSENT)
    end
    local leaving = moving.leaving(record, function(line, allocated, open)
        return line[SKU] == sku and allocated[WAREHOUSE] == warehouse and math.min(open, quantity) or 0
    end)
    local code = judge(record, leaving, quantity)
    if code then
        return outcome.short_pick(code)
    end
    local elsewhere = past(routes[number], warehouse)
    local shortages = moving.choose(record, leaving, elsewhere)
    log.begin()
    stock.add(sku, stock.level_or_new(sku, warehouse), -quantity, 0, 0, 0, 0)
    local moved = shortages and {} or moving.move(record, leaving, elsewhere)
    remembered.add(digest, fingerprint)
    hold.commit(id, record, "short_pick", client, short_pick_id, nil,
        why.tell({ digest, fingerprint, warehouse, sku, quantity, moved }, elsewhere, leaving.verdicts))
    return outcome.short_pick(shortages and outcome.NOT_MOVED or outcome.MOVED, shortages)
end

handlers.short_pick = { run = short_pick, reservation = 6, carried = 10, sku = 8, digests = { 3 }, route = 11 }
