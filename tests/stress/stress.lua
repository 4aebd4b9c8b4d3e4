-- Eight threads do everything to a few shared tables; what must hold is checked on the way and at the end.
--
-- LUAS_STRESS_SECONDS and LUAS_SEED say how long and with which choices; which thread comes first is nobody's choice,
-- so a seed makes a failure likely again, not certain.

local SECONDS = tonumber(os.getenv "LUAS_STRESS_SECONDS") or 5
local SEED = math.tointeger(tonumber(os.getenv "LUAS_SEED")) or os.time()
local THREADS <const>, TABLES <const>, STABLE <const> = 8, 4, 20
print("seed " .. SEED)

local add, cas, swap = threads.atomic.add, threads.atomic.cas, threads.atomic.swap
local deadline = threads.clock() + SECONDS

-- A value says under which key it was stored, so that a read can tell whether it belongs there.
local function stored(k, me, n) return {k, me, n, sum = me + n} end
local function belongs(k, v)
  if v[1] ~= k or v.sum ~= v[2] + v[3] then
    error(("key %s holds a value of key %s"):format(tostring(k), tostring(v[1])), 2)
  end
  return v
end

local tables = {}
for i = 1, TABLES do
  tables[i] = {}
  for k = 1, STABLE do tables[i]["stable" .. k] = stored("stable" .. k, 0, k) end
end
local stack, queue = {}, {}                   -- lists: appended and popped; inserted and removed anywhere
local counters, guarded = {}, {n = 0}
local objects, functions, generators = {{}, {}}, {}, {}
local metatables = {
  {__index = {field = "table"}},
  {__index = function(_, k) return k end},
  {__index = {field = "table"}, __newindex = function(t, k, v) rawset(t, k, v) end},
}
local fields = {table = true, field = true, own = true}
local mutex, channel = threads.mutex("guard"), threads.channel(10)
local latest = stored("latest", 0, 0)         -- a captured variable that all threads assign

local function generator()
  local seen = {}
  return {seen = seen, co = coroutine.create(function()
    for n = 1, 100 do coroutine.yield(n) end
  end)}
end
for i = 1, 3 do generators[i] = generator() end

local REFUSED = {
  ["cannot resume non-suspended coroutine"] = true,
  ["cannot resume dead coroutine"] = true,
}

