-- release: give back everything that is still open, or once per release id the part that the lines name.

--- @include "lib/batch"
--- @include "lib/moving"

-- Give back units of one line, from the allocation that was chosen last; what is empty then disappears.
local function give_back(line, units, is_held)
    local allocations = line[ALLOCATIONS]
    line[RELEASED] = line[RELEASED] + units
    for index = #allocations, 1, -1 do
        local taken = allocations[index]
        local part = math.min(units, taken[ALLOCATED] - taken[SHIPPED])
        if part > 0 then
            local level = stock.level_or_new(line[SKU], taken[WAREHOUSE])
            stock.add(line[SKU], level, 0, is_held and -part or 0, is_held and 0 or -part, 0, 0)
            taken[ALLOCATED], units = taken[ALLOCATED] - part, units - part
        end
        if taken[ALLOCATED] == 0 then
            table.remove(allocations, index)
        end
    end
end

local function line_of(record, sku)
    for _, line in ipairs(record[LINES]) do
        if line[SKU] == sku then
            return line
        end
    end
    return nil
end

-- The first part that names a SKU not in the order or more than is open; nil: all fit.
local function misfit(record, parts)
    for index, part in ipairs(parts) do
        local line = line_of(record, part[1])
        if not line or part[2] > hold.open_quantity(line) then
            return index
        end
    end
    return nil
end

local function commit_release(id, record, is_held, client, op_id, details)
    local status = hold.progress(record)
    if status == "confirmed" and is_held then
        status = "held"
    end
    capacity.leave(record)
    moving.trim_preorders(record)
    hold.settle(id, record, status)
    if status ~= "held" then
        record[DEADLINE] = 0
    end
    return outcome.reservation(outcome.RELEASED,
        hold.commit(id, record, "release", client, op_id, outcome.RELEASED, details))
end

local function release_whole(id, record, client, op_id)
    if record[STATUS] == "shipped" then
        return outcome.reservation(outcome.RESERVATION_SHIPPED, hold.packed[id])
    elseif hold.CLOSED[record[STATUS]] then
        return outcome.reservation(outcome.REPLAYED, hold.packed[id])
    end
    local is_held = record[STATUS] == "held"
    log.begin()
    for _, line in ipairs(record[LINES]) do
        give_back(line, hold.open_quantity(line), is_held)
    end
    return commit_release(id, record, is_held, client, op_id, { "", "", {} })
end

local function release_part(id, record, client, op_id, parts, digest, fingerprint)
    if hold.CLOSED[record[STATUS]] then
        return outcome.reservation(hold.CLOSED[record[STATUS]], hold.packed[id])
    end
    local wrong = misfit(record, parts)
    if wrong then
        return outcome.refused_line(outcome.RELEASE_EXCEEDS_OPEN, hold.packed[id], wrong)
    end
    local is_held = record[STATUS] == "held"
    log.begin()
    for _, part in ipairs(parts) do
        give_back(line_of(record, part[1]), part[2], is_held)
    end
    remembered.add(digest, fingerprint)
    return commit_release(id, record, is_held, client, op_id, { digest, fingerprint, parts })
end

local function release(command)
    local _, id, client, op_id, parts, digest, fingerprint, carried = unpack(command)
    local record = hold.get(id, carried)
    if not record then
        return outcome.reservation(outcome.ABSENT)
    end
    local before = hold.outcome_of(record, op_id)
    if before then
        return outcome.reservation(before, hold.packed[id])
    end
    if #parts == 0 then
        return release_whole(id, record, client, op_id)
    end
    local same = remembered.same(digest, fingerprint)
    if same ~= nil then
        return outcome.reservation(same and outcome.REPLAYED or outcome.IDEMPOTENCY_MISMATCH, hold.packed[id])
    end
    return release_part(id, record, client, op_id, parts, digest, fingerprint)
end

handlers.release = { run = release, reservation = 2, carried = 8, lines = 5, digests = { 6 } }
