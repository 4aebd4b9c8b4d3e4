-- Captured variables, metatables, user values, the registry; and the errors of all of them.

-- getupvalue and setupvalue.
do
  local a, b, c = 1, 2
  local function f() a = a + 1 return b, c end
  local function g() return a end
  for i = -1, 4 do print(i, debug.getupvalue(f, i)) end
  print(debug.setupvalue(f, 1, 10), a, g())
  print(debug.setupvalue(f, 3, "new"), c)
  print(select("#", debug.setupvalue(f, 4, 1)), select("#", debug.getupvalue(f, 0)))
  print(debug.getupvalue(load("return x"), 1) == "_ENV")
  local env = {x = "mine"}
  local chunk = load("return x")
  print(debug.setupvalue(chunk, 1, env), chunk())
  local m = string.gmatch("a", "a")
  print(debug.getupvalue(m, 1) == "", (debug.getupvalue(m, 100)))
  print(debug.getupvalue(print, 1))
  local h = coroutine.wrap(print)
  print(debug.getupvalue(h, 1), type(select(2, debug.getupvalue(h, 1))))
  local function outer()
    local n = 0
    return function() n = n + 1 return n end, function() return n end
  end
  local inc, get = outer()
  inc()
  print(debug.getupvalue(inc, 1))
  print(debug.setupvalue(get, 1, 41), inc(), get())
end

-- upvalueid and upvaluejoin.
do
  local x, y = 1, 2
  local function f() return x, y end
  local function g() return y, x end
  print(debug.upvalueid(f, 1) == debug.upvalueid(g, 2), debug.upvalueid(f, 2) == debug.upvalueid(g, 1))
  print(debug.upvalueid(f, 1) == debug.upvalueid(f, 2), type(debug.upvalueid(f, 1)))
  print(debug.upvalueid(f, 3), debug.upvalueid(f, 0), debug.upvalueid(print, 1))
  local m = string.gmatch("a", "a")
  print(type(debug.upvalueid(m, 1)), debug.upvalueid(m, 1) == debug.upvalueid(m, 1))
  local function counter()
    local n = 0
    return function() n = n + 1 return n end
  end
  local c1, c2, c3 = counter(), counter(), counter()
  c1() c1()
  debug.upvaluejoin(c2, 1, c1, 1)
  print(c2(), c1(), c3())
  print(debug.upvalueid(c1, 1) == debug.upvalueid(c2, 1), debug.upvalueid(c1, 1) == debug.upvalueid(c3, 1))
  -- Other kinds of variables, joined.
  local const <const> = 5
  local p = 7
  local function cf() return p end
  debug.upvaluejoin(cf, 1, c1, 1)
  print(cf(), c1(), cf())
  -- Loops make a fresh variable each turn.
  local fs = {}
  for i = 1, 3 do fs[i] = function() i = i + 10 return i end end
  print(fs[1](), fs[1](), fs[2](), debug.upvalueid(fs[1], 1) ~= debug.upvalueid(fs[2], 1))
end
print(pcall(debug.upvaluejoin, print, 1, print, 1))
local function up() return print end
local gm = string.gmatch("a", "a")
print(pcall(debug.upvaluejoin, up, 2, up, 1))
print(pcall(debug.upvaluejoin, up, 1, up, 0))
print(pcall(debug.upvaluejoin, gm, 1, up, 1))
print(pcall(debug.upvaluejoin, up, 1, gm, 1))
print(pcall(debug.upvaluejoin, up, "x", up, 1))
print(pcall(debug.upvaluejoin, 1, 1, up, 1))
print(pcall(debug.upvalueid, {}, 1))
print(pcall(debug.upvalueid, up))
print(pcall(debug.getupvalue, {}, 1))
print(pcall(debug.getupvalue, up, "a"))
print(pcall(debug.setupvalue, up, 1))
print(pcall(debug.setupvalue, 1, 1, 1))

-- Metatables of all types.
for _, v in ipairs{1, true, print, coroutine.create(print), io.stdout} do
  local old = debug.getmetatable(v)
  local mt = {__index = {field = type(v)}}
  print(type(v), type(old), debug.setmetatable(v, mt) == v, debug.getmetatable(v) == mt, v.field)
  debug.setmetatable(v, old)
end
do
  local old = debug.getmetatable(nil)
  print(old, debug.setmetatable(nil, {__index = function(_, k) return k .. "!" end}), (nil).x)
  debug.setmetatable(nil, old)
  local t = setmetatable({}, {__metatable = "hidden"})
  print(getmetatable(t), type(debug.getmetatable(t)), pcall(setmetatable, t, nil))
  print(debug.setmetatable(t, nil) == t, getmetatable(t))
  print(debug.getmetatable("").__index == string, debug.getmetatable(t))
end
print(pcall(debug.setmetatable, {}))
print(pcall(debug.setmetatable, {}, 1))
print(pcall(debug.setmetatable))
print(pcall(debug.getmetatable))

-- User values.
print(debug.getuservalue(io.stdout))
print(debug.getuservalue(io.stdout, 2))
print(debug.getuservalue(1), debug.getuservalue({}, 1), debug.getuservalue("x", 5))
print(debug.setuservalue(io.stdout, 1), debug.setuservalue(io.stdout, 1, 5), debug.setuservalue(io.stdout, 1, -1))
print(pcall(debug.setuservalue, {}, 1))
print(pcall(debug.setuservalue, io.stdout))
print(pcall(debug.setuservalue, io.stdout, 1, "x"))
print(pcall(debug.getuservalue, io.stdout, "x"))
print(pcall(debug.getuservalue))

-- The registry, and what has no effect any more.
print(type(debug.getregistry()), debug.getregistry() == debug.getregistry(), debug.getregistry()._LOADED == package.loaded)
print(debug.setcstacklimit(100), debug.setcstacklimit(40000), pcall(debug.setcstacklimit), pcall(debug.setcstacklimit, "x"))
