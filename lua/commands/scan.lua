-- scan: a parcel left, so stock falls whatever the books say; what does not fit becomes an exception.
-- park: keep a scan that cannot be tied to anything known.

--- @include "lib/batch"

-- Log a scan that changes no stock, and remember it by `digest`.
local function park_scan(scan_id, digest, fingerprint, client, code, payload)
    log.begin()
    remembered.add(digest, fingerprint)
    log.append("park", client, scan_id, scan_id, nil, { digest, fingerprint, code, payload })
    return outcome.scan(outcome.PARKED, { code })
end

-- The answer to a scan id that was seen before; nil: it is new. Reused with other content it is parked, once.
local function scanned_before(scan_id, digest, reuse_digest, fingerprint, client, payload)
    local same = remembered.same(digest, fingerprint)
    if same == nil then
        return nil
    elseif same or remembered.same(reuse_digest, fingerprint) then
        return outcome.scan(outcome.DUPLICATE)
    end
    return park_scan(scan_id, reuse_digest, fingerprint, client, "scan_id_reused", payload)
end

local function park(command)
    local _, scan_id, digest, reuse_digest, fingerprint, client, code, payload = unpack(command)
    return scanned_before(scan_id, digest, reuse_digest, fingerprint, client, payload)
        or park_scan(scan_id, digest, fingerprint, client, code, payload)
end

-- Take up to `units` from a line's promises, at the warehouse (here) or at the others; returns the rest.
local function fit(line, warehouse, units, here, fitted)
    for _, promise in ipairs(line[ALLOCATIONS]) do
        local part = math.min(units, promise[ALLOCATED] - promise[SHIPPED])
        if part > 0 and (promise[WAREHOUSE] == warehouse) == here then
            promise[SHIPPED], units = promise[SHIPPED] + part, units - part
            stock.add(line[SKU], stock.level_or_new(line[SKU], promise[WAREHOUSE]), 0, 0, -part, 0, 0)
            fitted[#fitted + 1] = { promise[WAREHOUSE], part }
        end
    end
    return units
end

-- Take the scan from the order's promises, as far as they go. Returns the codes, what fitted, whether it changed.
local function deduct(id, record, sku, warehouse, quantity)
    local codes, fitted, line = {}, {}, nil
    for _, candidate in ipairs(record[LINES]) do
        line = candidate[SKU] == sku and candidate or line
    end
    if record[STATUS] == "released" or record[STATUS] == "expired" then
        return { "reservation_closed" }, fitted, false
    elseif not line then
        return { "other_sku" }, fitted, false
    end
    local was_held = record[STATUS] == "held"
    if was_held then
        hold.commit_stock(id, record)
    end
    local elsewhere = fit(line, warehouse, quantity, true, fitted)
    local excess = fit(line, warehouse, elsewhere, false, fitted)
    codes[#codes + 1] = excess > 0 and "over_scan" or nil
    codes[#codes + 1] = excess < elsewhere and "other_warehouse" or nil
    codes[#codes + 1] = was_held and "not_confirmed" or nil
    return codes, fitted, was_held or #fitted > 0
end

local function apply_scan(command, record)
    local _, scan_id, digest, _, fingerprint, client, id, warehouse, sku, quantity, scanned_ms, exception_id, payload =
        unpack(command)
    log.begin()
    local codes, fitted, changed = deduct(id, record, sku, warehouse, quantity)
    local level = stock.level_or_new(sku, warehouse)
    stock.add(sku, level, -quantity, 0, 0, 0, 0)
    if scanned_ms > 0 and scanned_ms < level[COUNTED] then
        codes[#codes + 1] = "scanned_before_count"
    end
    remembered.add(digest, fingerprint)
    local details = { digest, fingerprint, id, warehouse, sku, quantity, codes, fitted, exception_id, payload }
    if changed then
        hold.settle(id, record, hold.progress(record))
        hold.commit(id, record, "scan", client, scan_id, nil, details)
    else
        log.append("scan", client, scan_id, id, nil, details)
    end
    return outcome.scan(outcome.APPLIED, codes)
end

local function scan(command)
    local _, scan_id, digest, reuse_digest, fingerprint, client, id, _, sku, _, _, exception_id, payload, carried =
        unpack(command)
    local before = scanned_before(scan_id, digest, reuse_digest, fingerprint, client, payload)
    if before then
        return before
    elseif not stock.get(sku) then
        if exception_id ~= "" then -- parked already
            return outcome.scan(outcome.PARKED, { "unknown_sku" })
        end
        return park_scan(scan_id, digest, fingerprint, client, "unknown_sku", payload)
    end
    local record = hold.get(id, carried)
    if not record then
        return outcome.scan(outcome.ABSENT)
    end
    return apply_scan(command, record)
end

handlers.park = { run = park, digests = { 3, 4 } }
handlers.scan = { run = scan, reservation = 7, carried = 14, sku = 9, digests = { 3, 4 } }
