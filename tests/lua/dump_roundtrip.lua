-- A function that goes through string.dump and load does what it did before.

local function again(f, strip, name)
  local chunk = string.dump(f, strip)
  return assert(load(chunk, name or "=again", "b"))
end

local function show(label, ...)
  local t = table.pack(...)
  for i = 1, t.n do
    local v = t[i]
    if type(v) == "string" then
      v = string.format("%q", v):gsub("\n", "n")
    elseif math.type(v) == "float" then
      v = string.format("%a", v)
    else
      v = tostring(v)
    end
    t[i] = v
  end
  print(label, table.concat(t, " ", 1, t.n))
end

-- each function twice: with and without debug information
local function both(label, f, ...)
  show(label, again(f)(...))
  show(label .. " stripped", again(f, true)(...))
  show(label .. " twice", again(again(again(f), true))(...))
end

both("constants", function()
  return nil, true, false, 0, -1, 255, 256, 65536, 1 << 48, 1 << 49, -(1 << 49), (1 << 49) - 1, math.maxinteger,
    0x7fffffffffffffff, 0x8000000000000000, -0x123456789abcdef
end)
both("floats", function()
  return 0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 1e-300, 5e-324, 1e308 * 10, -1e308 * 10, 3e15, 2^53, 9007199254740993.0
end)
both("not a number", function() local x = 0.0 / 0.0 return x ~= x, 1 / (1e308 * 10) end)
both("strings", function()
  return "", "a", "\0", "a\0b\0", "\n\r\27Lua", "\xff\xfe\x80", ("x"):rep(3),
    "a string of more than forty bytes, which is long for any implementation"
end)
both("zeros in a long string", function()
  local s = "0123456789\0\0\0\0\0\0\0\0\0\0abcdefghij\0\0\0\0\0\0\0\0\0\0ABCDEFGHIJ\0"
  return #s, s:byte(11), s:byte(-1), s:find("ABC", 1, true)
end)

both("varargs", function(a, b, ...)
  local t = {a, b, ...}
  return select("#", ...), t[1], t[5], ...
end, 1, 2, 3, nil, 5)
both("no varargs", function(a, b) return b, a end, 1)
both("table", function(n)
  local t = {10, 20, 30, x = 1, ["y z"] = 2, [100] = 3, [-1.5] = 4, n, n, (n)}
  return #t, t[3], t.x, t["y z"], t[100], t[-1.5], t[6]
end, 7)
both("operators", function(a, b)
  return a + b, a - b, a * b, a / b, a // b, a % b, a ^ 2, -a, a & b, a | b, a ~ b, a << 3, a >> 1, ~a, a .. b, 3 << a,
    a + 1, a - 1, a * 2, a // 2, a % 5, a & 7, a == b, a < b, a <= b, a > 3, a >= 17, a ~= 17, not a, #"abc"
end, 17, 5)

both("loops", function(n)
  local sum, log = 0, {}
  for i = 1, n do sum = sum + i end
  for i = n, 1, -2 do sum = sum * 2 + i end
  for x = 0.0, 1.0, 0.25 do sum = sum + x end
  for i, v in ipairs{5, 6, 7} do log[#log + 1] = i * v end
  for k, v in pairs{a = 1} do log[#log + 1] = k .. v end
  for w in ("one two three"):gmatch "%a+" do log[#log + 1] = w end
  local i = 0
  while true do
    i = i + 1
    if i % 2 == 0 then goto continue end
    if i > 9 then break end
    log[#log + 1] = i
    ::continue::
  end
  repeat local done = i > 12; i = i + 1 until done
  do
    local k = 0
    ::top::
    k = k + 1
    if k < 4 then goto top end
    log[#log + 1] = k
  end
  return sum, i, table.concat(log, ",")
end, 10)

both("nested", function(n)
  local up = n
  local function count() up = up + 1 return up end
  local function fact(k) return k <= 1 and 1 or k * fact(k - 1) end
  local list = {}
  for i = 1, 3 do
    local j = i
    list[i] = function(d) j = j + d return i, j end
  end
  list[1](10)
  local a, b = list[1](100)
  local c, d = list[2](1000)
  return count(), count(), up, fact(10), a, b, c, d
end, 40)
both("deep", function()
  return (function(a)
    return function(b)
      return function(c)
        return function(d) return a + b + c + d end
      end
    end
  end)(1)(2)(3)(4)
end)

both("attributes", function()
  local log = {}
  do
    local first <close> = setmetatable({}, {__close = function() log[#log + 1] = "first" end})
    local limit <const> = 3
    local second <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = "second " .. tostring(e) end})
    log[#log + 1] = "body " .. limit
  end
  local function early()
    local x <close> = setmetatable({}, {__close = function() log[#log + 1] = "early" end})
    for i = 1, 2 do
      local y <close> = setmetatable({}, {__close = function() log[#log + 1] = "turn " .. i end})
      if i == 2 then return "left" end
    end
  end
  log[#log + 1] = early()
  return table.concat(log, ";")
end)

both("tail calls", function(n)
  local function loop(k, acc)
    if k == 0 then return acc end
    return loop(k - 1, acc + k)
  end
  return loop(n, 0)
end, 100000)

both("coroutine", function()
  local co = coroutine.wrap(function(a, ...)
    local b = coroutine.yield(a + 1, ...)
    for i = 1, b do coroutine.yield(i) end
    return "end"
  end)
  local x, y = co(1, "more")
  return x, y, co(2), co(), co()
end)

both("methods", function()
  local Class = {}
  Class.__index = Class
  function Class:get(...) return self.v, ... end
  local o = setmetatable({v = "value"}, Class)
  return o:get(1, 2), (o:get(3))
end)

-- many constants, so that their numbers need more than a byte, and more than two
do
  for _, n in ipairs{300, 70000} do
    local text = {"local t = {"}
    for i = 1, n do text[#text + 1] = string.format("'s%d', %d.5,", i, i) end
    text[#text + 1] = "} return #t, t[1], t[2], t[#t - 1], t[#t]"
    both(n .. " constants", assert(load(table.concat(text))))
  end
end

-- the environment of a loaded main function
do
  local f = again(load "x = (x or 0) + 1; return x", nil)
  x = 41
  print("globals", f(), x)
  x = nil
  local env = {x = 1}
  local g = load(string.dump(load "x = x + 1; return x"), "env", "b", env)
  print("environment", g(), g(), env.x, x)
  print("any environment", load(string.dump(load "return _ENV"), "e", "b", 12)())
end

-- names and lines in messages
do
  local f = again(load("local t = {}\n\nlocal function g(a) return a.b.c end\nreturn pcall(g, t)", "@file.lua"))
  print(f())
  local g = again(load("return pcall(function() undefined() end)", "=name"), false, "another name")
  print(g())
  local h = again(load("error('raised')", "@other.lua"))
  print(pcall(h))
end

-- the same bytes for the same function, and after a round trip
do
  local f = function(a, b) local x = a return function() x = x + 1 return x + b end end
  print(string.dump(f) == string.dump(f), string.dump(again(f)) == string.dump(f))
  print(string.dump(f, true) == string.dump(f, true), #string.dump(f, true) < #string.dump(f))
end
