-- kind → { run = function(command, routes) → packed outcome, and where in the command stands what it touches:
-- reservation (id), transfer (id), carried, sku, lines, digests, limits, route }.
local handlers = {}
