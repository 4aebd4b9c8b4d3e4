-- What a hook sees and may do: levels, locals, values handed over, changes of the hook, errors, yields, collections.

local function id(...) return ... end

-- Values given and returned.
do
  local on = false
  local function hook(event)
    if not on then return end
    local info = debug.getinfo(2, "r")
    local values = {}
    for i = info.ftransfer, info.ftransfer + info.ntransfer - 1 do
      local _, value = debug.getlocal(2, i)
      values[#values + 1] = math.type(value) and value or type(value)
    end
    print(event, info.ntransfer, table.concat(values, " "))
  end
  local function mixed(a, b, ...) local c = 4 return b, a, ... end
  local function none() end
  local function tail(a, b) return mixed(b, a, "x", "y") end
  debug.sethook(hook, "cr")
  on = true; id(); on = false
  on = true; id(1, 2, 3); on = false
  on = true; mixed(1); on = false
  on = true; mixed(1, 2, 3, 4, 5); on = false
  on = true; none(1); on = false
  on = true; tail(1, 2); on = false
  on = true; math.max(3, 7, 5); on = false
  on = true; select(2, "a", "b", "c"); on = false
  on = true; table.unpack({}, 1, 30); on = false
  on = true; pcall(rawequal, 1, 2); on = false
  debug.sethook()
  print(debug.getinfo(1, "r").ftransfer, debug.getinfo(1, "r").ntransfer)
end

-- Levels: 0 getinfo, 1 the hook, 2 the function that runs.
do
  local function target(a, b)
    local c = a + b
    return c
  end
  local calls = 0
  debug.sethook(function(event, line)
    local hook, running = debug.getinfo(1, "nSl"), debug.getinfo(2, "nSlf")
    if running.func ~= target then return end
    calls = calls + 1
    print(event, hook.namewhat, hook.name, running.namewhat, running.name, running.currentline - running.linedefined)
    local names = {}
    local i = 1
    while true do
      local name, value = debug.getlocal(2, i)
      if not name or name:sub(1, 1) == "(" then break end
      names[i] = name .. "=" .. tostring(value)
      i = i + 1
    end
    print("", table.concat(names, " "))
    if event == "line" and names[3] then print("", debug.setlocal(2, 3, 100)) end
  end, "clr")
  local x = target(1, 2)
  debug.sethook()
  print(x, calls)
  print((debug.traceback("m"):gsub("\n.*", "")))
end

-- The traceback of a hook.
do
  local text
  debug.sethook(function() text = text or debug.traceback("in a hook") end, "l")
  local a = 1
  debug.sethook()
  print((text:gsub("\n%s*%[C%]: in %?.*", "")))
end

-- Hooks are off while one runs, but the hook may set another one.
do
  local seen = {}
  local function second(event) seen[#seen + 1] = "second " .. event end
  local function first(event)
    seen[#seen + 1] = "first " .. event
    id(1)
    local a = 1
    debug.sethook(second, "c")
    id(2)
  end
  debug.sethook(first, "l")
  local a = 1
  id(3)
  debug.sethook()
  print(table.concat(seen, ", "))
end

-- A hook that removes itself.
do
  local n = 0
  debug.sethook(function() n = n + 1 debug.sethook() end, "l")
  local a = 1
  local b = 2
  print(n, debug.gethook())
end

-- What gethook gives.
do
  local function hook() end
  print(debug.gethook())
  debug.sethook(hook, "")
  print(debug.gethook())
  for _, mask in ipairs{"c", "r", "l", "lrc", "xcx", "rr"} do
    debug.sethook(hook, mask)
    local f, m, n = debug.gethook()
    debug.sethook()
    print(mask, f == hook, m, n)
  end
  for _, n in ipairs{1, 1000, 2^24 - 1, -1, 0} do
    debug.sethook(hook, "l", n)
    local f, m, c = debug.gethook()
    debug.sethook()
    print(n, f == hook, m, c)
  end
  debug.sethook(hook, "c", 100000)
  local f, m, n = debug.gethook(coroutine.create(print))
  debug.sethook()
  print("inherited", f, m, n)
  local co = coroutine.create(print)
  debug.sethook(co, hook, "r")
  print(debug.gethook(co) == hook, select(2, debug.gethook(co)))
  print(debug.gethook())
  debug.sethook(co, nil)
  print(debug.gethook(co))
end

-- Arguments.
print(pcall(debug.sethook, print))
print(pcall(debug.sethook, 1, "c"))
print(pcall(debug.sethook, print, {}))
print(pcall(debug.sethook, print, "c", "x"))
print(pcall(debug.sethook, coroutine.create(print), print))
print(pcall(debug.sethook))
print(pcall(debug.sethook, nil, 1, 2))

-- Errors of a hook are errors of what it interrupts.
do
  local function run(event, mask, f, ...)
    local hook = function(e) if debug.getinfo(2, "f").func == f then debug.sethook() error("from " .. e) end end
    print(event, pcall(function(...)
      debug.sethook(hook, mask)
      local r = f(...)
      debug.sethook()
      return r
    end, ...))
    print(debug.gethook())
  end
  local function f(a)
    local b = a
    return b
  end
  run("call", "c", f, 1)
  run("return", "r", f, 1)
  run("line", "l", f, 1)
  run("native call", "c", tostring, 1)
  run("native return", "r", tostring, 1)
  run("vararg", "c", id, 1)
  -- Not an error of text.
  print(type(select(2, pcall(function()
    debug.sethook(function() debug.sethook() error{} end, "l")
    local a = 1
  end))))
  -- The message handler sees the hook.
  print(xpcall(function()
    debug.sethook(function() debug.sethook() error("handled", 0) end, "l")
    local a = 1
    local b = 1
  end, function(m) return m, debug.getinfo(3, "n").namewhat end))
  -- A coroutine dies of it.
  local co = coroutine.create(function() local a = 1
    return a end)
  debug.sethook(co, function() error("dead", 0) end, "l")
  print(coroutine.resume(co))
  print(coroutine.status(co))
end

-- Yields from hooks are refused.
do
  local co = coroutine.create(function()
    debug.sethook(function() coroutine.yield() end, "l")
    local a = 1
    local b = 1
  end)
  print(coroutine.resume(co))
  co = coroutine.wrap(function()
    local yieldable
    debug.sethook(function() yieldable = coroutine.isyieldable() debug.sethook() end, "l")
    local a = 1
    return yieldable, coroutine.isyieldable()
  end)
  print(co())
end

-- A hook may run coroutines, collect and call what it likes.
do
  local total = 0
  debug.sethook(function()
    local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
    total = total + co() + co()
    collectgarbage()
    pcall(error, "x")
  end, "l")
  local t = {}
  for i = 1, 10 do
    t[i] = {tostring(i) .. "x", i}
  end
  local s = 0
  for i, v in ipairs(t) do
    s = s + #v[1] + v[2]
  end
  debug.sethook()
  print(s, total > 60)
end

-- Hooks that come and go while loops run.
do
  local t = {}
  for i = 1, 20 do t[i] = i; t["k" .. i] = i end
  local seen, n = {}, 0
  local function hook() end
  for k, v in pairs(t) do
    n = n + 1
    if n % 3 == 0 then debug.sethook(hook, "c") elseif n % 5 == 0 then debug.sethook() end
    assert(not seen[k])
    seen[k] = v
    t[k] = nil
  end
  debug.sethook()
  print(n, next(t))
end

-- Finalizers run without hooks.
do
  local inside, finalized = false, false
  setmetatable({}, {__gc = function() finalized = true; local a = 1
    local b = 2 end})
  debug.sethook(function() if debug.getinfo(2, "n").namewhat == "metamethod" then inside = true end end, "crl")
  repeat local a = {} collectgarbage() until finalized
  debug.sethook()
  print(inside)
end

-- Count events.
do
  local n = 0
  debug.sethook(function(event, line) assert(event == "count" and line == nil) n = n + 1 end, "", 100)
  for i = 1, 10000 do end
  debug.sethook()
  print(n >= 90 and n <= 600)
  n = 0
  local kinds = {}
  debug.sethook(function(event) kinds[event] = true end, "crl", 1)
  id(1)
  tostring(2)
  debug.sethook()
  print(kinds.count, kinds.line, kinds.call, kinds["return"], kinds["tail call"])
  -- An endless loop is stopped.
  print(pcall(function()
    debug.sethook(function() debug.sethook() error("too long", 0) end, "", 1000)
    while true do end
  end))
end
