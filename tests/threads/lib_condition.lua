-- threads.condition: signal, broadcast, timeouts, misuse, cancel re-takes the mutex.
local function check(name, got, want)
  if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end
end
local m = threads.mutex("m")
local c = threads.condition(m)
-- a queue of its own
local items, n = {}, 0
local consumer = threads.run(function()
  local sum = 0
  for _ = 1, 100 do
    local g <close> = m:lock()
    while n == 0 do c:wait() end
    sum = sum + items[n]
    n = n - 1
  end
  return sum
end)
for i = 1, 100 do
  local g <close> = m:lock()
  n = n + 1
  items[n] = i
  c:signal()
end
check("sum", consumer:join(), 5050)
-- a guard stays good across a wait
do
  local g <close> = m:lock()
  local ok, why = c:wait(0.01)
  check("timeout", ok, nil)
  check("why", why, "timeout")
  check("still mine", (pcall(m.unlock, m)), true)
  m:lock()
end
check("the second lock is not the guard's", (pcall(m.unlock, m)), true)
do
  local g <close> = m:lock()
  c:wait(0)
end
check("free", m:trylock() ~= nil, true)
m:unlock()
check("without m", (pcall(c.wait, c)), false)
-- broadcast
local waiting, woken, all = 0, 0, {}
for i = 1, 5 do
  all[i] = threads.run(function()
    local g <close> = m:lock()
    waiting = waiting + 1
    c:wait()
    woken = woken + 1
  end)
end
repeat
  threads.sleep(0.001)
  local g <close> = m:lock()
until waiting == 5
c:broadcast()
for i = 1, 5 do all[i]:join() end
check("woken", woken, 5)
-- cancel
local begun = threads.channel(1)
local t = threads.run(function()
  local g <close> = m:lock()
  begun:send(1)
  local ok, e = pcall(c.wait, c)
  assert(not ok and threads.iscancel(e))
  m:unlock() -- owned again
  return "owned"
end)
begun:recv()
m:lock() -- once it waits
m:unlock()
t:cancel()
check("owned", t:join(), "owned")
print "ok"
