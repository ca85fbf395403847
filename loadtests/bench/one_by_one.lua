#!lua
-- The rival: what most stock scripts do, one call per reservation. KEYS: stock, holds, deadlines; ARGV: sku, id, n, deadline.
if redis.call("HEXISTS", KEYS[2], ARGV[2]) == 1 then
    return 0
end
local available = tonumber(redis.call("HGET", KEYS[1], ARGV[1]) or "0")
if available < tonumber(ARGV[3]) then
    return -1
end
redis.call("HINCRBY", KEYS[1], ARGV[1], -ARGV[3])
redis.call("HSET", KEYS[2], ARGV[2], ARGV[1] .. ":" .. ARGV[3])
redis.call("ZADD", KEYS[3], ARGV[4], ARGV[2])
return 1
