-- threads.select: one ready case exactly; sends, receives, closed, timeouts, both sides selecting.
local function check(name, got, want)
  if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end
end
local small = os.getenv "LUAS_TEST_SCALE" == "small"
local N = small and 50 or 1000
local a, b = threads.channel(1), threads.channel(1)
local i, v = threads.select {a, b, timeout = 0}
check("nothing", i, nil)
check("timeout", v, "timeout")
i, v = threads.select {a, b, timeout = 0.01}
check("timeout 2", v, "timeout")
b:send("x")
i, v = threads.select {a, b}
check("case", i, 2)
check("value", v, "x")
i, v = threads.select {{a, "y"}, b}
check("send", i, 1)
check("sent", v, true)
check("arrived", a:recv(), "y")
check("false passes", (function() a:send(false) return select(2, threads.select {a}) end)(), false)
local closed = threads.channel()
closed:close()
local w
i, v, w = threads.select {closed}
check("closed", i == 1 and v == nil and w, "closed")
i, v, w = threads.select {{closed, 1}}
check("closed send", i == 1 and v == nil and w, "closed")
for k, bad in ipairs {{}, {1}, {{a}}, {{a, nil}}, {{1, 2}}, {a, timeout = "x"}, {a, timeout = 0 / 0}} do
  check("bad " .. k, (pcall(threads.select, bad)), false)
end
check("no table", (pcall(threads.select)), false)
check("only a timeout", select(2, threads.select {timeout = 0}), "timeout")
-- a blocked select is served once, and leaves nothing behind in the other queue
local x, y = threads.channel(), threads.channel()
local t = threads.run(function() return threads.select {x, y} end)
threads.sleep(0.02)
check("served", y:send("to y", 60), true)
local n, got = t:join()
check("by y", n, 2)
check("got", got, "to y")
check("no receiver left", x:send("nobody", 0.01), nil)
-- closing wakes it
t = threads.run(function() return threads.select {x, y} end)
threads.sleep(0.02)
x:close()
n, got, w = t:join()
check("woken", n == 1 and got == nil and w, "closed")
-- both sides select, in both directions, and nothing is lost or doubled
local p, q, sums = threads.channel(), threads.channel(), {sent = 0, got = 0}
local hs = {}
for k = 1, 3 do
  hs[k] = threads.run(function()
    for j = 1, N do
      local v = k * 1000000 + j
      assert(select(2, threads.select {{p, v}, {q, v}}) == true)
      threads.atomic.add(sums, "sent", v)
    end
  end)
  hs[3 + k] = threads.run(function()
    for _ = 1, N do
      local _, v = threads.select {q, p}
      threads.atomic.add(sums, "got", v)
    end
  end)
end
for k = 1, 6 do hs[k]:join() end
check("sums", sums.got, sums.sent)
-- among ready cases each gets its turn
local seen, e, f = {}, threads.channel(math.huge), threads.channel(math.huge)
for k = 1, 200 do e:send(1) f:send(2) end
for k = 1, 200 do seen[threads.select {e, f}] = true end
check("turns", seen[1] and seen[2], true)
-- one channel twice, as sender and as receiver
local both = threads.channel(1)
i = threads.select {both, {both, "self"}}
check("the send is ready", i, 2)
i, v = threads.select {both, {both, "again"}}
check("now the receive", i == 1 and v, "self")
-- cancel
t = threads.run(function() threads.select {p, q} end)
threads.sleep(0.01)
t:cancel()
t:wait()
check("cancelled", t:status(), "cancelled")
check("left the queue", p:send(1, 0.01), nil)
print "ok"
