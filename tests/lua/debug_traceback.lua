-- debug.traceback: messages, levels, long stacks, coroutines, natives, handlers.

local function show(text) print((tostring(text):gsub("\n%s*%[C%]: in %?$", ""))) end

-- Messages.
show(debug.traceback())
show(debug.traceback("m"))
show(debug.traceback(12))
show(debug.traceback("m", 0))
show(debug.traceback("m", 1))
show(debug.traceback("m", 2))
show(debug.traceback("m", 100))
show(debug.traceback("m", -1))
show(debug.traceback(nil, 1))
show(debug.traceback(nil))
local t = {}
print(debug.traceback(t) == t, debug.traceback(print) == print, debug.traceback(true), debug.traceback(t, 3) == t)
print(pcall(debug.traceback, "m", "x"))
print(pcall(debug.traceback, "m", {}))
print(pcall(debug.traceback, coroutine.create(print), "m", "x"))

-- Functions of every kind.
local function loc(...) return (debug.traceback("loc", 1)) end
function global(...) return (debug.traceback("global", 1)) end
local o = {}
function o.field(...) return (debug.traceback("field", 1)) end
function o:method(...) return (debug.traceback("method", 1)) end
local function up(...) local s = loc(...) return s end
show((loc()))
show((global()))
show((o.field()))
show((o:method()))
show((up()))
show(select(2, pcall(loc)))
show(select(2, xpcall(loc, print)))
show((function() return loc() end)())
show((function() local s = loc() return s end)())
show(coroutine.wrap(loc)())
show((("x"):gsub("x", loc)))
show(setmetatable({}, {__index = loc}).x)
show(setmetatable({}, {__add = loc}) + 1)
show(load("return ...", "=chunk")(loc()))
show(load("local f = ... return (f())", "=chunk")(loc))
show(load("local f = ... return (f())", "a line of code\nand another")(loc))
table.sort({1, 2}, function() show(loc()) end)
do
  local mt = {__close = function() show(loc()) end}
  do local c <close> = setmetatable({}, mt) end
  local function f() local c <close> = setmetatable({}, mt) return 1 end
  f()
  pcall(function() local c <close> = setmetatable({}, mt) error("x") end)
end
for _ in function(_, c) if not c then return loc() end end do show(_) end

-- Errors and their handlers.
local function fails() local x = nil; return x.y end
local function errs() error("thrown") end
show(select(2, xpcall(fails, debug.traceback)))
show(select(2, xpcall(errs, debug.traceback)))
show(select(2, xpcall(errs, function(m) return debug.traceback(m, 1) end)))
show(select(2, xpcall(errs, function(m) return debug.traceback(m, 2) end)))
show(select(2, xpcall(fails, function(m) return debug.traceback(m, 1) end)))
show(select(2, xpcall(string.rep, debug.traceback)))
show(select(2, xpcall(string.rep, debug.traceback, "x", {})))
show(select(2, xpcall(error, debug.traceback)))
print(select(2, xpcall(error, debug.traceback, t)) == t)
show(select(2, xpcall(function() local a = {} + 1 end, function(m) return debug.traceback(m) end)))
show(select(2, xpcall(function() undefined() end, function(m) return debug.traceback(m) end)))
show(select(2, xpcall(function() local x = 1 < {} end, function(m) return debug.traceback(m) end)))

-- Coroutines.
local function inner(n) if n == 0 then coroutine.yield("down") else inner(n - 1) end error("later", 0) end
local co = coroutine.create(function(n) inner(n) end)
show(debug.traceback(co))
show(debug.traceback(co, "fresh"))
coroutine.resume(co, 2)
show(debug.traceback(co))
show(debug.traceback(co, "m"))
show(debug.traceback(co, "m", 0))
show(debug.traceback(co, "m", 1))
show(debug.traceback(co, "m", 2))
show(debug.traceback(co, "m", 50))
show(debug.traceback(co, nil, 1))
print(debug.traceback(co, t) == t)
print(coroutine.resume(co))
show(debug.traceback(co))
coroutine.close(co)
show(debug.traceback(co))
co = coroutine.create(function() local c = coroutine.wrap(function() coroutine.yield() end) c() error("mid") end)
print(coroutine.resume(co))
show(debug.traceback(co, "dead"))
co = coroutine.wrap(function()
  local me = coroutine.running()
  return debug.traceback(me, "own"), coroutine.wrap(function() return debug.traceback(me, "normal") end)()
end)
local own, normal = co()
show(own)
show(normal)

-- Long stacks.
local function deep(n, level) if n == 0 then return (debug.traceback("deep", level)) end return (deep(n - 1, level)) end
for _, n in ipairs{5, 17, 18, 19, 20, 21, 22, 23, 24, 50, 1000} do
  local text = coroutine.wrap(deep)(n, 1)
  local lines = select(2, text:gsub("\n", ""))
  print(n, lines, text:match("skipping %d+ levels"))
end
for level = 0, 5 do
  local text = coroutine.wrap(deep)(22, level)
  print(level, select(2, text:gsub("\n", "")), text:match("skipping %d+ levels"))
end
local function tails(n) if n == 0 then return debug.traceback("tails") end return tails(n - 1) end
show(coroutine.wrap(tails)(100))

-- A module that is a function has the module's name.
package.loaded["its.name"] = function() return (debug.traceback("in a module", 1):gsub("\n\t%[C%]: in %?", "")) end
print(require("its.name")())
local module = package.loaded["its.name"]
print((module()))
package.loaded["its.name"] = nil
print((module()))
