-- torture: light
-- Constructors: mixed fields, trailing calls and varargs, order of evaluation, very large ones.
local function f(...) return ... end local function three() return 1, 2, 3 end
local function show(t) local k = {} for i in pairs(t) do k[#k + 1] = i end table.sort(k, function(a, b) return tostring(a) < tostring(b) end) for i, v in ipairs(k) do k[i] = tostring(v) .. "=" .. tostring(t[v]) end print(#t, table.concat(k, " ")) end
show {} show {1} show {1, 2, 3,} show {1; 2; 3;} show {a = 1, b = 2} show {["x y"] = 1, [10] = 2, [1 + 1] = 3} show {1, a = 2, 3, [3] = "overwritten", 4} show {three()} show {three(), three()} show {three(), 10} show {(three())} show {10, three()} show {a = three()} show {[1] = "first", "second"} show {f()} show {f(), f()} show {nil, nil, 3} show {f(nil, nil)} show {n = nil}
local function va(...) return {...}, {..., "x"}, {"x", ...}, {(...)}, {n = select("#", ...), ...} end for i = 0, 4 do local a = {} for j = 1, i do a[j] = j * 10 end for _, t in ipairs {va(table.unpack(a))} do show(t) end end
local log = {} local function l(x) log[#log + 1] = tostring(x) return x end local t = {l(1), [l("k")] = l("v"), l(2), x = l(3), l(4)} print(table.concat(log, " ")) show(t)
for _, n in ipairs {1, 49, 50, 51, 99, 100, 127, 128, 200, 254, 255, 256, 257, 300, 511, 512, 1000, 5000, 70000} do
  local parts = {} for i = 1, n do parts[i] = tostring(i) end local t = load("return {" .. table.concat(parts, ",") .. "}")() local s = 0 for i = 1, #t do s = s + t[i] end print(n, #t, s == n * (n + 1) // 2)
end
for _, n in ipairs {10, 255, 256, 257, 300, 1000, 70000} do
  local parts = {} for i = 1, n do parts[i] = "k" .. i .. "=" .. i .. ".5" end local t = load("return {" .. table.concat(parts, ",") .. "}")() local c, s = 0, 0 for k, v in pairs(t) do c = c + 1; s = s + v end print(n, c, s, t.k1, t["k" .. n])
end
local parts = {} for i = 1, 300 do parts[i] = "'s" .. i .. "'" end t = load("local a = {" .. table.concat(parts, ",") .. ", ...} return a, select('#', ...)")("x", "y") print(#t, t[300], t[301], t[302])
parts = {} for i = 1, 400 do parts[i] = "local_" .. i .. " = {" .. i .. ", '" .. i .. "', " .. i .. ".25}" end local env = {} load(table.concat(parts, "\n"), "c", "t", env)() local s = 0 for i = 1, 400 do local v = env["local_" .. i] s = s + v[1] + tonumber(v[2]) + v[3] end print(s)
local deep = ("{"):rep(150) .. ("}"):rep(150) local d, n = load("return " .. deep)(), 0 while d do n = n + 1 d = d[1] end print(n) print((select(2, load("return " .. ("{"):rep(300) .. ("}"):rep(300), "=deep")):match("[^\n]*")))
local self = {} self[1] = self print(self[1][1][1] == self) t = {[{}] = 1, [print] = 2} local c = 0 for k in pairs(t) do c = c + 1 end print(c) t = {function() return "fn" end, {{"nested"}}, -1, not nil, "a" .. "b", #"xyz"} print(t[1](), t[2][1][1], t[3], t[4], t[5], t[6])
