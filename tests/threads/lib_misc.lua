-- locals, the onerror hook, cancel errors as values, hard cancel, names of deadlocks.
local function check(name, got, want)
  if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end
end
threads.locals().x = "main"
check("private", threads.run(function() local was = threads.locals().x threads.locals().x = 1 return was end):join(), nil)
check("mine", threads.locals().x, "main")
check("same table", threads.locals(), threads.locals())
-- onerror is called once, in the dying thread
local seen = {}
local default = threads.onerror
threads.onerror = function(t, e, traceback)
  seen.n = (seen.n or 0) + 1
  seen.thread, seen.error, seen.traceback, seen.self = t, e, traceback, threads.self()
end
local err = {}
local t = threads.run({name = "dies"}, function() error(err) end)
check("join", select(2, pcall(t.join, t)), err)
check("once", seen.n, 1)
check("thread", seen.thread, t)
check("in it", seen.self, t)
check("error", seen.error, err)
check("traceback", seen.traceback:find("stack traceback:", 1, true), 1)
check("function", seen.traceback:find("lib_misc.lua", 1, true) ~= nil, true)
threads.run({quiet = true}, function() error("q") end):wait()
local c = threads.run(threads.sleep, 3600)
c:cancel("why")
c:wait()
check("not for those", seen.n, 1)
threads.onerror = default
-- the cancel error
local ok, e = pcall(c.join, c)
check("raises", ok, false)
check("iscancel", threads.iscancel(e), true)
check("reason", e.reason, "why")
check("text", tostring(e), "thread cancelled: why")
check("not one", threads.iscancel(setmetatable({reason = 1}, {})), false)
local reason = {}
c = threads.run(threads.sleep)
c:cancel(reason)
c:cancel("a later reason")
check("any value, the first one", select(2, pcall(c.join, c)).reason, reason)
c = threads.run(threads.sleep)
c:cancel()
check("none", tostring(select(2, pcall(c.join, c))), "thread cancelled")
-- joining a cancelled thread without being cancelled oneself is an error like others
t = threads.run({quiet = true}, function() c:join() end)
t:wait()
check("an error", t:status(), "error")
pcall(t.join, t)
-- hard cancel reaches a loop; a guard holds it off
c = threads.run(function() while true do end end)
check("hard", c:cancel("now", true), true)
check("ended", c:wait(60), true)
check("cancelled", c:status(), "cancelled")
local m, up, inside = threads.mutex("m"), threads.channel(1), 0
local turns = os.getenv "LUAS_TEST_SCALE" == "small" and 3e5 or 3e6
c = threads.run(function()
  do
    local g <close> = m:lock()
    up:send(1)
    for i = 1, turns do inside = i end
  end
  while true do end
end)
up:recv()
c:cancel("now", true)
check("later", c:wait(60), true)
check("not inside", inside, turns)
check("given back", m:trylock() ~= nil, true)
m:unlock()
-- all blocked: main is told, and can go on
local ch = threads.channel()
local r = threads.run(function() return ch:recv() end)
threads.sleep(0.01)
local other = threads.channel()
ok, e = pcall(other.recv, other)
check("told", ok, false)
check("says", e:find("deadlock: all threads are blocked", 1, true) ~= nil, true)
ch:send("free")
check("goes on", r:join(), "free")
-- a chain of names: whoever comes last is told, and the other one goes on
local gate, back = threads.mutex("gate"), threads.channel(1)
gate:lock()
r = threads.run({name = "waiter"}, function()
  back:send(1)
  local got, why = pcall(gate.lock, gate)
  if got then gate:unlock() end
  return got, why
end)
back:recv()
threads.sleep(0.2)
ok, e = pcall(r.join, r)
if ok then
  ok, e = r:join()
  check("chain of the other", e:match("deadlock:.*"),
    "deadlock: thread 'waiter' waits for mutex 'gate' held by thread 'main', which waits for thread 'waiter'")
  gate:unlock()
else
  check("chain", e:match("deadlock:.*"),
    "deadlock: thread 'main' waits for thread 'waiter', which waits for mutex 'gate' held by thread 'main'")
  gate:unlock()
  check("in", r:join(), true)
end
check("cycle", ok, false)
-- a deadline breaks any cycle
gate:lock()
r = threads.run(function() return gate:lock(0.05) end)
check("no deadlock", (r:join()), nil)
gate:unlock()
print "ok"
