-- `pairs` meets the items of a list that threads share in their order, as it does in a list of one thread.

-- Everything that globals reach is shared from now on.
threads.run(function() end):join()

local function in_order(list, n)
    local last = 0
    for i in pairs(list) do
        if math.type(i) == "integer" then
            assert(i == last + 1, n)
            last = i
        end
    end
    assert(last == n, n)
end

for n = 0, 300 do
    shared = {}
    for i = 1, n do shared[i] = i end
    in_order(shared, n)

    shared = {}
    for i = 1, n do shared[#shared + 1] = { i } end
    in_order(shared, n)

    shared = {}
    for i = 1, n do table.insert(shared, i) end
    in_order(shared, n)

    -- Some items went, and came again.
    for _ = 1, n // 3 do table.remove(shared) end
    for i = #shared + 1, n do shared[i] = i end
    in_order(shared, n)
end

-- Fields beside the items.
for n = 0, 300 do
    shared = { name = "list", count = 0, first = 1 }
    for i = 1, n do
        shared[i] = i
        shared.count = shared.count + 1
    end
    in_order(shared, n)
end

-- A list that grows while other threads read it.
shared = {}
local readers = {}
for r = 1, 3 do
    readers[r] = threads.run(function()
        repeat
            local seen = 0
            for i, v in pairs(shared) do
                assert(i == v and i > seen)
                seen = i
            end
        until #shared >= 3000
        return "read"
    end)
end
for i = 1, 3000 do shared[#shared + 1] = i end
for _, reader in ipairs(readers) do assert(reader:join() == "read") end
in_order(shared, 3000)
print("ok")
