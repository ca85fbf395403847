-- Variadic Redis calls in slices: unpack() dies at about 8,000 values.

local SLICE_MAX = 3000 -- even, so that a field and its value are never torn apart

-- redis.call(command, key, unpack(arguments)), in slices; nothing for no arguments.
local function redis_write(command, key, arguments)
    for first = 1, #arguments, SLICE_MAX do
        redis.call(command, key, unpack(arguments, first, math.min(first + SLICE_MAX - 1, #arguments)))
    end
end

-- HMGET of `fields` into `found`, field → value; nothing where there is none.
local function redis_read(key, fields, found)
    for first = 1, #fields, SLICE_MAX do
        local last = math.min(first + SLICE_MAX - 1, #fields)
        local values = redis.call("HMGET", key, unpack(fields, first, last))
        for index = first, last do
            local value = values[index - first + 1]
            if value then
                found[fields[index]] = value
            end
        end
    end
end

-- Put a field on a list that names each once: it is a list and, beside it, a set.
local function want(wanted, field)
    if not wanted[field] then
        wanted[field] = true
        wanted[#wanted + 1] = field
    end
end
