-- torture: deep
-- torture: light
-- How much a coroutine can be given and give.

local unpack = table.unpack

-- More arguments than its stack has room for are refused, and it lives on.
local co = coroutine.create(function()
  local function deep(n) if n == 0 then return coroutine.yield() end return (deep(n - 1)) end
  return deep(100000)
end)
print(coroutine.resume(co))
print(coroutine.resume(co, unpack({}, 1, 900000)))
print(coroutine.status(co))
print(coroutine.resume(co, 5))
print(coroutine.status(co))

local resume = coroutine.wrap(function()
  local function deep(n) if n == 0 then return coroutine.yield("ready") end return (deep(n - 1)) end
  return deep(100000)
end)
print(resume())
print(pcall(resume, unpack({}, 1, 900000)))
print(pcall(function() resume(unpack({}, 1, 900000)) end))
print(resume("went on"))

-- A fresh one takes them, and its function overflows.
co = coroutine.create(function(...) return select("#", ...) end)
print(pcall(coroutine.resume, co, unpack({}, 1, 990000)))
print(coroutine.status(co))

-- More results than the resumer has room for.
local function at_depth(n, f, ...) if n == 0 then return f(...) end return (select(-1, at_depth(n - 1, f, ...))) end
local function results(f, ...) return at_depth(40000, f, ...) end
co = coroutine.create(function() coroutine.yield(unpack({}, 1, 900000)); return "alive" end)
print(pcall(results, coroutine.resume, co))
print(coroutine.status(co), coroutine.resume(co))
co = coroutine.create(function() return unpack({}, 1, 900000) end)
print(pcall(results, coroutine.resume, co))
print(coroutine.status(co), coroutine.resume(co))
resume = coroutine.wrap(function() coroutine.yield(unpack({}, 1, 900000)); return "alive" end)
print(pcall(results, resume))
print(resume())

-- Many alive at once.
local all = {}
for i = 1, 20000 do
  all[i] = coroutine.wrap(function(a) local b = coroutine.yield(a); return a + b end)
  assert(all[i](i) == i)
end
local sum = 0
for i = 1, #all do sum = sum + all[i](1) end
print(sum)
