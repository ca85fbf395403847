-- The fewest candidates that together cover what an order needs, and of these the first by rank: depth first in the
-- order of rank, one size after the other. Exact for up to 12 candidates; with more of them a budget of steps bounds it,
-- since 200 warehouses have 1.3 million triples.

local choice = {}

local EXACT_MAX = 12
local STEPS_MAX = 2000 -- lines of candidates tried
local SORTING = 8 -- comparisons per candidate and line

-- Per line: best[line][count], what the best `count` candidates have of it; peak[line][index], the most that one has
-- from there on.
local function bounds(lines, units)
    local best, peak = {}, {}
    for line = 1, lines do
        local sums, most_from, most, sum = {}, {}, 0, 0
        for index = #units, 1, -1 do
            most = math.max(most, units[index][line])
            sums[index], most_from[index] = units[index][line], most
        end
        table.sort(sums, function(left, right)
            return left > right
        end)
        for count = 1, #units do
            sum = sum + sums[count]
            sums[count] = sum
        end
        best[line], peak[line] = sums, most_from
    end
    return best, peak
end

-- The smallest number of candidates with which each line by itself could be covered; nil: all are too few.
local function least_size(needs, best)
    local size = 1
    for line, need in ipairs(needs) do
        while (best[line][size] or need) < need do
            size = size + 1
        end
        if not best[line][size] then
            return nil
        end
    end
    return size
end

function choice.coverable(plan, missing, first, left)
    for line = 1, #missing do
        local short = missing[line]
        if short > plan.best[line][left] or short > left * plan.peak[line][first] then
            return false
        end
    end
    return true
end

-- `missing` less what a candidate has, into `rest`. Returns whether it had any of it, and whether nothing is missing now.
function choice.subtract(missing, units, rest)
    local helped, done = false, true
    for line = 1, #missing do
        local short = math.max(0, missing[line] - units[line])
        helped = helped or short < missing[line]
        done = done and short == 0
        rest[line] = short
    end
    return helped, done
end

-- Whether `left` more candidates, from `first` on, cover what is missing; they come to stand in plan.set.
function choice.search(plan, first, left)
    local missing, rest = plan.missing[left], plan.missing[left - 1]
    for index = first, #plan.units - left + 1 do
        if plan.steps > plan.steps_max or not choice.coverable(plan, missing, index, left) then
            return false -- behind it there is only less
        end
        plan.steps = plan.steps + #missing
        local helped, done = choice.subtract(missing, plan.units[index], rest)
        -- One that does not help only makes the set larger than one that was tried already.
        if helped and (done or (left > 1 and choice.search(plan, index + 1, left - 1))) then
            table.insert(plan.set, 1, index)
            return true
        end
    end
    return false
end

-- needs[line], units[candidate][line] in the order of rank → the set as a list of places in `units`; nil: none of at
-- most `size_max` covers it, or there was not the time to find it. And the steps that it took.
function choice.fewest(needs, units, size_max)
    local best, peak = bounds(#needs, units)
    local steps = SORTING * #units * #needs
    local size = least_size(needs, best)
    if not size then
        return nil, steps
    end
    local plan = { units = units, best = best, peak = peak, missing = {}, set = {}, steps = steps }
    plan.steps_max = #units <= EXACT_MAX and math.huge or steps + STEPS_MAX
    for depth = 0, size - 1 do
        plan.missing[depth] = {}
    end
    while size <= size_max and plan.steps <= plan.steps_max do
        plan.missing[size] = needs
        if choice.search(plan, 1, size) then
            return plan.set, plan.steps
        end
        plan.missing[size], size = {}, size + 1
    end
    return nil, plan.steps
end
