-- require of one module by several threads: one loads, the others wait; failures, cancels and circles.
local function check(name, got, want)
  if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end
end

-- The loader runs once; whoever comes meanwhile waits for its result, and gets no loader data.
local runs, started = {n = 0}, threads.channel(1)
package.preload.slow = function()
  threads.atomic.add(runs, "n", 1)
  started:send(true)
  threads.sleep(0.05)
  return {"slow"}
end
local first = threads.run(function() return require "slow" end)
started:recv()
local others = {}
for i = 1, 8 do others[i] = threads.run(function() return select("#", require "slow"), require "slow" end) end
local mod, data = first:join()
check("data", data, ":preload:")
for i = 1, 8 do
  local n, same = others[i]:join()
  check("results", n, 1)
  check("same", same, mod)
end
check("once", runs.n, 1)

-- After a failed load the next one that waits tries.
local tries = {n = 0}
package.preload.shaky = function()
  local n = threads.atomic.add(tries, "n", 1)
  if n == 1 then started:send(true) end
  threads.sleep(0.02)
  if n < 3 then error("try " .. n, 0) end
  return n
end
local all = {threads.run(function() return pcall(require, "shaky") end)}
started:recv()
for i = 2, 4 do all[i] = threads.run(function() return pcall(require, "shaky") end) end
local failed, fine = 0, 0
for i = 1, 4 do
  local ok, v = all[i]:join()
  if ok then fine = fine + 1 check("value", v, 3) else failed = failed + 1 end
end
check("failed", failed, 2)
check("fine", fine, 2)

-- A wait for a load can be cancelled; the load goes on.
local go = threads.channel()
package.preload.held = function() started:send(true) go:recv() return "held" end
local loader = threads.run(function() return require "held" end)
started:recv()
local waiter = threads.run(function() return require "held" end)
threads.sleep(0.01)
check("waits", waiter:status(), "running")
waiter:cancel("enough")
check("wakes", waiter:wait(60), true)
check("cancelled", waiter:status(), "cancelled")
local last = threads.run(function() return require "held" end)
go:send(true)
check("loader", loader:join(), "held")
check("last", last:join(), "held")

-- Two threads that need each other's half-loaded modules: one gets an error, and then the other can go on.
local both, entered = {threads.channel(1), threads.channel(1)}, {}
for i = 1, 2 do
  local other = 3 - i
  package.preload["half" .. i] = function()
    if entered[i] then return "alone" end
    entered[i] = true
    both[i]:send(true)
    both[other]:recv()
    return "with " .. require("half" .. other)
  end
end
local a = threads.run({name = "A", quiet = true}, function() return require "half1" end)
local b = threads.run({name = "B", quiet = true}, function() return require "half2" end)
local oka, ea = pcall(a.join, a)
local okb, eb = pcall(b.join, b)
check("one of them", oka, not okb)
check("the other", oka and ea or eb, "with alone")
local message = oka and eb or ea
assert(message:find("deadlock: thread '[AB]' waits for module 'half[12]' loaded by thread '[AB]', which waits for"), message)

-- A loader that waits for a thread that waits for the loader.
package.preload.joins = function()
  local t = threads.run({quiet = true}, function() return require "joins" end)
  return t:join()
end
local ok, e = pcall(require, "joins")
check("joins", ok, false)
assert(tostring(e):find("deadlock", 1, true), e)

-- A module that requires itself goes on, in the thread that loads it.
package.preload.own = function(name)
  package.loaded[name] = "early"
  return {require(name)}
end
check("own", require("own")[1], "early")

-- Loaders that share nothing run side by side.
local meet = threads.channel()
package.preload.left = function() meet:send("l") return "left" end
package.preload.right = function() return meet:recv(60) end
local left = threads.run(function() return require "left" end)
check("right", require "right", "l")
check("left", left:join(), "left")
print "ok"
