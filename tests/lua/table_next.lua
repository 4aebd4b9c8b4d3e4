-- next and pairs: complete visits, removal and assignment while walking, errors.
local function count(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
print(next({}), next({10}), next({10}, 1), next({a = 1}), next({a = 1}, "a"))
print(pcall(next)) print(pcall(next, 1)) print(pcall(pairs)) print(pcall(ipairs)) print(pcall(function() for k in pairs(5) do end end))
-- array part in order
local t = {} for i = 1, 100 do t[i] = i end local last = 0 for k, v in pairs(t) do assert(k == last + 1 and v == k) last = k end print(last)
for k, v in next, {10, 20, 30} do io.write(k, "=", v, " ") end print()
-- remove everything while walking
t = {} for i = 1, 500 do t[i] = i; t["s" .. i] = i; t[i + 0.5] = i; t[-i] = i end print(count(t)) local n = 0 for k in pairs(t) do t[k] = nil; n = n + 1 end print(n, next(t), count(t), #t)
-- remove others while walking: each key at most once, survivors exactly once
t = {} for i = 1, 300 do t["k" .. i] = i end local seen = {} for k, v in pairs(t) do assert(not seen[k]) seen[k] = true if v % 3 == 0 then t["k" .. (v - 1)] = nil end end n = 0 for k in pairs(t) do assert(seen[k]) n = n + 1 end print(n >= 200)
-- assign existing fields while walking
t = {a = 1, b = 2, c = 3, 10, 20} for k, v in pairs(t) do t[k] = v * 2 end print(t.a, t.b, t.c, t[1], t[2])
-- collect garbage while walking and removing
t = {} for i = 1, 100 do t["g" .. i] = {} end n = 0 for k in pairs(t) do t[k] = nil; n = n + 1 if n % 20 == 0 then collectgarbage() end end print(n, next(t))
for k in pairs {a = 1} do k = "changed" end
-- order of pairs equals order of next
t = {} for i = 1, 50 do t["x" .. i] = i; t[i] = i end local k for k2, v2 in pairs(t) do local nk, nv = next(t, k) assert(nk == k2 and nv == v2) k = nk end print(next(t, k))
-- ipairs
for i, v in ipairs {1, 2, nil, 4} do io.write(i, " ") end print() for i, v in ipairs {} do io.write("never") end for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i <= 5 then return i * i end end})) do io.write(i, ":", v, " ") end print()
t = {1, 2, 3} for i, v in ipairs(t) do if i < 10 then t[i + 3] = v + 3 end end print(#t, table.concat(t, ","))
print(select("#", ipairs {}), type((ipairs {})), select(3, ipairs {}))
-- __pairs
local p = setmetatable({}, {__pairs = function(self) return function(_, k) k = (k or 0) + 1 if k <= 3 then return k, k * 10 end end, self, nil end}) for k, v in pairs(p) do io.write(k, "=", v, " ") end print()
print(select("#", pairs(setmetatable({}, {__pairs = function() return 1, 2, 3, 4, 5 end})))) print(pcall(pairs, setmetatable({}, {__pairs = function() error("in pairs", 0) end})))
-- clear and refill keeps working
t = {} for round = 1, 20 do for i = 1, 50 do t["r" .. round .. "_" .. i] = i end for k in pairs(t) do t[k] = nil end end print(count(t)) t.z = 1 print(next(t))
-- true/false/nil values
t = {false, true, nil, false} n = 0 for k, v in pairs(t) do n = n + 1 io.write(k, tostring(v), " ") end print(n)
t = {} t[1] = 1 t[2] = 2 t[4] = 4 n = 0 for k in pairs(t) do n = n + k end print(n) t[1] = nil n = 0 for k in pairs(t) do n = n + k end print(n)
local g = 0 for name in pairs(_G) do if type(name) == "string" then g = g + 1 end end print(g > 20)
