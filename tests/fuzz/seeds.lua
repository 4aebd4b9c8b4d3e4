-- Small functions that need nothing from outside, one for each thing that the verifier must know about.

local function cells(n)
  local sum, list = 0, {}
  for i = 1, 5 do
    local j = i
    list[i] = function(d) j = j + d; sum = sum + j; return j, i, sum end
  end
  for i = 1, 5 do list[i](i) end
  return sum, list[2](1)
end

local function values(a, b)
  local c = {a, b}
  local function get() return a, c, b end
  local function deep() return function() return get(), c end end
  return deep()()
end

local function recursive(n)
  n = math.type(n) == "integer" and n % 10 or 5
  local function fact(k) if k < 2 then return 1 end return k * fact(k - 1) end
  local function even(k) if k == 0 then return true end return not even(k - 1) end
  return fact(n), even(n)
end

local function mixed(a)
  local x, y, z = 1, 2, 3
  local function set() x = y; y = x + z; return x end
  do
    local x = set()
    local function inner() x = x + 1; z = x return y end
    y = inner() + inner()
  end
  while y < 40 do
    local w = y
    y = (function() w = w + 1 return w end)()
  end
  return x, y, z, set()
end

local function parameters(a, b, ...)
  a = a or 1
  local function seta() a = b return a end
  local function setb() b = a return b end
  local n = select("#", ...)
  local t = {n, ...}
  return seta(), setb(), t[1], ...
end

local function spread(...)
  local a, b, c = ...
  local t = {..., a, ...}
  local u = {1, 2, 3, ...}
  print(a, b, ...)
  return #t, #u, select("#", ...), (...)
end

local function loops(n)
  local s = 0
  for i = 1, 3 do for j = i, 1, -1 do s = s + i * j end end
  for x = 0.5, 2 do s = s + x end
  for i = math.maxinteger - 2, math.maxinteger do s = s + 1 end
  for k, v in pairs {1, 2, a = 3, b = 4} do s = s + v end
  for i, v in ipairs {5, 6, 7} do s = s + i * v end
  for w in ("a b c"):gmatch "%a" do s = s + #w end
  local i = 0
  repeat local stop = i > 3; i = i + 1 until stop
  return s, i
end

local function ways(n)
  local i, log = 0, {}
  ::top::
  i = i + 1
  do
    local v = i
    if v % 2 == 0 then goto continue end
    log[#log + 1] = function() v = v + 1 return v end
  end
  ::continue::
  if i < 7 then goto top end
  for k = 1, 5 do
    if k == 2 then goto next end
    if k == 4 then break end
    log[#log + 1] = function() k = k + 1 return k end
    ::next::
  end
  local s = 0
  for _, f in ipairs(log) do s = s + f() end
  return s
end

local function closing()
  local log = {}
  local function new(name)
    return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. tostring(e) end})
  end
  do
    local a <close> = new "a"
    local b <close> = nil
    local c <close> = new "c"
    log[1] = "body"
  end
  local function early(n)
    local x <close> = new "x"
    for i = 1, 3 do
      local y <close> = new "y"
      if i == n then return i, n end
      if i > n then break end
    end
    for i, v in next, {1, 2}, nil, new "for" do
      if n == 3 then return "in", v end
    end
    return "end"
  end
  log[#log + 1] = early(2)
  early(3)
  pcall(function()
    local z <close> = new "z"
    error("raised", 0)
  end)
  local co = coroutine.wrap(function()
    local q <close> = new "q"
    coroutine.yield(1)
    return 2
  end)
  co() co()
  return table.concat(log, ",")
end

local function tables(n)
  local t = {1, 2, 3, x = 1, y = {z = 2}, [10] = 4, n, nil, 5}
  t.x, t.y.z, t[1], t[n or 1] = t.y, t[1], t.x, 7
  t.a, t["b c"], t[2], t[3.5], t[-1] = 1, nil, "s", true, {}
  local o = setmetatable({v = 1}, {__index = function(s, k) return k end, __call = function(s, ...) return ... end})
  function o:m(a, ...) return self.v, a, ... end
  return o:m(1, 2), o.other, o(3, 4), #t, t.y.z, {o:m(t)}
end

local function operators(a, b)
  a, b = tonumber(a) or 7, tonumber(b) or 3
  local c = a + b - 1 * a / 2 // 1 % 5 ^ 2
  local d = (a // 1 | 0) & 255 ~ (b // 1 | 0) << 2 >> 1
  local e = -a .. "x" .. b .. 1.5 .. (not a and "y" or "z")
  local f = a == b or a ~= 1 and a < b or a <= 3 or a > b or a >= 7 or nil
  local g = a == "text" or b == 2.5 or not f
  local h = (a and b) or c
  return c, d, e, f, g, h, ~d, #e, 3 - a, 2 ^ b, 1 < a, a < 1, 10 >= b
end

local function tails(n)
  local function loop(k, ...) if k == 0 then return ... end return loop(k - 1, k, ...) end
  local function native(s) return select(2, s, s) end
  return loop(20, native("t"))
end

local function coroutines()
  local function gen(n) for i = 1, n do coroutine.yield(i, function() n = n + i return n end) end return "done" end
  local co = coroutine.create(gen)
  local out = {}
  for i = 1, 4 do
    local ok, v, f = coroutine.resume(co, 3)
    out[i] = f and f() or v
  end
  return table.unpack(out)
end

local function collected(n)
  local keep, sum = {}, 0
  for i = 1, 20 do
    local a, b = {i}, "s" .. i
    local function up() sum = sum + a[1]; a = {sum}; return b end
    keep[i % 5] = up
    while sum < i * 3 do up() end
    if i % 7 == 0 then collectgarbage() end
  end
  return sum, keep[1]()
end

local function debugged(a)
  local x, y = 1, {}
  local f = function() x = x + 1 return y end
  for i = 1, 8 do local n, v = debug.getlocal(1, i) if n == "y" then debug.setlocal(1, i, {v}) end end
  debug.setupvalue(f, 1, 10)
  local t = debug.getinfo(1, "nSlutfL")
  return f(), x, t.currentline, debug.traceback("m"), t.nups
end

local function errors()
  local t = {}
  return pcall(function() return t.x.y.z end), pcall(function() return t.x + 1 end), pcall(function() t.x() end),
    pcall(function() return t .. "x" end), pcall(function() return t < 1 end), pcall(function() return #nil end),
    pcall(function() for i = 1, "x" do end end), pcall(function() t[nil] = 1 end),
    select(2, pcall(error, setmetatable({}, {__tostring = function() return "object" end})))
end

return {cells, values, recursive, mixed, parameters, spread, loops, ways, closing, tables, operators, tails, coroutines,
  collected, debugged, errors}
