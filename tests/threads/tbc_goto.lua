-- A goto over declarations, out of the scope of a variable to be closed, closes that variable where it arrives.
-- The registers of the variables that it skipped begin behind the one to be closed.

local function closer(log, name)
    return setmetatable({}, { __close = function() log[#log + 1] = name end })
end

local function items(log, name)
    return function(_, i) if i < 3 then return i + 1 end end, nil, 0, closer(log, name)
end

local function jumps()
    local log = {}
    for i = 1, 3 do
        if i ~= 2 then
            local c <close> = closer(log, "c" .. i)
            if i == 3 then goto continue end
        end
        local more, still = i, log
        log[#log + 1] = "more" .. more
        ::continue::
    end
    for i = 1, 2 do
        for j in items(log, "items" .. i) do
            if i == j then goto continue end
        end
        local a, b, c, d, e, f, g
        log[#log + 1] = "rest" .. i
        ::continue::
    end
    do
        do
            local c <close> = closer(log, "once")
            if #log > 0 then goto done end
        end
        local a, b = 1, 2
        ::done::
    end
    do
        local a, b, c, d = 1, 2, 3, 4
        log[#log + 1] = "end" .. a + b + c + d
    end
    return table.concat(log, " ")
end

local expected = "c1 more1 more2 c3 items1 items2 once end10"
assert(jumps() == expected)
local threads_of = {}
for i = 1, 4 do
    threads_of[i] = threads.run(jumps)
end
for i = 1, 4 do
    assert(threads_of[i]:join() == expected)
end
print("ok")
