-- pcall and coroutines in the forms that the interpreter answers without calling a native function, and beside them the
-- forms that it does not.

local function show(...)
  local t = table.pack(...)
  for i = 1, t.n do t[i] = tostring(t[i]) end
  print(t.n, table.concat(t, " "))
end
local function strip(ok, message, ...) return ok, type(message) == "string" and message:gsub("^.-:%d+: ", "") or message, ... end

-- pcall: arguments and results
local function two(a, b) return a, b end
local function none() end
local function all(...) return ... end
show(pcall(two))
show(pcall(two, 1))
show(pcall(two, 1, 2, 3))
show((pcall(two, 1)))
show(pcall(none, 1))
show(pcall(all))
show(pcall(all, 1, nil, 3, nil))
show(pcall(pcall, two, 1, 2))
show(pcall(pcall, pcall, pcall, all, 1, 2))
show(pcall(two, two(5, 6)))
show(pcall(select, 2, "a", "b"))
local ok, a, b, c = pcall(two, 1, 2)
show(ok, a, b, c)
local ok, a = pcall(two, 1, 2)
show(ok, a)
local ok = pcall(none)
show(ok)
local ok, a, b = pcall(none)
show(ok, a, b)
local t = {pcall(two, 1, 2)}
show(#t, t[1], t[2], t[3])
local t = {pcall(none), pcall(none)}
show(#t)
pcall(none) pcall(two, 1)
local function tail(...) return pcall(...) end
show(tail(two, 1, 2))
show(tail(all, 1, 2, 3, 4, 5))
local function tailed(a) return two(a, a) end
show(pcall(tailed, 8))
local function tailpcall(a) return pcall(two, a) end
show(pcall(tailpcall, 8))
show(xpcall(two, print, 1, 2))
show(xpcall(none, print))
show(pcall(xpcall, two, print, 3))
show(xpcall(pcall, print, two, 4))

-- errors
show(strip(pcall(error, "e", 0)))
show(strip(pcall(function() error("inside") end)))
show(strip(pcall(function() local x = nil; x() end)))
show(pcall(function() error() end))
show(strip(pcall(pcall)))
show(strip(pcall(nil)))
show(strip(pcall(4, 5)))
show(strip(pcall(setmetatable({}, {__call = function(self, ...) return "object", ... end}), 1, 2)))
local log = {}
show(pcall(function()
  local closed <close> = setmetatable({}, {__close = function() log[#log + 1] = tostring(pcall(two, 1)) end})
  return "a", "b"
end))
show(pcall(function()
  local closed <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = e end})
  error("closed", 0)
end))
show(table.unpack(log))
local function depth(n) local ok, m = pcall(depth, n + 1) return ok and m or n end
print(depth(1) > 150)
show(xpcall(function() return pcall(error, "inner") end, function(m) return "handled " .. m end))
show(xpcall(function() pcall(error, "inner") error("outer", 0) end, function(m) return "handled " .. m end))
local level
show(pcall(function() level = debug.traceback("t", 1):match("%[C%]: in function 'pcall'") return level end))
local function caught() for i = 1, 3 do local ok, e = pcall(error, i) if ok or e ~= i then return "wrong" end end return "right" end
show(pcall(caught))
-- arguments in the way of many registers and of stacks that grow
local function long(n) if n == 0 then return 1 end local ok, v = pcall(long, n - 1) return ok and v + 1 end
show(long(150))
local function wide(...) local ok, n = pcall(select, "#", ...) return n, select("#", pcall(all, ...)) end
show(wide(table.unpack({}, 1, 300)))
local sum = 0
for i = 1, 1000 do local ok, v = pcall(two, i) sum = sum + v end
show(sum)

-- resume and yield: numbers of values
local function echo(...)
  local n = select("#", ...)
  while true do
    if n == 0 then n = select("#", coroutine.yield())
    elseif n == 1 then n = select("#", coroutine.yield(1))
    else n = select("#", coroutine.yield(1, 2, n)) end
  end
end
local co = coroutine.create(echo)
show(coroutine.resume(co))
show(coroutine.resume(co, 1))
show(coroutine.resume(co, 1, 2))
show(coroutine.resume(co, 1, 2, 3, 4))
show((coroutine.resume(co, 1, 2, 3, 4)))
coroutine.resume(co)
local ok, x, y = coroutine.resume(co)
show(ok, x, y)
local ok, x, y = coroutine.resume(co, 1, 2)
show(ok, x, y)
show(coroutine.resume(co, table.unpack({}, 1, 200)))
local gen = coroutine.wrap(function(a)
  local b = coroutine.yield(a)
  local c, d = coroutine.yield(a, b)
  local e, f, g = coroutine.yield(c, d)
  coroutine.yield()
  local t = {coroutine.yield(e, f, g)}
  return #t, coroutine.yield(table.unpack(t))
end)
show(gen(1))
show(gen(2))
show(gen(3))
show(gen(4, 5, 6, 7))
show(gen())
show(gen(7, 8, 9))
show(gen("last"))
show(strip(pcall(gen)))
local function forward(co, ...) return coroutine.resume(co, ...) end
local function back(...) return coroutine.yield(...) end
local co = coroutine.create(function(...) local t = {...} while true do t = {back(table.unpack(t))} end end)
show(forward(co, 1, 2))
show(forward(co))
show(forward(co, nil, nil))
show(coroutine.status(co))
for i, j in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, i * i) end end) do show(i, j) end
-- yields from other places
local mt = {__add = function(a, b) return coroutine.yield("add") end, __index = function(t, k) return coroutine.yield(k) end,
  __lt = function() return coroutine.yield("lt") end, __concat = function() return coroutine.yield("cat") end,
  __call = function(self, ...) return coroutine.yield(...) end}
local object = setmetatable({}, mt)
local co = coroutine.create(function()
  local r = {object + 1, object.field, object < object, object .. "x", (object("called"))}
  local ok, v = pcall(coroutine.yield, "in pcall")
  r[#r + 1] = v
  ok, v = pcall(function() local v = coroutine.yield("deeper") error(v, 0) end)
  r[#r + 1] = v
  do
    local closed <close> = setmetatable({}, {__close = function() r[#r + 1] = coroutine.yield("closing") end})
  end
  for v in coroutine.yield, nil, nil do r[#r + 1] = v if v == "stop" then break end end
  return table.concat(r, ",", 1, 2), tostring(r[3]), table.concat(r, ",", 4)
end)
for i = 1, 11 do show(coroutine.resume(co, i)) end
show(coroutine.resume(co, "stop"))
show(coroutine.resume(co))
-- refused
show(strip(pcall(coroutine.yield, 1)))
show(strip(coroutine.resume(coroutine.running())))
show(strip(pcall(coroutine.resume)))
show(strip(pcall(coroutine.resume, 1)))
local co; co = coroutine.create(function() return coroutine.resume(co) end)
show(strip(coroutine.resume(co)))
show(strip(coroutine.resume(co)))
local co = coroutine.create(function() table.sort({2, 1}, function() coroutine.yield() end) end)
show(strip(coroutine.resume(co)))
local co = coroutine.wrap(function() error({}) end)
show(type(select(2, pcall(co))))
local function nest(n) local co = coroutine.wrap(function() coroutine.yield(n) if n > 0 then return nest(n - 1) end return "bottom" end) co() return co() end
show(nest(100))
local ping, pong
ping = coroutine.create(function(v) while true do local ok, w = coroutine.resume(pong, v + 1) v = coroutine.yield(w) end end)
pong = coroutine.create(function(v) while true do v = coroutine.yield(v * 2) end end)
for i = 1, 4 do show(coroutine.resume(ping, i)) end
show(coroutine.close(ping), coroutine.close(pong), coroutine.status(ping))
-- with hooks in the coroutine, in its resumer, in both
local events = 0
local function hook() events = events + 1 end
local co = coroutine.create(function() while true do coroutine.yield(debug.gethook() ~= nil) end end)
show(coroutine.resume(co))
debug.sethook(co, hook, "cr")
show(coroutine.resume(co))
local inside = events
debug.sethook(co)
show(coroutine.resume(co))
print(inside > 0, events == inside)
debug.sethook(hook, "cr")
pcall(two, 1)
coroutine.resume(co)
debug.sethook()
print(events > inside)
local before = events
pcall(two) coroutine.resume(co)
print(events == before)
show(pcall(function() debug.sethook(hook, "r") return 1, 2 end))
debug.sethook()
