-- Outcome codes in order of precedence, mirrored by inventory_service/domain/outcomes.py, and how outcomes are packed.

--- @include "lib/layout"

local outcome = {
    REPLAYED = "replayed",
    REMEMBERED = "remembered",
    DUPLICATE = "duplicate",
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch",
    MOVEMENT_ID_REUSED = "movement_id_reused",
    SHORT_PICK_ID_REUSED = "short_pick_id_reused",
    ABSENT = "absent",
    UNKNOWN_SKU = "unknown_sku",
    RESERVATION_SHIPPED = "reservation_shipped",
    RESERVATION_RELEASED = "reservation_released",
    RESERVATION_EXPIRED = "reservation_expired",
    NOT_HELD = "not_held",
    RELEASE_EXCEEDS_OPEN = "release_exceeds_open",
    EXCEEDS_OPEN = "exceeds_open",
    TRANSFER_STATE = "transfer_state",
    STALE_COUNT = "stale_count",
    OUT_OF_RANGE = "out_of_range",
    TOO_MANY_ARRIVALS = "too_many_arrivals",
    CONTRADICTORY = "contradictory",
    TOO_MANY_CHANNELS = "too_many_channels",
    OVERLOADED = "overloaded",
    RATE_LIMITED = "rate_limited",
    LIMIT_EXCEEDED = "limit_exceeded",
    INSUFFICIENT_STOCK = "insufficient_stock",
    NOT_ENOUGH = "not_enough",
    WOULD_BREAK_COMMITMENTS = "would_break_commitments",
    HELD = "held",
    CONFIRMED = "confirmed",
    REACQUIRED = "reacquired",
    RELEASED = "released",
    EXTENDED = "extended",
    REALLOCATED = "reallocated",
    MOVED = "moved",
    NOT_MOVED = "not_moved",
    APPLIED = "applied",
    PARKED = "parked",
    FOUND = "found",
}

local NO_SHORTAGES_NO_LINE = cmsgpack.pack({}, -1)
local packed_code = setmetatable({}, {
    __index = function(packed, code)
        packed[code] = cmsgpack.pack(code)
        return packed[code]
    end,
})

-- { code, record, shortages, line }: `record` is packed already, so that it is never packed twice.
function outcome.reservation(code, record)
    return ARRAY_OF_4 .. packed_code[code] .. (record or NIL) .. NO_SHORTAGES_NO_LINE
end

-- A refusal about one line; `line` counts from 1 here and from 0 in the answer.
function outcome.refused_line(code, record, line, shortages)
    return ARRAY_OF_4 .. cmsgpack.pack(code) .. (record or NIL) .. cmsgpack.pack(shortages or {}, line - 1)
end

function outcome.short(shortages, record)
    return ARRAY_OF_4 .. cmsgpack.pack(outcome.INSUFFICIENT_STOCK) .. (record or NIL) .. cmsgpack.pack(shortages, -1)
end

-- { code, record, shortages, line, retry_after_ms }: only this refusal says when to come again.
function outcome.rate_limited(retry_after_ms)
    return ARRAY_OF_5 .. cmsgpack.pack(outcome.RATE_LIMITED) .. NIL .. cmsgpack.pack({}, -1, retry_after_ms)
end

-- { code, stock } of movements, policies and stock reads.
function outcome.stock(code, record)
    return ARRAY_OF_2 .. cmsgpack.pack(code) .. (record and cmsgpack.pack(record) or NIL)
end

-- { code, transfer, line }; `line` counts from 1 here and from 0 in the answer.
function outcome.transfer(code, record, line)
    return "\147" .. cmsgpack.pack(code) .. (record and cmsgpack.pack(record) or NIL) .. cmsgpack.pack((line or 0) - 1)
end

-- { code, reasons } of scans.
function outcome.scan(code, reasons)
    return cmsgpack.pack({ code, reasons or {} })
end

-- { code, shortages } of short picks.
function outcome.short_pick(code, shortages)
    return cmsgpack.pack({ code, shortages or {} })
end

-- { code, allocations per line, shortages, line, warehouses } of previews; `line` counts from 1 here.
function outcome.preview(code, taken, shortages, line, rows)
    return cmsgpack.pack({ code, taken, shortages, line - 1, rows })
end
