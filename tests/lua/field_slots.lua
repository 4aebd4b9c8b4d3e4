-- Fields that come and go, and tables in which their slots get other keys.

-- The slot of `__index` goes to another key when the metatable is full, and comes back elsewhere.
do
  local fallback = { here = "fallback" }
  local mt = { __index = fallback, a = 1, b = 2, c = 3 }
  local object = setmetatable({}, mt)
  local function look() return object.here, object.gone end
  function fallback:method() return "method" end
  local function call() return pcall(function() return object:method() end) end
  print(look())
  print(call())
  for round = 1, 3 do
    mt.__index = nil
    print(round, look())
    print(call() == false)
    mt["other" .. round] = fallback
    print(round, look())
    mt["other" .. round] = nil
    mt.__index = fallback
    print(round, look())
    print(call())
  end
end

-- An assignment of nil to a field that is not there leaves nothing behind.
do
  local t = {}
  for _ = 1, 3 do
    t.x = nil
    t.y = nil
  end
  print(next(t), t.x, t.y)
  t.y = 2
  for k, v in pairs(t) do print(k, v) end
  local full = { a = 1, b = 2, c = 3, d = 4 }
  full.e = nil
  full.a = nil
  full.e = 5
  full.f = nil
  full.a = 1
  local names = {}
  for k, v in pairs(full) do names[#names + 1] = k .. "=" .. v end
  table.sort(names)
  print(table.concat(names, " "))
end

-- Sets in which ever other keys live stay small and right.
do
  local set = {}
  local alive = 0
  for i = 1, 2000 do
    local name = "key" .. i % 97
    if set[name] then
      set[name] = nil
      alive = alive - 1
    else
      set[name] = i
      alive = alive + 1
    end
  end
  local count = 0
  for _ in pairs(set) do count = count + 1 end
  print(count == alive)
end

-- The same accesses on tables made in different ways, so that the places of their fields differ.
do
  local function sum(t) return (t.x or 0) + (t.y or 0) * 10 + (t.z or 0) * 100 end
  local made = {
    { x = 1, y = 2, z = 3 }, { z = 3, y = 2, x = 1 }, { y = 2 }, { x = 1, q = 0, r = 0, s = 0, z = 3 }, {},
    setmetatable({ x = 1 }, { __index = { y = 2, z = 3 } }),
    setmetatable({}, { __index = setmetatable({ y = 2 }, { __index = { x = 1, z = 3 } }) }),
    setmetatable({ y = 5 }, { __index = function(_, k) return k == "x" and 7 or nil end }),
  }
  for _ = 1, 3 do
    local sums = {}
    for i, t in ipairs(made) do sums[i] = sum(t) end
    print(table.concat(sums, " "))
  end
  for i, t in ipairs(made) do
    t.x, t.y = nil, i
    t.w = i
  end
  local sums = {}
  for i, t in ipairs(made) do sums[i] = sum(t) + t.w * 1000 end
  print(table.concat(sums, " "))
end

-- A field that was absent is new to `__newindex`, whatever was there before.
do
  local log = {}
  local t = setmetatable({ a = 1 }, { __newindex = function(self, k, v)
    log[#log + 1] = k
    rawset(self, k, v)
  end })
  for _ = 1, 2 do
    t.a = nil
    t.a = 2
    t.b = 3
    t.b = nil
  end
  print(table.concat(log, " "), t.a, t.b)
end

-- Methods of classes whose tables have different sizes, through one call.
do
  local classes = {}
  for i = 1, 6 do
    local class = {}
    class.__index = class
    for j = 1, i * 2 do class["m" .. j] = function() return i * 100 + j end end
    function class:who() return i end
    classes[i] = class
  end
  classes[7] = setmetatable({}, classes[3])
  classes[7].__index = classes[7]
  local out = {}
  for round = 1, 2 do
    for i, class in ipairs(classes) do
      local o = setmetatable({ round = round }, class)
      out[#out + 1] = o:who() .. ":" .. o:m1() .. ":" .. o:m2()
      if i % 2 == 0 then
        o.who = function() return "own" end
        out[#out + 1] = o:who()
      end
    end
  end
  print(table.concat(out, " "))
end
