-- Every arithmetic, bitwise and concatenation event: left, right, both, constants, and the order of operands.
local log = {}
local function tag(v) if type(v) == "table" then return rawget(v, "n") or "t" end return tostring(v) end
local events = {"add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "concat"}
local mt = {} for _, e in ipairs(events) do mt["__" .. e] = function(a, b, ...) assert(select("#", ...) == 0) return e .. "(" .. tag(a) .. "," .. tag(b) .. ")" end end
mt.__unm = function(a, b) return "unm(" .. tag(a) .. "," .. tostring(rawequal(a, b)) .. ")" end mt.__bnot = function(a, b) return "bnot(" .. tag(a) .. "," .. tostring(rawequal(a, b)) .. ")" end
local a, b = setmetatable({n = "a"}, mt), setmetatable({n = "b"}, mt) local plain = {n = "plain"}
print(a + b, a - b, a * b, a / b, a % b, a ^ b, a // b) print(a & b, a | b, a ~ b, a << b, a >> b, a .. b, -a, ~a)
print(a + 1, a - 1, a * 1, a / 1, a % 1, a ^ 1, a // 1, a & 1, a | 1, a ~ 1, a << 1, a >> 1, a .. 1) print(1 + a, 1 - a, 1 * a, 1 / a, 1 % a, 1 ^ a, 1 // a, 1 & a, 1 | a, 1 ~ a, 1 << a, 1 >> a, 1 .. a)
print(a + 1.5, a - 1.5, a * 1.5, a & 1.5, 1.5 | a, a + 1000000, 1000000 - a, a * 1000000, a << 1000, 1000 >> a, a >> -1, a - 128, a - 127, a + -5)
print(a + "s", "s" + a, a .. "s", "s" .. a, "x" .. "y" .. a, a .. "x" .. "y", 1 .. a .. 2, a .. b .. "z") print(a + plain, plain + a, plain .. a, a .. plain, a + nil, nil + a, true & a)
local c = setmetatable({n = "c"}, {__add = function(x, y) return "c-add(" .. tag(x) .. "," .. tag(y) .. ")" end}) print(a + c, c + a, c + 1, 1 + c, c + c)
print(pcall(function() return c - 1 end)) print(pcall(function() return plain + 1 end)) print(pcall(function() return 1 .. plain end)) print(pcall(function() return -plain end)) print(pcall(function() return ~plain end)) print(pcall(function() return plain & 1 end)) print(pcall(function() return 1.5 & c end)) print(pcall(function() return #c - c end))
-- results are adjusted to one value, and may be anything
local many = setmetatable({}, {__add = function() return 1, 2, 3 end, __sub = function() end, __concat = function() return nil end, __unm = function() return false end}) print(many + 1, (many - 1), many .. "", -many) print(select("#", many + 1), select("#", many - 1))
-- errors and yields inside
local bad = setmetatable({}, {__add = function() error("in add") end, __concat = function() error({code = 1}) end}) print(pcall(function() return bad + 1 end)) print(select(2, pcall(function() return bad .. "" end)).code)
local y = setmetatable({}, {__add = function(a, b) return coroutine.yield("add") end, __concat = function() return coroutine.yield("concat") end, __unm = function() return coroutine.yield("unm") end, __band = function() return coroutine.yield("band") end, __shl = function() return coroutine.yield("shl") end})
local co = coroutine.wrap(function() local r1 = y + 1 local r2 = 1 + y local r3 = "a" .. y .. "b" local r4 = -y local r5 = y & 1 local r6 = 1 << y return r1, r2, r3, r4, r5, r6 end) print(co()) for i = 1, 6 do print(co(i * 10)) end
-- non-function metamethods: callable tables
local callable = setmetatable({}, {__call = function(self, x, y) return "called " .. tag(x) .. " " .. tag(y) end}) local viacall = setmetatable({n = "v"}, {__add = callable, __concat = callable, __unm = callable}) print(viacall + 1, "x" .. viacall, -viacall) print(pcall(function() return setmetatable({}, {__add = 5}) + 1 end)) print(pcall(function() return setmetatable({}, {__add = {}}) + 1 end))
-- metamethods of strings and numbers
local smt = getmetatable("") local old = smt.__add smt.__band = function(a, b) return "sband" end print("a" & 1, 1 & "a") smt.__band = nil print(pcall(function() return "a" & 1 end)) smt.__add = function(a, b) return "sadd" end print("a" + 1, "1" + 1) smt.__add = old print("1" + 1)
debug.setmetatable(0, {__index = function(n, k) return k .. n end, __call = function(n, x) return n * x end, __len = function(n) return n + 1 end, __concat = nil}) print((5).foo, (5)(6), #5) debug.setmetatable(0, nil) debug.setmetatable(nil, {__index = function() return "nilidx" end, __add = function() return "niladd" end}) local n print(n.x, nil + 1, 1 + n) debug.setmetatable(nil, nil) debug.setmetatable(print, {__index = {name = "fn"}, __concat = function() return "fcat" end}) print(print.name, print .. "x") debug.setmetatable(print, nil) debug.setmetatable(true, {__unm = function(b) return not b end}) print(-true, -false) debug.setmetatable(true, nil) print(pcall(function() return n.x end))
-- concat chains with metamethods in the middle
local cc = setmetatable({}, {__concat = function(l, r) return (type(l) == "table" and "T" or l) .. "+" .. (type(r) == "table" and "T" or r) end}) print(cc .. "a" .. "b" .. "c", "a" .. cc .. "b" .. "c", "a" .. "b" .. cc .. "c", "a" .. "b" .. "c" .. cc, cc .. cc .. cc, 1 .. 2 .. cc .. 3 .. 4)
