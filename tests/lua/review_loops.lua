-- torture: light
-- Loops: closing values beside `next`, removed keys under collections, state set from outside, arrays of queues.
-- Needs about as much memory as lua5.4 does: lists whose items go at one end do not grow for ever.
local closer = setmetatable({}, {__close = function() print "closed" end})
for k, v in next, {10, 20, 30}, nil, closer do io.write(k, "=", v, " ") end
for k, v in ipairs {1, 2} do io.write(k, " ") end
print(pcall(function() for k in next, {a = 1}, nil, closer do error("e", 0) end end))
print((function() for k, v in next, {a = 1}, nil, closer do return k, v end end)())
-- keys that equal strings of other chunks take the place of
local function keys() local t = {} for i = 1, 20 do t["k" .. i] = i end return t end
local t, n = keys(), 0
for k in pairs(t) do load("local t = ... t." .. k .. " = nil")(t) n = n + 1 collectgarbage() end
print(n, next(t))
t, n = keys(), 0
for k in pairs(t) do load("local t = ... t." .. k .. " = 1")(t) t[k] = nil n = n + 1 collectgarbage() end
print(n, next(t))
t, n = keys(), 0
local k = next(t)
while k do load("local t = ... t." .. k .. " = nil")(t) n = n + 1 collectgarbage() k = next(t, k) end
print(n, next(t))
-- float loops stop for the collector
local most = 0
local probe = setmetatable({}, {__gc = function() most = most + 1 end}) probe = nil
for i = 1.0, 400000 do local garbage = {i} end
print(most)
-- queues and sparse lists
local q, first, last = {}, 1, 0
for i = 1, 3000000 do last = last + 1 q[last] = i if last - first > 10 then q[first] = nil first = first + 1 end end
collectgarbage() print(last - first, q[first], q[last], q[first - 1], collectgarbage "count" < 8000)
local sparse, j = {1, 1, 1, 1}, 4
for _ = 1, 24 do sparse[j + 1] = 1 j = j * 2 sparse[j] = 1 end
n = 0 for _ in pairs(sparse) do n = n + 1 end
collectgarbage() print(n, collectgarbage "count" < 8000)
-- A border far out: powers of two in the hash part.
local text = {} for i = 1, 100 do text[i] = "x" .. i .. "=" .. i end
local far = load("return {" .. table.concat(text, ",") .. "}")()
for i = 1, 100 do far["x" .. i] = nil end
for i = 0, 62 do far[1 << i] = true end
n = #far print(math.type(n), far[n], far[n + 1])
far[math.maxinteger] = true print(math.type(#far))
