-- error, assert, pcall, xpcall: values of every type, levels, handlers, nesting.
local function lev(n) error("msg", n) end print(pcall(lev, 0)) print(pcall(lev, 1)) print(pcall(lev, 2)) print(pcall(lev, 3)) print(pcall(lev)) print(pcall(lev, 100)) print(pcall(lev, -1)) local function l2() lev(2) end print(pcall(l2)) local function l3() local function inner() lev(3) end inner() end print(pcall(l3))
for _, v in ipairs {1, 1.5, "s", true, false, {1}, print} do local ok, e = pcall(error, v) print(ok, e == v, type(e)) ok, e = pcall(error, v, 1) print(e == v) end print(pcall(error)) print(pcall(error, nil)) print(pcall(error, "x", 0)) print(pcall(error, 5, 2)) print(select("#", pcall(error))) local mt = setmetatable({}, {__tostring = function() return "T" end}) print(select(2, pcall(error, mt)) == mt, tostring(select(2, pcall(error, mt))))
print(pcall(assert)) print(pcall(assert, false)) print(pcall(assert, nil)) print(pcall(assert, false, "msg")) print(pcall(assert, nil, 5)) print(pcall(assert, 1, 2, 3)) print(assert(1, 2, 3)) print(select(2, pcall(assert, false, mt)) == mt) print(pcall(assert, false, nil)) print(select("#", pcall(assert, false, nil)))
print(select(2, pcall(pcall)))
print(pcall(pcall, error, "x")) print(pcall(pcall, pcall, error)) print(pcall(function(...) return ... end, 1, nil, 3, nil)) print(select("#", pcall(function() end))) print(pcall(5)) print(pcall(nil)) print(pcall("x")) print(pcall({}))
print(xpcall(function() error("e", 0) end, function(m) return m .. "!" end)) print(xpcall(function() error("e", 0) end, function(m) return 1, 2, 3 end)) print(xpcall(function(...) return ... end, print, 1, 2)) print(xpcall(error, function(m) return type(m) end)) print(xpcall(error, function(m) return m end, {}) == false) print(pcall(xpcall)) print(pcall(xpcall, print)) print(xpcall(function() local x; x() end, function(m) return "H(" .. m .. ")" end)) print(xpcall(function() error({1}) end, function(m) return m[1] end)) print(xpcall(function() error("e") end, function(m) local ok, e = pcall(error, "in handler", 0) return e end)) print(xpcall(function() return xpcall(error, function(m) return "inner " .. m end, "x") end, function() return "outer" end)) print(xpcall(function() xpcall(error, function(m) error("second", 0) end, "first") error("third", 0) end, function(m) return "H " .. m end))
-- handlers see the stack of the error
local depth local function handler(m) depth = 0 for i = 1, 50 do if not debug.getinfo(i, "l") then break end depth = depth + 1 end return m end local function nest(n) if n == 0 then error("deep", 0) end nest(n - 1) return 1 end xpcall(nest, handler, 0) local d0 = depth xpcall(nest, handler, 5) print(depth - d0)
-- pcall in loops, in coroutines, with yields
local co = coroutine.wrap(function() local r = {pcall(function() local a = coroutine.yield(1) error("after " .. a, 0) end)} coroutine.yield(r[2]) local r2 = {xpcall(function() coroutine.yield(3) error("x", 0) end, function(m) return m .. "h" end)} return r2[1], r2[2] end) print(co()) print(co("y")) print(co()) print(co()) local n = 0 for i = 1, 1000 do if not pcall(error) then n = n + 1 end end print(n) local function rec(n) if n == 0 then error("bottom", 0) end local ok, e = pcall(rec, n - 1) error(e .. n, 0) end print(pcall(rec, 9)) print(pcall(string.rep)) print(pcall(pcall))

-- The message of a lack of memory passes by message handlers, and gets no position on its way out of a coroutine.
print(xpcall(function() error("not enough memory", 0) end, function() return "handled" end))
print(pcall(coroutine.wrap(function() error("not enough memory", 0) end)))
print(pcall(coroutine.wrap(function() error("other", 0) end)))

-- A level is a C int: of a wider one the low bits count.
print(pcall(function() error("low bits", 9007199254740993) end))
print(pcall(function() error("low bits", 1 << 32) end))
