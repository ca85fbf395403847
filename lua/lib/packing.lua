-- msgpack by hand, for what every hold packs: a call of cmsgpack makes a string of each value before it joins them, and
-- packing a table takes a table.

--- @include "lib/layout"

-- How a text of so many bytes begins.
local TEXT = setmetatable({}, {
    __index = function(heads, size)
        local head
        if size < 32 then
            head = string.char(160 + size)
        elseif size < 256 then
            head = string.char(217, size)
        elseif size < 65536 then
            head = string.char(218, math.floor(size / 256), size % 256)
        else
            head = string.sub(cmsgpack.pack(string.rep(" ", size)), 1, 5)
        end
        heads[size] = head
        return head
    end,
})

-- Numbers that occur again and again in a batch.
local NUMBER = setmetatable({}, {
    __index = function(packed, number)
        packed[number] = cmsgpack.pack(number)
        return packed[number]
    end,
})

-- How a list of so many items begins.
local LIST = setmetatable({}, {
    __index = function(heads, count)
        heads[count] = count < 16 and string.char(144 + count) or array_header(count)
        return heads[count]
    end,
})
