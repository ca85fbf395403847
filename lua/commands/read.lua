-- read_reservation, read_stock: as it is at this place in the order of commands.

--- @include "lib/batch"

local function read_reservation(command)
    local id = command[2]
    if not hold.get(id) then
        return outcome.reservation(outcome.ABSENT)
    end
    return outcome.reservation(outcome.FOUND, hold.packed[id])
end

local function read_stock(command)
    local record = stock.get(command[2])
    return outcome.stock(record and outcome.FOUND or outcome.UNKNOWN_SKU, record)
end

handlers.read_reservation = { run = read_reservation, reservation = 2 }
handlers.read_stock = { run = read_stock, sku = 2 }
