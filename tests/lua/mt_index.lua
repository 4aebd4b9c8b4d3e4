-- __index and __newindex: tables, functions, chains, rawget and rawset, loops, errors, yields.
local base = {x = "base.x", f = function() return "base.f" end} local t = setmetatable({y = "own"}, {__index = base}) print(t.x, t.y, t.z, t.f(), rawget(t, "x")) t.x = "own.x" print(t.x, base.x) t.x = nil print(t.x)
local log = {} local p = setmetatable({}, {__index = function(self, k) log[#log + 1] = "get " .. tostring(k) return k end, __newindex = function(self, k, v) log[#log + 1] = "set " .. tostring(k) .. "=" .. tostring(v) rawset(self, k, v) end}) print(p.a, p[1], p[1.5], p[true]) p.a = 1 p.a = 2 p[1] = 5 p[1] = 6 print(p.a, p[1]) p.a = nil p.a = 3 print(table.concat(log, "; "))
-- chains of tables and of functions
local chain = {deep = "found"} for i = 1, 50 do chain = setmetatable({["l" .. i] = i}, {__index = chain}) end print(chain.deep, chain.l1, chain.l50, chain.nope) local sink = {} local wchain = sink for i = 1, 50 do wchain = setmetatable({}, {__newindex = wchain}) end wchain.k = "v" print(sink.k, rawget(wchain, "k"))
local loop = {} setmetatable(loop, {__index = loop}) print(pcall(function() return loop.x end)) local l2 = {} setmetatable(l2, {__newindex = l2}) print(pcall(function() l2.x = 1 end)) local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) print(pcall(function() return a.q end)) local deepidx = {} for i = 1, 3000 do deepidx = setmetatable({}, {__index = deepidx}) end print(pcall(function() return deepidx.x end))
print(pcall(function() return setmetatable({}, {__index = 5}).x end)) print(pcall(function() setmetatable({}, {__newindex = 5}).x = 1 end)) print(setmetatable({}, {__index = "abc"}).len == string.len, pcall(function() return setmetatable({}, {__index = true}).x end)) print(pcall(function() return setmetatable({}, {__index = function() error("idx") end}).x end)) print(pcall(function() setmetatable({}, {__newindex = function(_, k) error("ro: " .. k, 0) end}).x = 1 end))
-- rawequal, rawget, rawset, rawlen do not look
print(rawget(p, "zzz"), rawset(p, "raw", 1) == p, p.raw) print(pcall(rawget, 5, 1)) print(pcall(rawset, {}, nil, 1)) print(pcall(rawget)) print(pcall(rawset, {}, 1))
-- __index with every key kind
local kinds = setmetatable({}, {__index = function(_, k) return math.type(k) or type(k) end}) print(kinds[1], kinds[1.0], kinds[1.5], kinds[2^53], kinds["s"], kinds[nil], kinds[0/0], kinds[{}], kinds[print], kinds[true]) local ni = setmetatable({}, {__newindex = function(t, k, v) log = {k, v} end}) ni[nil] = "nilkey" print(log[1], log[2]) ni[0/0] = "nan" print(log[1] ~= log[1], log[2])
-- methods and inheritance
local Animal = {} Animal.__index = Animal function Animal.new(name) return setmetatable({name = name}, Animal) end function Animal:speak() return self.name .. " makes a sound" end local Dog = setmetatable({}, {__index = Animal}) Dog.__index = Dog function Dog.new(name) local d = Animal.new(name) return setmetatable(d, Dog) end function Dog:speak() return Animal.speak(self) .. ": woof" end print(Animal.new("cat"):speak(), Dog.new("rex"):speak(), getmetatable(Dog.new("x")) == Dog) function Animal:late() return "late " .. self.name end print(Dog.new("y"):late()) Dog.late = function() return "override" end print(Dog.new("y"):late(), Animal.new("z"):late()) Dog.late = nil print(Dog.new("y"):late())
-- a metamethod that appears after absence was seen
local mt = {} local o = setmetatable({}, mt) for i = 1, 10 do assert(o.missing == nil) end mt.__index = function() return "now" end print(o.missing) mt.__index = nil print(o.missing) mt.__newindex = function(t, k, v) rawset(t, k, v * 2) end o.v = 21 print(o.v) mt.__newindex = nil o.w = 1 print(o.w) mt.__call = function() return "called" end print(o()) mt.__call = nil print(pcall(o)) mt.__len = function() return 9 end print(#o) mt.__len = nil print(#o) rawset(mt, "__eq", function() return true end) print(o == setmetatable({}, mt)) for k in pairs(mt) do mt[k] = nil end print(o == setmetatable({}, mt))
-- yields in both
local y = setmetatable({}, {__index = function(_, k) return coroutine.yield("get " .. k) end, __newindex = function(_, k, v) coroutine.yield("set " .. k .. tostring(v)) end}) local co = coroutine.wrap(function() local r = y.a y.b = r y[1] = y[2] return r, y.c .. "!" end) print(co()) print(co(1)) print(co()) print(co("two")) print(co()) print(co("see"))
-- assignment through upvalue tables, globals with metatables
local env = setmetatable({}, {__index = _G, __newindex = function(t, k, v) rawset(t, k, "<" .. tostring(v) .. ">") end}) load("gx = 5; gy = gx; print(gx, gy)", "c", "t", env)() setmetatable(_G, {__index = function(_, k) return "undef:" .. k end, __newindex = function(_, k, v) error("no new global " .. k, 2) end}) print(undefinedvar, pcall(function() newglobal = 1 end)) setmetatable(_G, nil) print(undefinedvar)
local counter = setmetatable({}, {__index = function(t, k) local v = #k; t[k] = v; return v end}) print(counter.abc, counter.abc, rawget(counter, "abc")) local default = setmetatable({}, {__index = function() return 0 end}) for c in ("mississippi"):gmatch(".") do default[c] = default[c] + 1 end print(default.m, default.i, default.s, default.p)
-- how long chains of tables may be, and what is looked at in the last one
local function chain(event, n, last)
  local o = last
  for _ = 1, n do o = setmetatable({}, {[event] = o}) end
  return o
end
local function get(o, k) return o[k] end
local function set(o, k, v) o[k] = v end
for n = 1998, 2002 do
  print(n, pcall(get, chain("__index", n, {x = n}), "x"))
  print(n, pcall(get, chain("__index", n, {x = n}), "y"))
  print(n, pcall(get, chain("__index", n, setmetatable({}, {__index = function() return "called" end})), "x"))
  print(n, pcall(get, chain("__index", n, 5), "x"))
  print(n, (pcall(get, chain("__index", n, "text"), "len")))
  local base = {}
  print(n, pcall(set, chain("__newindex", n, base), "x", n))
  print(n, base.x, pcall(set, chain("__newindex", n, 5), "x", n))
end
