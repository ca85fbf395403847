-- policy: safety stock and warning threshold of a SKU or of one of its warehouses; the SKU's thresholds per channel, and
-- how much of it is sold ahead.

--- @include "lib/batch"

local CHANNELS_MAX = 50

-- A threshold with what is given over it.
local function with_given(threshold, given)
    local merged = { given[CHANNEL] }
    for place = WITHHELD, WARN_BELOW do
        merged[place] = given[place] == UNSET and (threshold[place] or 0) or given[place]
    end
    return merged
end

local function says_something(threshold)
    for place = WITHHELD, WARN_BELOW do
        if (threshold[place] or 0) > 0 then
            return true
        end
    end
    return false
end

-- A limit without a number, or one that would never apply because the pause comes first.
local function contradicts(threshold)
    local limit_below = threshold[LIMIT_BELOW]
    return limit_below > 0 and (threshold[LIMIT_QUANTITY] == 0 or threshold[PAUSE_BELOW] >= limit_below)
end

-- The thresholds with what is given over them, in the order of the channels' names; or why they may not be so.
local function merged_thresholds(thresholds, given)
    local by_channel, merged = {}, {}
    for _, threshold in ipairs(thresholds) do
        by_channel[threshold[CHANNEL]] = threshold
    end
    for _, new in ipairs(given) do
        local channel = new[CHANNEL]
        by_channel[channel] = with_given(by_channel[channel] or { channel }, new)
    end
    for _, threshold in pairs(by_channel) do
        if contradicts(threshold) then
            return nil, outcome.CONTRADICTORY
        elseif says_something(threshold) then
            merged[#merged + 1] = threshold
        end
    end
    table.sort(merged, function(left, right)
        return left[CHANNEL] < right[CHANNEL]
    end)
    return merged, #merged > CHANNELS_MAX and outcome.TOO_MANY_CHANNELS or nil
end

-- Write what is given into the record or one of its levels; returns what the event tells of it.
local function apply_policy(record, sku, warehouse, safety_stock, warn_below)
    local target, safety_place, warn_place = record, STOCK_SAFETY, STOCK_WARN
    if warehouse ~= "" then
        target, safety_place, warn_place = stock.level_or_new(sku, warehouse), SAFETY, WARN
    end
    target[safety_place] = safety_stock == UNSET and target[safety_place] or safety_stock
    target[warn_place] = warn_below == UNSET and target[warn_place] or warn_below
    return { sku, warehouse, target[safety_place], target[warn_place] }
end

local function policy(command)
    local _, sku, warehouse, safety_stock, warn_below, client, op_id, preorder_limit, given = unpack(command)
    local record = stock.get(sku)
    if not record then
        return outcome.stock(outcome.UNKNOWN_SKU)
    end
    local thresholds, refusal = merged_thresholds(record[STOCK_THRESHOLDS], given)
    if refusal then
        return outcome.stock(refusal, record)
    end
    log.begin()
    local details = apply_policy(record, sku, warehouse, safety_stock, warn_below)
    if warehouse == "" then
        record[STOCK_PREORDERS], record[STOCK_THRESHOLDS] = preorder_limit[1] or record[STOCK_PREORDERS], thresholds
        details[5], details[6] = record[STOCK_PREORDERS], thresholds
    end
    stock.touch(sku)
    log.append("policy", client, op_id, sku, nil, details)
    return outcome.stock(outcome.APPLIED, record)
end

handlers.policy = { run = policy, sku = 2 }
