-- Keys that come and go: queues, strides, assignments through chains of __newindex, keys that are removed and added.

-- A queue over a growing range of integers, fuller and emptier.
do
  local q, first, last, sum = {}, 1, 0, 0
  for round = 1, 40 do
    for i = 1, round * 7 do last = last + 1; q[last] = last end
    for i = 1, round * 5 do sum = sum + q[first]; q[first] = nil; first = first + 1 end
  end
  local n = 0
  for k, v in pairs(q) do
    assert(k == v and k >= first and k <= last)
    n = n + 1
  end
  print(sum, n, last - first + 1)
end

-- Integer keys at regular distances, negative ones, and the ends of the range; floats that equal them.
for _, stride in ipairs { 1, 2, 3, 8, 16, 24, 1000, 1024, 65536, 1 << 33, 1 << 45, -1, -8, -4096 } do
  local t, n = {}, 300
  for i = 0, n - 1 do t[i * stride] = i end
  for i = 0, n - 1, 3 do t[i * stride] = nil end
  for i = 0, n - 1, 6 do t[i * stride] = -i end
  local count, sum = 0, 0
  for k, v in pairs(t) do
    count, sum = count + 1, sum + v
    assert(rawequal(t[k], v))
  end
  for i = 0, n - 1 do
    local want = i % 6 == 0 and -i or i % 3 == 0 and "none" or i
    if want == "none" then assert(t[i * stride] == nil) else assert(t[i * stride] == want) end
  end
  print(stride, count, sum)
end
do
  local t = { [math.mininteger] = "min", [math.maxinteger] = "max", [-1] = "minus one", [0] = "zero" }
  for i = 2, 20 do t[1 << i] = i; t[-(1 << i)] = -i end
  print(t[math.mininteger], t[math.maxinteger], t[-1.0], t[-0.0], t[2.0 ^ 20], t[-2.0 ^ 10], t[0.5])
end

-- Other keys: fractions, tables, functions, booleans, and strings made at run time beside constants.
do
  local t, keys = {}, {}
  for i = 1, 200 do
    local key = i % 4 == 0 and {} or i % 4 == 1 and i + 0.25 or i % 4 == 2 and "key" .. i or function() return i end
    keys[i] = key
    t[key] = i
  end
  for i = 1, 200, 2 do t[keys[i]] = nil end
  for i = 1, 200 do assert(t[keys[i]] == (i % 2 == 0 and i or nil)) end
  t.key2, t.key6 = "two", nil
  print(t["key" .. 2], t["key" .. 6], t["key" .. 10], t.key10)
end

-- A large table from which half goes, with collections meanwhile.
do
  local t = {}
  for i = 1, 5000 do t["name" .. i] = i end
  for i = 1, 5000, 2 do t["name" .. i] = nil end
  collectgarbage()
  local n = 0
  for k, v in pairs(t) do n = n + 1; assert(k == "name" .. v) end
  for i = 1, 5000, 4 do t["name" .. i] = i end
  collectgarbage()
  local m = 0
  for k, v in pairs(t) do m = m + 1; assert(k == "name" .. v) end
  print(n, m)
end

-- __newindex: tables, tables of tables, functions at the end, and keys that are present on the way.
do
  local log = {}
  local last = setmetatable({}, { __newindex = function(t, k, v) log[#log + 1] = k; rawset(t, k, v) end })
  local middle = setmetatable({ here = 1 }, { __newindex = last })
  local front = setmetatable({ mine = 0 }, { __newindex = middle })
  for i = 1, 3 do
    front.mine = i
    front.here = i * 10
    front.far = i * 100
    front[i] = i * 1000
  end
  print(front.mine, rawget(front, "here"), middle.here, rawget(middle, "far"), last.far, last[3], table.concat(log, " "))
  middle.gone = nil
  front.late = "once"
  getmetatable(middle).__newindex = nil
  front.late = "twice"
  print(last.late, middle.late, rawget(front, "late"), #log)
  print(pcall(function() setmetatable({}, { __newindex = 5 }).x = 1 end))
  local loop = setmetatable({}, {})
  getmetatable(loop).__newindex = loop
  print(select(2, pcall(function() loop.x = 1 end)):match("loop"))
end

-- __index: the same the other way.
do
  local calls = 0
  local last = setmetatable({}, { __index = function(t, k) calls = calls + 1; return k .. "!" end })
  local front = setmetatable({ mine = 1 }, { __index = setmetatable({ here = 2 }, { __index = last }) })
  local name = "dyn" .. 1
  for i = 1, 3 do print(front.mine, front.here, front.far, front[name], front[i]) end
  print(calls, pcall(function() return setmetatable({}, { __index = 5 }).x end))
end

-- A nil key and NaN are refused, whatever is in the table.
print(pcall(function() local t, k = {}; t[k] = 1 end))
print(pcall(function() local t = {}; t[0 / 0] = 1 end))
