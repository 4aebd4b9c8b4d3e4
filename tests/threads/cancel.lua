-- Soft cancellation: every blocking call wakes, it is sticky, cleanup runs, and iscancel tells it.
local function check(name, got, want) if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end end
local ch, full, m = threads.channel(), threads.channel(1), threads.mutex() full:send(1) local held = m:lock() local never = threads.run({daemon = true}, function() threads.sleep(3600) end)
local blocks = {recv = function() ch:recv() end, send = function() full:send(2) end, rendezvous = function() threads.channel():send(1) end, sleep = function() threads.sleep(3600) end, lock = function() m:lock() end, join = function() never:join() end, wait = function() never:wait() end, check = function() while true do threads.check() end end, timed = function() ch:recv(3600) end, each = function() for v in ch:each() do end end}
for name, f in pairs(blocks) do
  local log = {} local t = threads.run(function() local c <close> = setmetatable({}, {__close = function(_, e) log.closed = threads.iscancel(e) log.reason = e.reason end}) f() end) threads.sleep(0.01) check(name .. " running", t:status(), "running") check(name .. " cancel", t:cancel("because"), true) check(name .. " ends", t:wait(60), true) check(name .. " status", t:status(), "cancelled") check(name .. " closed", log.closed, true) check(name .. " reason", log.reason, "because") local ok, e = pcall(t.join, t) check(name .. " join", ok, false) check(name .. " iscancel", threads.iscancel(e), true) check(name .. " again", t:cancel(), false)
end
-- catchable but sticky; a normal return is done
local t = threads.run(function() local ok, e = pcall(threads.sleep, 3600) assert(not ok and threads.iscancel(e)) local ok2, e2 = pcall(threads.sleep, 0.001) assert(not ok2 and threads.iscancel(e2)) local ok3 = pcall(threads.check) assert(not ok3) return "done anyway" end) threads.sleep(0.01) t:cancel() check("value", t:join(), "done anyway") check("done", t:status(), "done")
-- before the first cancellation point
local late = {} t = threads.run(function() while not late.now do end threads.check() return "never" end) t:cancel("early") late.now = true t:wait() check("early", t:status(), "cancelled") check("finished", threads.run(function() end):wait() and true, true) t = threads.run(function() end) t:wait() check("after end", t:cancel(), false)
-- masked inside __close: cleanup may block
local cleaned = {} t = threads.run(function() local c <close> = setmetatable({}, {__close = function() threads.sleep(0.01) threads.check() cleaned.yes = true end}) threads.sleep(3600) end) threads.sleep(0.01) t:cancel() t:wait() check("cleaned", cleaned.yes, true) check("cancelled", t:status(), "cancelled")
-- a message is delivered or not, never lost
local q, got, sent = threads.channel(), {n = 0}, {n = 0} for round = 1, 20 do local r = threads.run(function() while true do local v = q:recv() if v == nil then return end threads.atomic.add(got, "n", 1) end end) local s = threads.run(function() while true do q:send(round) threads.atomic.add(sent, "n", 1) end end) threads.sleep(0.002) s:cancel() s:wait() threads.sleep(0.002) r:cancel() r:wait() end check("no loss", got.n, sent.n)
check("iscancel of others", threads.iscancel("x"), false) check("iscancel nil", threads.iscancel(nil), false) check("iscancel {}", threads.iscancel {}, false) never:cancel() m:unlock()
print "ok"
