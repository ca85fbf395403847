-- policy: safety stock and warning threshold of a SKU, or of one of its warehouses.

--- @include "lib/batch"

local function policy(command)
    local _, sku, warehouse, safety_stock, warn_below, client, op_id = unpack(command)
    local record = stock.get(sku)
    if not record then
        return outcome.stock(outcome.UNKNOWN_SKU)
    end
    log.begin()
    local target, safety_place, warn_place = record, STOCK_SAFETY, STOCK_WARN
    if warehouse ~= "" then
        target, safety_place, warn_place = stock.level_or_new(sku, warehouse), SAFETY, WARN
    end
    if safety_stock ~= UNSET then
        target[safety_place] = safety_stock
    end
    if warn_below ~= UNSET then
        target[warn_place] = warn_below
    end
    stock.touch(sku)
    log.append("policy", client, op_id, sku, nil, { sku, warehouse, target[safety_place], target[warn_place] })
    return outcome.stock(outcome.APPLIED, record)
end

handlers.policy = { run = policy, sku = 2 }
