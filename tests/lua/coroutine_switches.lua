-- Switches of every shape: any number of values against any number of results wanted, in both directions, by
-- coroutine.resume and by functions of coroutine.wrap, with fixed and with open lists of values, from shallow and deep
-- stacks, with hooks and metamethods around them.

local resume, yield, wrap, create = coroutine.resume, coroutine.yield, coroutine.wrap, coroutine.create
local unpack, pack = table.unpack, table.pack

local function show(...)
  local parts = pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  return parts.n .. ":" .. table.concat(parts, ",")
end

-- Every count of arguments, values and results up to 4, as source, so that all calls have fixed operands.
local function names(prefix, n)
  local t = {}
  for i = 1, n do t[i] = prefix .. i end
  return t
end
for given = 0, 4 do
  for wanted = 0, 4 do
    local values = table.concat(names("v", given), ",")
    local results = table.concat(names("r", wanted), ",")
    local take = wanted == 0 and "" or "local " .. results .. " = "
    local text = ([[
      local resume, yield, wrap, show = ...
      local log = {}
      local function body(...)
        local v1, v2, v3, v4 = "a", 2, nil, 4.5
        for i = 1, 3 do
          %s yield(%s)
          log[#log + 1] = show(%s)
        end
        return %s
      end
      local co = coroutine.create(body)
      local v1, v2, v3, v4 = i, "x", false, {}
      v4 = nil
      for i = 1, 5 do
        v1 = i
        %s resume(co%s)
        log[#log + 1] = show(%s)
      end
      local f = wrap(body)
      for i = 1, 4 do
        v1 = -i
        %s f(%s)
        log[#log + 1] = show(%s)
      end
      return table.concat(log, " ")
    ]]):format(take, values, results, values, take, given == 0 and "" or ", " .. values, results, take, values, results)
    print(given, wanted, assert(load(text))(resume, yield, wrap, show))
  end
end

-- Open lists in both directions.
local co = create(function(...)
  local t = pack(...)
  while true do t = pack(yield(unpack(t, 1, t.n))) end
end)
for n = 0, 30, 5 do
  local t = {}
  for i = 1, n do t[i] = i end
  print(n, show(resume(co, unpack(t))))
end
local echo = wrap(function(...)
  local function again(...) return again(yield(...)) end
  return again(...)
end)
print(show(echo()), show(echo(1)), show(echo(1, nil)), show(echo(nil, nil, nil)))
print(show((echo(1, 2, 3))), #{ echo(1, 2, 3, 4) }, select("#", echo(unpack({}, 1, 100))))

-- Open results where the stack ends: every depth around its growth.
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
local nine = wrap(function() while true do yield(1, 2, 3, 4, 5, 6, 7, 8, 9) end end)
local function deep(n)
  if n == 0 then return sum(nine()) end
  local a, b, c = n, n, n
  return sum(nine()) + deep(n - 1) + (a - b) + (c - n)
end
for n = 0, 120 do assert(deep(n) == 45 * (n + 1)) end
local inner = wrap(function()
  while true do
    local function down(n)
      if n == 0 then return sum(yield(1)) end
      return (down(n - 1))
    end
    for n = 0, 120 do yield(down(n)) end
  end
end)
for n = 0, 120 do
  assert(inner() == 1)
  assert(inner(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17) == sum(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17))
end

-- The first resume and the last, and what comes after.
local once = create(function(a, b) return b, a end)
print(show(resume(once, 1, 2)), show(resume(once)), coroutine.status(once))
local none = wrap(function() end)
print(show(none()), pcall(none))

-- Resumes from within resumes, each with values on its way up and down.
local function tower(n)
  if n == 0 then
    return function(x) while true do x = yield(x + 1) end end
  end
  return function(x)
    local below = create(tower(n - 1))
    while true do
      local ok, v = resume(below, x)
      x = yield(v + 1)
    end
  end
end
local top = create(tower(20))
for i = 1, 5 do print(resume(top, i)) end

-- Called through pcall, metamethods, iterators and tail calls: another caller waits.
local gen = create(function(...) while true do yield("v", ...) end end)
print(pcall(resume, gen, 1), show(pcall(pcall, resume, gen)))
local index = setmetatable({}, { __index = resume, __call = function(_, ...) return resume(gen, ...) end })
print(index(3), (index(4)))
print(select(2, pcall(function() return index[1] end)))
local object = setmetatable({}, { __index = function(t, k) return yield(k) end })
local reader = wrap(function() local s = "" while true do s = s .. tostring(object[s]) end end)
print(reader(), reader("a"), reader("b"))
for a, b in wrap(function() for i = 1, 3 do yield(i, i * i) end end) do io.write(a, "=", b, " ") end
print()
local function tail(...) return resume(gen, ...) end
print(tail(7), (tail(8)))

-- With a hook in one of them, set and removed while it waits.
local counted = create(function() while true do yield(1) end end)
local events = 0
resume(counted)
debug.sethook(counted, function() events = events + 1 end, "l")
for i = 1, 3 do resume(counted) end
assert(events >= 3)
debug.sethook(counted)
local seen = events
for i = 1, 3 do resume(counted) end
assert(events == seen)
events = 0
debug.sethook(function() events = events + 1 end, "c")
for i = 1, 3 do resume(counted) end
debug.sethook()
assert(events >= 3)
seen = events
for i = 1, 3 do resume(counted) end
assert(events == seen)

-- Who may not be switched to.
local me
me = wrap(function() return select(2, resume(coroutine.running())) end)
print(me())
local outer = create(function(self) local mid = create(function() return resume(self) end) return resume(mid) end)
print(resume(outer, outer))
print(pcall(yield, 1))
print(select(2, resume(create(function() local c = create(print) coroutine.close(c) return resume(c) end))))

-- As many as may resume one another.
local depth = 0
local function nest()
  depth = depth + 1
  local ok, reason = resume(create(function() yield(nest()) end))
  return ok and reason or "ended"
end
nest()
print(depth > 100 and depth < 250)

-- Closed while it waits: its variables are closed and the values handed over are gone.
local closed = {}
local waiting = create(function()
  local a <close> = setmetatable({}, { __close = function(_, e) closed[#closed + 1] = tostring(e) end })
  yield(1, 2, 3)
end)
print(resume(waiting))
print(coroutine.close(waiting), coroutine.status(waiting), closed[1], resume(waiting))
