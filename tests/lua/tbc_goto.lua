-- A goto out of the scope of variables to be closed, to a label at the end of a block with more variables.

local log

local function closer(name)
    return setmetatable({}, { __close = function() log[#log + 1] = name end })
end

local function say(what)
    log[#log + 1] = what
end

local function items(name)
    return function(_, i) if i < 3 then return i + 1 end end, nil, 0, closer(name)
end

local function show(name, f, ...)
    log = {}
    f(...)
    say("returned")
    print(name, table.concat(log, " "))
end

-- One variable after the block that is left: the place is still the same.
show("next to it", function()
    for i = 1, 3 do
        if i ~= 2 then
            local c <close> = closer("c" .. i)
            if i == 3 then goto continue end
        end
        say("middle" .. i)
        ::continue::
    end
end)

-- The loop that is left keeps its closing value in registers that later variables take.
show("loop left", function()
    for i = 1, 2 do
        for j in items("it" .. i) do
            if i == j then goto continue end
        end
        say("not left")
        do
            local a, b = 1, 2
            say(a + b)
        end
        ::continue::
    end
end)

-- A break out of a scope inside a loop that has something to close itself.
show("break", function()
    for j in items("loop") do
        local outer <close> = closer("outer" .. j)
        do
            local inner <close> = closer("inner" .. j)
            if j == 2 then break end
        end
        say("after" .. j)
    end
end)

-- Several jumps to one label, from different depths.
show("depths", function()
    for i = 1, 4 do
        local first <close> = closer("first" .. i)
        if i == 1 then goto last end
        do
            local second <close> = closer("second" .. i)
            if i == 2 then goto last end
            do
                local third <close> = closer("third" .. i)
                if i == 3 then goto last end
            end
        end
        say("all" .. i)
        ::last::
    end
end)

-- The same function after string.dump and load.
local source = [[
    local items, list, log = ...
    for i = 1, #list do
        for j in items("x" .. i) do
            if list[i] == j then goto continue end
        end
        local name = "none"
        for j in items("y" .. i) do
            if j == 2 then log(name) end
        end
        local more, still = i, list
        ::continue::
    end
]]
show("dumped", assert(load(string.dump(assert(load(source)), true), "x", "b")), items, { 1, 9 }, say)
show("text", assert(load(source)), items, { 9, 1 }, say)

-- A jump over declarations out of a scope: the label ends the block with more variables than the jump left.
local over = [[
    local closer, list = ...
    for i = 1, #list do
        if list[i] < 0 then
            local c <close> = closer("c")
            if list[i] < -1 then goto continue end
        end
        local more, still = i, list
        for j = 1, 2 do more = more + j end
        ::continue::
    end
]]
show("over", assert(load(string.dump(assert(load(over)), true), "x", "b")), closer, { 1, -1, 2 })
