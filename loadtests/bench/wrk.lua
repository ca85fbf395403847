--[[
What wrk sends, as `Job.requests` does, and what it prints at its end: a Told.

Arguments: path, API key ("-": none), reserves per request, what stands in front of an order's number, and behind it.
wrk runs everything but `setup` and `done` apart for each of its threads.
]]

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    path, operations = arguments[1], tonumber(arguments[3])
    front, back = arguments[4], arguments[5]
    headers = { ["Content-Type"] = "application/json" }
    if arguments[2] ~= "-" then
        headers["Authorization"] = "Bearer " .. arguments[2]
    end
    number, created, wrong = 0, 0, 0
end

function request()
    local orders = {}
    for index = 1, operations do
        orders[index] = front .. string.format("%09d", number) .. back
        number = number + 1
    end
    local body = operations == 1 and orders[1] or '{"operations":[' .. table.concat(orders, ",") .. "]}"
    return wrk.format("POST", path, headers, body)
end

function response(status, _, body)
    local right = 0
    if operations == 1 then
        right = status == 201 and 1 or 0
    elseif status == 200 then
        right = select(2, body:gsub('"status":201', ""))
    end
    created, wrong = created + right, wrong + operations - right
end

function done(summary, latency)
    local errors = summary.errors
    local lost = errors.connect + errors.read + errors.write + errors.timeout
    local right, other = 0, 0
    for _, thread in ipairs(threads) do
        right, other = right + thread:get("created"), other + thread:get("wrong")
    end
    print(string.format(
        '\n{"seconds":%f,"done":%d,"wrong":{"not 201":%d,"connection lost":%d},"p50_ms":%f,"p99_ms":%f}',
        summary.duration / 1e6, right, other, lost, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
    ))
end
