-- Line events: where they come, on code of every shape.

-- Runs `text` with a line hook and prints the lines of the events that come from it.
local function lines(title, text)
  local f = assert(load(text, "=text"))
  local seen = {}
  local function hook(event, line)
    if debug.getinfo(2, "S").source == "=text" then seen[#seen + 1] = event == "line" and line or event end
  end
  debug.sethook(hook, "l")
  pcall(f, 1, 2, 3)
  debug.sethook()
  print(title, table.concat(seen, " "))
end

lines("straight", "local a = 1\nlocal b = a\n\n\nreturn b")
lines("one line", "local a = 1 local b = 2 return a + b")
lines("empty", "")
lines("if", "local a = ...\nif a\nthen\n  a = 2\nelse\n  a = 3\nend\nreturn a")
lines("else", "local a\nif a then\n  a = 2\nelseif not a then\n  a = 3\nelse\n  a = 4\nend\nreturn a")
lines("while", "local i = 0\nwhile i < 3 do\n  i = i + 1\nend\nreturn i")
lines("repeat", "local i = 0\nrepeat\n  i = i + 1\nuntil i == 3\nreturn i")
lines("for", "local n = 0\nfor i = 1, 3 do\n  n = n + i\nend\nreturn n")
lines("for in one line", "local n = 0\nfor i = 1, 4 do n = n + i end\nreturn n")
lines("for down", "for i = 3.5, 1, -1 do\n  local x = i\nend")
lines("for none", "for i = 1, 0 do\n  local x = i\nend")
lines("pairs", "for k, v in pairs{1, 2} do\n  local x = v\nend")
lines("ipairs", "local n = 0\nfor k, v in ipairs{1, 2, 3} do n = n + v end\nreturn n")
lines("iterator", "local function it(_, i)\n  if i < 2 then\n    return i + 1\n  end\nend\nfor i in it, nil, 0 do\n  local x = i\nend")
lines("goto", "local i = 0\n::top::\ni = i + 1\nif i < 3 then goto top end\nreturn i")
lines("goto forward", "goto out\ndo\n  local a = 1\nend\n::out::\nlocal b = 2\nreturn b")
lines("call", "local function f(a)\n  return a\nend\nlocal x = f(1)\nlocal y = f(\n  2\n)\nreturn x + y")
lines("calls in a line", "local function f() end f() f() f()")
lines("vararg", "local function f(...)\n  local a, b = ...\n  return a\nend\nreturn f(...)")
lines("tail call", "local function f(a)\n  return a\nend\nlocal function g(a)\n  return f(\n    a)\nend\ng(1)")
lines("tail call of a native", "local function g(a)\n  return tostring(\n    a\n  )\nend\nlocal x = g(1)\nreturn x")
lines("expression", "local a = 1\n  + 2\n  * select(1, 3)\n  .. 'x'\nreturn a")
lines("table", "local t = {\n  1,\n  2,\n  x = 3,\n  [4] = tostring(5),\n}\nreturn t")
lines("closure", "local a = 1\nlocal f = function()\n  a = a + 1\n  return a\nend\nf()\nf()")
lines("and or", "local a = ...\nlocal b = a\n  and a > 5\n  or\n  a < 3\nreturn b")
lines("metamethod", "local mt = {}\nmt.__add = function(a, b)\n  return 1\nend\nlocal t = setmetatable({}, mt)\nlocal x = t + 1\nlocal y = t\n  + 2\nreturn x")
lines("close", "do\n  local a <close> = setmetatable({}, {__close = function()\n    local x = 1\n  end})\n  local b = 1\nend\nreturn 2")
lines("close and return", "local mt = {__close = function()\n  local x = 1\nend}\nlocal function f()\n  local a <close> = setmetatable({}, mt)\n  local b <close> = setmetatable({}, mt)\n  return 1,\n    2\nend\nf()")
lines("close and break", "for i = 1, 2 do\n  local a <close> = setmetatable({}, {__close = function() end})\n  if i == 2 then break end\nend\nreturn 2")
lines("error", "local ok = pcall(function()\n  local x = nil\n  x()\nend)\nlocal y = 1\nreturn ok")
lines("coroutine", "local co = coroutine.wrap(function()\n  local a = 1\n  coroutine.yield(a)\nend)\nco()\nco()")
lines("long gap", "local a = 1" .. ("\n"):rep(300) .. "local b = 2" .. ("\n"):rep(5) .. "return a + b")
lines("while true at the start", "while true do\n  if select('#', ...) == 3 then break end\nend")
lines("loop at the first instruction", "::top:: local n = (n_ or 0) + 1\n n_ = n\nif n < 3 then goto top end\nn_ = nil")
lines("nested functions", "local function a(n)\n  if n > 0 then\n    return a(n - 1) + 1\n  end\n  return 0\nend\nlocal x = a(2)\nreturn x")

-- Captured variables that change are kept apart; that is no instruction that a hook sees.
lines("captured parameter", "local function f(a)\n  local function g() a = a + 1 return a end\n  return g\nend\nlocal x = f(1)()\nreturn x")
lines("captured operand", "local t = {}\nt.f = function()\n  t = t\n  return t\nend\nlocal x = t.f()\nt = x\nreturn t")
lines("captured argument", "local n = 1\nlocal function f() n = n + 1 end\nprint_ = tostring(\n  n\n)\nlocal m =\n  n\nif n\n  == 1 then\n  m = 2\nend\nprint_ = nil\nreturn m")
lines("captured loop variable", "local t = {}\nfor i = 1, 2 do\n  local j = i\n  t[i] = function() j = j + i return j end\nend\nreturn t[1]()")

-- The line of a function that returns what a native function returns.
do
  local function wrapped(...)
    return select(
      1,
      ...
    )
  end
  local seen = {}
  debug.sethook(function(event)
    local info = debug.getinfo(2, "Slf")
    if info.func == wrapped then seen[#seen + 1] = event .. " " .. info.currentline - info.linedefined end
  end, "cr")
  local x = wrapped(1, 2)
  debug.sethook()
  print(table.concat(seen, ", "))
end

-- A coroutine that is closed from outside is none of the closer's business.
do
  local co = coroutine.create(function()
    local a <close> = setmetatable({}, {__close = function() local b = 1 end})
    coroutine.yield()
  end)
  coroutine.resume(co)
  local seen = {}
  debug.sethook(function(event) seen[#seen + 1] = event .. " " .. (debug.getinfo(2, "n").name or "?") end, "cr")
  coroutine.close(co)
  debug.sethook()
  print(table.concat(seen, ", "))
end
