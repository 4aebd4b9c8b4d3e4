-- debug.getlocal and setlocal: every kind of variable, at every line, of functions that run, wait or do not run.

-- At each line event in `text`: the line and the variables in scope, with values that have a text.
local function scopes(title, text, ...)
  print(title)
  local f = assert(load(text, "=text"))
  debug.sethook(function(event, line)
    if debug.getinfo(2, "S").source ~= "=text" then return end
    local out, i = {}, 1
    while true do
      local name, value = debug.getlocal(2, i)
      if not name or name == "(temporary)" then break end
      local kind = type(value)
      if name == "(for state)" then value = "" elseif kind == "table" or kind == "function" then value = kind end
      out[i] = name .. "=" .. tostring(value)
      i = i + 1
    end
    -- Versions differ in when the state of a loop goes out of scope.
    while out[#out] == "(for state)=" do out[#out] = nil end
    for n = 1, 9 do
      local name, value = debug.getlocal(2, -n)
      if not name then break end
      out[#out + 1] = name .. n .. "=" .. tostring(value)
    end
    print("", event, line, table.concat(out, " "))
  end, "l")
  f(...)
  debug.sethook()
end

scopes("locals", "local a = 1\nlocal b, c = 2\nlocal a = 3\ndo\n  local d <const> = 4\n  local e <close> = nil\n  a = d\nend\nlocal f = a\nreturn f")
scopes("parameters", "local function f(a, b, ...)\n  local c = a\n  return c\nend\nlocal x = f(1, 2, 3, 4)\nreturn x")
scopes("varargs", "local a = ...\nlocal b = select('#', ...)\nreturn a", 10, 20, 30)
scopes("numeric", "for i = 1, 2 do\n  local a = i\nend\nlocal z")
scopes("generic", "for k, v in pairs{5} do\n  local a = v\nend\nlocal z\nreturn z")
scopes("iterator", "for k in function(_, c) return not c or nil end do\n  local a = k\nend\nreturn 1")
scopes("while", "local i = 0\nwhile i < 2 do\n  local a = i\n  i = i + 1\nend\nreturn i")
scopes("repeat", "local i = 0\nrepeat\n  local a = i\n  i = i + 1\nuntil a == 1\nreturn i")
scopes("captured", "local a = 1\nlocal function f()\n  a = a + 1\n  return a\nend\nlocal b = f()\nlocal function g()\n  return g\nend\nlocal h = g()\nreturn b")
scopes("captured in a loop", "local t = {}\nfor i = 1, 2 do\n  local j = i\n  t[i] = function() j = j + 1 return i + j end\n  j = j + 10\nend\nreturn t[1]()")
scopes("goto", "local i = 0\n::top::\ndo\n  local a = i\n  i = i + 1\n  if i < 2 then goto top end\nend\nreturn i")
scopes("constants", "local a <const> = 1\nlocal b <const> = {}\nlocal c = a\nreturn c")
scopes("method", "local o = {n = 1}\nfunction o:m(x)\n  local y = self.n\n  return y\nend\nreturn o:m(2)")

-- Values change: parameters, locals, captured ones, extra arguments.
do
  local captured = 1
  local function get() return captured end
  local function up() captured = captured + 1 end
  local function f(a, ...)
    local b = 2
    print(debug.setlocal(1, 1, "A"), debug.setlocal(1, 2, "B"), debug.setlocal(1, -1, "C"), debug.setlocal(1, -9, "D"))
    return a, b, ...
  end
  print(f(1, 2, 3))
  for i = 1, 9 do
    if debug.getlocal(1, i) == "captured" then print(debug.setlocal(1, i, 10)) end
  end
  up()
  print(captured, get())
end

-- Temporaries.
do
  local function f()
    local n, v = debug.getlocal(2, 2)
    return n, v
  end
  local function g(a) return (a + 1) .. select(2, f()) end
  print(g(5))
  print(debug.getlocal(0, 1))
  print(debug.getlocal(0, 2))
  print(debug.getlocal(0, 3))
  print(debug.getlocal(1, 0), debug.getlocal(1, 1000), debug.getlocal(0, -1))
end

-- Of functions that do not run: their parameters.
local function params(a, b, c, ...) local d end
for i = -1, 5 do print(i, debug.getlocal(params, i)) end
print(debug.getlocal(print, 1), debug.getlocal(function() end, 1))
print(debug.getlocal(coroutine.create(print), params, 2))

-- Of coroutines.
do
  local co = coroutine.create(function(a, ...)
    local b = 2
    local c = coroutine.yield(b)
    return a, b, c, ...
  end)
  print(pcall(debug.getlocal, co, 1, 1))
  coroutine.resume(co, 1, "x", "y")
  for i = 1, 4 do print(debug.getlocal(co, 1, i)) end
  print(debug.getlocal(co, 1, -1), debug.getlocal(co, 1, -2), debug.getlocal(co, 1, -3))
  print(debug.setlocal(co, 1, 1, "one"), debug.setlocal(co, 1, -2, "Y"), debug.setlocal(co, 1, 8, "none"))
  print(coroutine.resume(co, 3))
  print(pcall(debug.getlocal, co, 1, 1))
  -- One that failed still has its variables.
  co = coroutine.create(function(a) local b = a .. "!" error(b, 0) end)
  coroutine.resume(co, "bad")
  print(debug.getlocal(co, 1, 1))
  print(debug.getlocal(co, 1, 2))
end

-- Errors.
print(pcall(debug.getlocal, 100, 1))
print(pcall(debug.getlocal, -1, 1))
print(pcall(debug.getlocal, 1))
print(pcall(debug.getlocal, 1, "x"))
print(pcall(debug.getlocal, {}, 1))
print(pcall(debug.getlocal, "1x", 1))
print(pcall(debug.getlocal))
print(pcall(debug.setlocal, 100, 1, 1))
print(pcall(debug.setlocal, -1, 1, 1))
print(pcall(debug.setlocal, 1, 1))
print(pcall(debug.setlocal, print, 1, 1))
print(pcall(debug.setlocal, 1, {}, 1))
print(pcall(debug.setlocal, coroutine.create(print), 1, 1, 1))
