-- A pairs loop that was left, or whose table the debug library has exchanged, holds no store of a table that stays local
-- when its coroutine is published: the owner goes on to write there, and other threads must not meet what it writes.

local received = threads.channel()
local answered = threads.channel()
-- Looks at tables that the main thread sends.
local reader = threads.run(function()
  for t in received:each() do
    assert(t.a[1] == 1 and t.a.inner.x == "a1" and t.b == nil)
    for i = 1, 100 do t.a[i] = { i } end
    answered:send(true)
  end
end)
local shelf = { false }
local function publish(v) threads.run(function() shelf[1] = v end):join() end

-- Writes new objects into `t`, publishes it at last, and lets the reader look.
local function use(t)
  t.a = { 1, inner = { x = "a" .. #t.a } }
  t.b = nil
  collectgarbage()
  for i = 1, 100 do local garbage = { i } end
  assert(t.a.inner.x == "a1")
  received:send(t)
  answered:recv()
  collectgarbage()
  assert(t.a[100][1] == 100)
end

local yields = setmetatable({}, { __index = function() coroutine.yield() return 5 end })
for round = 1, 20 do
  -- Left by break; registers of the loop are free, and one still has the store, when a metamethod yields.
  local co = coroutine.create(function(object)
    for k in pairs(coroutine.yield()) do break end
    local a, b = 1, 2
    local c = object.field
    return a + b + c
  end)
  local t = { a = { 0 }, b = 2, c = 3 }
  coroutine.resume(co, yields)
  coroutine.resume(co, t)
  publish(co)
  use(t)
  assert(select(2, coroutine.resume(co)) == 8)

  -- The same of one that has died by an error: its frames stay.
  co = coroutine.create(function()
    for k in pairs(coroutine.yield()) do break end
    local a, b = 1, 2
    local c = a + {}
  end)
  t = { a = { 0 }, b = 2, c = 3 }
  coroutine.resume(co)
  assert(not coroutine.resume(co, t))
  publish(co)
  use(t)

  -- Published first, and left while it runs.
  co = coroutine.create(function(object)
    for k in pairs(coroutine.yield()) do break end
    local a, b = 1, 2
    return object.field
  end)
  coroutine.resume(co, yields)
  local t, ok = { a = { 0 }, b = 2, c = 3 }, nil
  local starter = coroutine.wrap(function() publish(coroutine.running()) ok = coroutine.resume(co, t) end)
  starter()
  publish(co)
  assert(ok)
  use(t)

  -- The loop goes on, with another table in the place of the first.
  co = coroutine.create(function(t)
    local n = 0
    for k in pairs(t) do n = n + 1 coroutine.yield(k) t = nil end
    return n
  end)
  local t, other = { a = { 0 }, b = 2, c = 3 }, { a = 1, b = 2, c = 3 }
  coroutine.resume(co, t)
  for i = 1, 10 do
    local _, v = debug.getlocal(co, 1, i)
    if v == t then debug.setlocal(co, 1, i, other) end
  end
  publish(co)
  t.a = { 1, inner = { x = "a1" } }
  threads.run(function()
    local ok, v
    repeat ok, v = coroutine.resume(co) until type(v) == "number" or not ok
    shelf[1] = ok and v
  end):join()
  assert(shelf[1])
  use(t)

  -- A loop whose table grew meanwhile, local and then shared, goes on in another thread.
  co = coroutine.create(function(t)
    local seen = {}
    for k, v in pairs(t) do
      assert(not seen[k])
      seen[k] = true
      if k == "a" or k == "b" or k == "c" then coroutine.yield(k) end
    end
    return seen
  end)
  t = { a = 1, b = 2, c = 3 }
  coroutine.resume(co, t)
  if round % 2 == 0 then for i = 1, round do t["k" .. i] = i end end
  publish(co)
  for i = 1, 100 do t["m" .. i] = { i } end
  threads.run(function()
    for i = 1, 4 do
      local _, v = coroutine.resume(co)
      if type(v) == "table" then shelf[1] = v return end
    end
  end):join()
  assert(shelf[1].a or round % 2 == 0)
end
-- Keys that are added while a loop goes on may end it with an error, whoever looks at the loop, and do no other harm.
for size = 8, 48, 8 do
  for hooked = 0, 6 do
    local queue, turns = {}, 0
    for i = 1, size do queue[1000 + i] = i end
    local ok, message = pcall(function()
      for k in pairs(queue) do
        turns = turns + 1
        if turns == hooked then debug.sethook(function() end, "l") end
        queue[k] = nil
        for j = 1, 50 do queue[2000 + j] = j queue[2000 + j] = nil end
        for i = 1, 10 do debug.getlocal(1, i) end
        if turns > 100 then break end
      end
    end)
    debug.sethook()
    assert(ok or message:find("invalid key to 'next'", 1, true), message)
  end
end
received:close()
reader:join()
print("ok")