local function work(me)
  math.randomseed(SEED, me)
  local r = math.random
  local count = {ops = 0, pushed = 0, popped = 0, sent = 0, added = 0, locked = 0}
  local mine, id = {}, 0
  for i = 1, TABLES do mine[i] = {} end
  local function any() -- a key that several threads use
    local n, kind = r(40), r(5)
    return kind == 1 and n or kind == 2 and n + 0.5 or kind == 3 and "any" .. n or kind == 4 and n << 50 or n + 1000
  end
  local function fresh()
    id = id + 1
    return me << 40 | id
  end
  -- Each thread's own keys: nobody else writes them, so they hold what it stored last.
  local function own()
    local i = r(TABLES)
    local k = me .. "of" .. r(100)
    local was = mine[i][k]
    if tables[i][k] ~= was then error("lost: " .. k, 0) end
    local v = r(3) > 1 and stored(k, me, count.ops) or nil
    mine[i][k] = v
    tables[i][k] = v
    if tables[i][k] ~= v then error("not stored: " .. k, 0) end
  end
  local function shared()
    local t, k, kind = tables[r(TABLES)], any(), r(6)
    if kind == 1 then t[k] = nil
    elseif kind == 2 then t[k] = stored(k, me, count.ops)
    elseif kind == 3 then cas(t, k, nil, stored(k, me, count.ops))
    elseif kind == 4 then
      local v = swap(t, k, stored(k, me, count.ops))
      if v ~= nil then belongs(k, v) end
    else
      local v = t[k]
      if v ~= nil then belongs(k, v) end
    end
  end
  local function walk()
    local seen, stable = {}, 0
    for k, v in pairs(tables[r(TABLES)]) do
      if seen[k] then error("visited twice: " .. tostring(k), 0) end
      seen[k] = true
      belongs(k, v)
      if v[2] == 0 then stable = stable + 1 end
    end
    if stable ~= STABLE then error("visited only " .. stable .. " stable keys", 0) end
  end
  local function step()
    local t, k, v = tables[r(TABLES)], nil, nil
    for _ = 1, r(50) do
      k, v = next(t, k)
      if k == nil then break end
      belongs(k, v)
    end
  end
  local function list()
    local kind = r(4)
    if kind == 1 then
      local v = fresh()
      table.insert(stack, v)
      count.pushed = count.pushed + v
    elseif kind == 2 then
      count.popped = count.popped + (table.remove(stack) or 0)
    elseif kind == 3 then
      local v = fresh()
      if r(2) == 1 then table.insert(queue, 1, v) else
        if not pcall(table.insert, queue, r(10), v) then v = 0 end
      end
      count.pushed = count.pushed + v
    else
      local ok, v = pcall(table.remove, queue, r(10))
      count.popped = count.popped + (ok and v or 0)
    end
    if #stack < 0 or #queue < 0 then error("length", 0) end
  end
  local function meta()
    local o, kind = objects[r(#objects)], r(4)
    if kind == 1 then setmetatable(o, metatables[r(4)])
    elseif kind == 2 then rawset(o, "field", r(2) == 1 and "own" or nil)
    elseif kind == 3 then o.other = r(2) == 1 and me or nil
    else
      local v = o.field
      if v ~= nil and not fields[v] then error("a field that nobody set: " .. tostring(v), 0) end
    end
  end
  local function closure()
    local i = r(10)
    local f = functions[i]
    if f and r(2) == 1 then
      local a, b = f(count.ops)
      if a ~= i or b ~= count.ops then error("closure " .. i, 0) end
    else
      local n = 0
      functions[i] = function(x) n = n + 1 return i, x end
    end
    if r(2) == 1 then latest = stored("latest", me, count.ops) else belongs("latest", latest) end
  end
  local function note() count.hooked = (count.hooked or 0) + 1 end
  local function coroutines()
    local i = r(#generators)
    local g = generators[i]
    if r(4) == 1 then pcall(debug.traceback, g.co) end
    if r(8) == 1 then pcall(debug.sethook, g.co, r(2) == 1 and note or nil, "crl", r(50)) end
    if r(4) == 1 then pcall(debug.getlocal, g.co, 1, 1) end
    local ok, n = coroutine.resume(g.co)
    if ok and n then
      if not cas(g.seen, n, nil, me) then error("yielded twice: " .. n, 0) end
    elseif ok then
      -- Another thread may be between its resume and its note.
      for _ = 1, 5000 do
        if #g.seen == 100 then break end
        threads.sleep(0.001)
      end
      if #g.seen ~= 100 then error("a generator ended after " .. #g.seen, 0) end
      generators[i] = generator()
    elseif not REFUSED[n] then
      error(n, 0)
    end
    local sum = 0
    local co = coroutine.wrap(function(a) while a do sum = sum + a a = coroutine.yield(sum) end end)
    co(1)
    if co(2) ~= 3 then error("a coroutine of one thread", 0) end
  end
  local function others()
    local kind = r(40)
    if kind <= 10 then
      add(counters, "c" .. r(3), 1)
      count.added = count.added + 1
    elseif kind <= 20 then
      local g <close> = mutex:lock()
      guarded.n = guarded.n + 1
      count.locked = count.locked + 1
    elseif kind <= 30 then
      local v = fresh()
      if channel:send(v, 0) then count.sent = count.sent + v end
      count.sent = count.sent - (channel:recv(0) or 0)
    elseif kind <= 38 then
      local garbage = {}
      for i = 1, 20 do garbage[i] = {("x"):rep(i)} end
    elseif kind == 39 and r(20) == 1 then
      local deep = threads.run(function(n) local d = {} for i = 1, n do d = {d} end return d end, r(200)):join()
      while deep[1] do deep = deep[1] end
    elseif kind == 40 and r(50) == 1 then
      collectgarbage()
    end
  end
  local choices = {own, own, shared, shared, shared, walk, step, list, list, meta, closure, coroutines, others, others}
  while threads.clock() < deadline do
    for _ = 1, 20 do
      count.ops = count.ops + 1
      choices[r(#choices)]()
    end
  end
  count.mine = mine
  return count
end

local handles, total = {}, {ops = 0, pushed = 0, popped = 0, sent = 0, added = 0, locked = 0}
for i = 1, THREADS do handles[i] = threads.run({name = "stress " .. i, quiet = true}, xpcall, work, debug.traceback, i) end
for i = 1, THREADS do
  local ok, count = handles[i]:join()
  if not ok then error("seed " .. SEED .. ": thread " .. i .. ": " .. tostring(count), 0) end
  for name in pairs(total) do total[name] = total[name] + count[name] end
  for t = 1, TABLES do
    for k, v in pairs(count.mine[t]) do
      if tables[t][k] ~= v then error("seed " .. SEED .. ": lost at the end: " .. k, 0) end
    end
  end
end
collectgarbage()
local function check(name, got, want)
  if got ~= want then
    error(("seed %d: %s: got %s, wanted %s"):format(SEED, name, tostring(got), tostring(want)), 0)
  end
end
local left, once = 0, {}
for _, l in ipairs {stack, queue} do
  for i = 1, #l do
    check("element once", once[l[i]], nil)
    once[l[i]] = true
    left = left + l[i]
  end
end
check("elements of lists", total.pushed - total.popped, left)
local c = 0
for _, n in pairs(counters) do c = c + n end
check("counters", c, total.added)
check("under the mutex", guarded.n, total.locked)
while true do
  local v = channel:recv(0)
  if not v then break end
  total.sent = total.sent - v
end
check("messages", total.sent, 0)
print(total.ops .. " operations")
print "ok"
