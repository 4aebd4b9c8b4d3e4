-- torture: light
-- table.insert and table.remove at every position, with metamethods, with errors.
-- The number of the argument in "position out of bounds" changed within 5.4.
local function remove(...) local ok, m = pcall(table.remove, ...) if ok then return ok, m end return ok, (m:gsub("#%d", "#N")) end
local function show(t) print(#t, table.concat(t, ",")) end
local t = {} table.insert(t, "a") table.insert(t, 1, "b") table.insert(t, 2, "c") table.insert(t, 4, "d") show(t) print(select("#", table.insert(t, "e")))
print(pcall(table.insert, t, 0, "x")) print(pcall(table.insert, t, 7, "x")) print(pcall(table.insert, t, -1, "x")) print(pcall(table.insert, t)) print(pcall(table.insert, t, 1, 2, 3)) print(pcall(table.insert, nil, 1)) print(pcall(table.insert, t, "x", 1)) print(pcall(table.insert, t, 1.5, 1)) print(pcall(table.insert, 5, 1)) table.insert(t, 6, "f") show(t) table.insert(t, "1", "s") show(t)
print(table.remove(t), table.remove(t, 1), table.remove(t, 2)) show(t) print(table.remove(t, #t + 1)) print(remove(t, #t + 2)) print(remove(t, 0)) print(remove(t, -1)) while #t > 0 do table.remove(t) end print(table.remove(t), table.remove(t, 0), table.remove(t, #t), remove(t, 1)) print(remove(t, 2)) print(pcall(table.remove)) print(pcall(table.remove, {}, "x"))
t = {[0] = "zero"} print(table.remove(t, 0), t[0]) print(select("#", table.remove {}), select("#", table.remove({1, 2})))
t = {} for i = 1, 200 do table.insert(t, 1, i) end print(t[1], t[200], #t) for i = 1, 200 do assert(table.remove(t, 1) == 201 - i) end print(#t)
for i = 1, 100 do table.insert(t, (i // 2) + 1, i) end show(t) local out = {} while #t > 0 do out[#out + 1] = table.remove(t, (#t + 1) // 2) end show(out)
table.insert(t, nil) print(#t, next(t)) table.insert(t, 1, nil) print(next(t)) t = {1, 2, 3} table.insert(t, 2, nil) print(t[1], t[2], t[3], t[4])
-- with metamethods
local log = {} local store = {} local p = setmetatable({}, {__len = function() log[#log + 1] = "len" return #store end, __index = function(_, k) log[#log + 1] = "get" .. k return store[k] end, __newindex = function(_, k, v) log[#log + 1] = "set" .. k store[k] = v end})
table.insert(p, "x") table.insert(p, "y") table.insert(p, 1, "w") print(table.remove(p, 1), table.remove(p)) print(table.concat(log, " ")) print(#store, store[1], rawlen(p))
print(pcall(table.insert, setmetatable({}, {__len = function() return "x" end}), 1)) print(pcall(table.insert, setmetatable({}, {__len = function() return 1.5 end}), 1))
print(pcall(table.insert, setmetatable({}, {__newindex = function() error("frozen", 0) end}), 5))
-- t[#t+1] = v in all its shapes
local a = {} for i = 1, 10 do a[#a + 1] = i; a[#a + 1] = i * 2 end show(a) local o = {list = {}} o.list[#o.list + 1] = "x" o.list[#o.list + 1] = "y" show(o.list) local mt = setmetatable({}, {__newindex = function(s, k, v) rawset(s, k, v .. "!") end}) mt[#mt + 1] = "a" mt[#mt + 1] = "b" show(mt) local ln = setmetatable({}, {__len = function() return 41 end}) ln[#ln + 1] = "z" print(ln[42])
print(pcall(function() local n n[#n + 1] = 1 end)) print(pcall(function() local n = 5 n[#n + 1] = 1 end)) local s = "abc" print(pcall(function() s[#s + 1] = 1 end))
