-- torture: light
-- table.sort: orders, comparators, errors, stability is not promised so only sorted results are shown.
local function check(t, lt) for i = 2, #t do if lt(t[i], t[i - 1]) then return false end end return true end
local seed = 42 local function rnd(n) seed = (seed * 1103515245 + 12345) & 0x7fffffff return (seed >> 8) % n + 1 end
for _, n in ipairs {0, 1, 2, 3, 4, 5, 10, 50, 99, 100, 101, 150, 1000, 5000} do
  local a, b, c, d = {}, {}, {}, {} for i = 1, n do a[i] = rnd(1000000); b[i] = i; c[i] = n - i; d[i] = i % 7 end
  for _, t in ipairs {a, b, c, d} do table.sort(t) assert(check(t, function(x, y) return x < y end)) table.sort(t, function(x, y) return x > y end) assert(check(t, function(x, y) return x > y end)) end
  print(n, a[1], a[n], b[1], c[1], d[1])
end
local w = {} for s in ("the quick brown fox jumps over the lazy dog and Runs Away 10 9 100"):gmatch("%S+") do w[#w + 1] = s end table.sort(w) print(table.concat(w, " ")) table.sort(w, function(a, b) return #a ~= #b and #a < #b or #a == #b and a < b end) print(table.concat(w, " "))
local f = {3, 1.5, -2, 2^53, 1 << 53, -0.5, 1/0, -1/0, 1e300} table.sort(f) for _, v in ipairs(f) do io.write(v, " ") end print()
local recs = {} for i = 1, 200 do recs[i] = {k = rnd(50), i = i} end table.sort(recs, function(a, b) if a.k ~= b.k then return a.k < b.k end return a.i < b.i end) local h = 0 for i, r in ipairs(recs) do h = (h * 31 + r.k * 7 + r.i) % 1000000007 end print(h)
local objs = {} local mt = {__lt = function(a, b) return a.v < b.v end} for i = 1, 50 do objs[i] = setmetatable({v = rnd(100)}, mt) end table.sort(objs) print(check(objs, function(a, b) return a.v < b.v end))
print(pcall(table.sort, {1, "x"})) print(pcall(table.sort, {1, 2, nil, 4})) print(pcall(table.sort, {{}, {}})) print(pcall(table.sort, {3, 2, 1}, function(a, b) error("cmp") end)) print(pcall(table.sort, {3, 2, 1}, function(a, b) error({}) end) == false) print(pcall(table.sort, {1, 2}, 5)) print(pcall(table.sort, {1}, "x")) print(pcall(table.sort)) print(pcall(table.sort, 5)) print(pcall(table.sort, {true, false}))
local bad = {} for i = 1, 100 do bad[i] = i % 3 end print(pcall(table.sort, bad, function() return true end)) print((pcall(table.sort, {1, 2, 3, 4, 5}, function(a, b) return a <= b end)) ~= nil)
print(select("#", table.sort {2, 1})) print(coroutine.wrap(function() return pcall(table.sort, {3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end)())
local log = {} local p = setmetatable({}, {__len = function() return 3 end, __index = function(_, k) return 4 - k end, __newindex = function(_, k, v) log[#log + 1] = k .. "=" .. v end}) table.sort(p, function(a, b) return a < b end) print(#log > 0) print(pcall(table.sort, setmetatable({}, {__len = function() return math.maxinteger end})))
-- a comparator that collects, and one that keeps the table busy
local g = {} for i = 1, 60 do g[i] = {rnd(1000)} end table.sort(g, function(a, b) collectgarbage("step") return a[1] < b[1] end) print(check(g, function(a, b) return a[1] < b[1] end))
local depth = 0 local function nest(n) local t = {3, 1, 2} table.sort(t, function(a, b) if n > 0 then nest(n - 1) end return a < b end) depth = depth + 1 return t[1] end print(nest(4), depth > 5)
