-- The border of tables: sequences only, where the manual fixes it, and # with metamethods.
local t = {} print(#t) for i = 1, 1000 do t[i] = i; assert(#t == i) end for i = 1000, 1, -1 do assert(#t == i) t[i] = nil end print(#t)
print(#{1, 2, 3}, #{n = 1}, #{[1] = 1}, #{[1] = 1, [2] = 2, [3] = 3}, #{1, 2, nil}, #{(function() return 1, 2, 3 end)()}, #{nil}, #{[0] = 1}, #{[-1] = 1}, #"abc", #{{}, {}})
t = {} for i = 100, 1, -1 do t[i] = i end print(#t) t = {} for i = 1, 100 do t[#t + 1] = i end print(#t, t[100]) while #t > 0 do t[#t] = nil end print(#t, next(t))
t = {} for i = 1, 64 do t[i] = i end for i = 64, 33, -1 do t[i] = nil end print(#t) for i = 33, 40 do t[i] = i end print(#t)
t = {10, 20, 30, n = 3} t[4] = 40 print(#t) t[#t] = nil t[#t] = nil print(#t)
t = {} t[1] = 1; t[2] = 2; t[3] = 3 t.x = 1; t.y = 2 print(#t) t[3] = nil print(#t) t[2] = nil t[1] = nil print(#t)
print(rawlen {1, 2}, rawlen "abc", pcall(rawlen, 5)) print(pcall(rawlen)) print(rawlen(setmetatable({1}, {__len = function() return 10 end})), #setmetatable({1}, {__len = function() return 10 end}), #setmetatable({}, {__len = function() return "x" end}))
print(pcall(function() return #nil end)) print(pcall(function() return #5 end)) print(pcall(function() local x = true return #x end)) print(pcall(function() return #print end))
t = setmetatable({}, {__len = function() error("no length") end}) print(pcall(function() return #t end))
-- a queue moving through the integers
local q, first, last = {}, 1, 0 for i = 1, 10000 do last = last + 1; q[last] = i if i % 3 ~= 0 then assert(q[first] == first) q[first] = nil; first = first + 1 end end print(first, last) local n = 0 for k in pairs(q) do n = n + 1 assert(k >= first) end print(n)
-- matrices
local m = {} for i = 1, 30 do m[i] = {} for j = 1, 30 do m[i][j] = i * j end end local s = 0 for i = 1, #m do for j = 1, #m[i] do s = s + m[i][j] end end print(s)
