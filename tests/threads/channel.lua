-- threads.channel: rendezvous, bounded, unbounded, close, each, timeouts, references, many to many.
local function check(name, got, want) if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end end
local small = os.getenv "LUAS_TEST_SCALE" == "small" local M = small and 100 or 2000
for _, cap in ipairs {0, 1, 7, math.huge} do
  local ch = threads.channel(cap) local n, P, C = 0, 3, 3 local sums = {} local cs, ps = {}, {} for i = 1, C do cs[i] = threads.run(function() local s, k = 0, 0 for v in ch:each() do s = s + v k = k + 1 end return s, k end) end for i = 1, P do ps[i] = threads.run(function() for k = 1, M do assert(ch:send(i * 100000 + k) == true) end end) end for i = 1, P do ps[i]:join() end ch:close() local s, k = 0, 0 for i = 1, C do local a, b = cs[i]:join() s = s + a k = k + b end check("count " .. cap, k, P * M) local want = 0 for i = 1, P do for j = 1, M do want = want + i * 100000 + j end end check("sum", s, want)
  -- order of one sender is kept
  ch = threads.channel(cap) local t = threads.run(function() local last = 0 for v in ch:each() do assert(v == last + 1) last = v end return last end) for i = 1, M do ch:send(i) end ch:close() check("order", t:join(), M)
end
local ch = threads.channel(2) check("send", ch:send("a"), true) check("len", #ch, 1) ch:send(false) local ok, why = ch:send("c", 0) check("full", ok, nil) check("why", why, "timeout") ok, why = ch:send("c", 0.01) check("full 2", why, "timeout") check("recv", ch:recv(), "a") check("false", ch:recv(), false) ok, why = ch:recv(0) check("empty", why, "timeout") ok, why = ch:recv(0.01) check("empty 2", ok == nil and why, "timeout")
ch:send("left") ch:close() ch:close() ok, why = ch:send("x") check("closed send", ok == nil and why, "closed") check("drain", ch:recv(), "left") ok, why = ch:recv() check("closed recv", ok == nil and why, "closed") for v in ch:each() do error "never" end check("nil", (pcall(ch.send, threads.channel(1), nil)), false) check("bad cap", (pcall(threads.channel, -1)), false) check("bad cap 2", (pcall(threads.channel, "x")), false) check("default is rendezvous", (threads.channel():send(1, 0)), nil)
-- close wakes both sides
local w = threads.channel() local r = threads.run(function() return w:recv() end) local s = threads.channel(1) s:send(0) local sn = threads.run(function() return s:send(1) end) threads.sleep(0.02) w:close() s:close() ok, why = r:join() check("woken", ok == nil and why, "closed") ok, why = sn:join() check("woken sender", ok == nil and why, "closed")
-- values pass by reference, and what was written before is seen
local o = {} local rc = threads.channel() local t = threads.run(function() local got = rc:recv() got.reply = got.n * 2 got.f = function() return got.n end return got == o end) o.n = 21 rc:send(o) check("same", t:join(), true) check("reply", o.reply, 42) check("f", o.f(), 21)
-- a pipeline of threads
local first = threads.channel() local inp = first for i = 1, 10 do local out = threads.channel(1) local src = inp threads.run(function() for v in src:each() do out:send(v + 1) end out:close() end) inp = out end local feeder = threads.run(function() for i = 1, 50 do first:send(i) end first:close() end) local k = 0 for v in inp:each() do k = k + 1 check("pipe", v, k + 10) end check("all", k, 50) feeder:join()
-- channels through channels
local cc = threads.channel(1) local inner = threads.channel(1) cc:send(inner) t = threads.run(function() cc:recv():send("deep") end) check("deep", inner:recv(), "deep") t:join()
print "ok"
