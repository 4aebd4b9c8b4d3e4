-- Integer keys outside the array part: windows that walk, rows, strides, wide integers, keys that go and come back.
-- torture: light

-- Each table is compared with a model that has the same keys as texts.
local function check(name, keys)
  local t, model, n = {}, {}, 0
  local function set(k, v)
    local text = tostring(k)
    if (model[text] == nil) ~= (v == nil) then n = n + (v == nil and -1 or 1) end
    t[k] = v
    model[text] = v
  end
  local count = 0
  for k, v in keys do
    set(k, v)
    count = count + 1
    assert(t[k] == v)
  end
  local seen = 0
  for k, v in pairs(t) do
    assert(math.type(k) == "integer" and model[tostring(k)] == v, k)
    seen = seen + 1
  end
  assert(seen == n)
  for text, v in pairs(model) do assert(t[math.tointeger(tonumber(text))] == v) end
  print(name, count, n)
end

local function generator(f)
  return coroutine.wrap(f)
end
local put = coroutine.yield

for _, length in ipairs { 1, 3, 8, 40, 100, 1000 } do
  check("window up " .. length, generator(function()
    for i = 1, 3000 do
      put(i, i)
      if i > length then put(i - length, nil) end
    end
  end))
  check("window down " .. length, generator(function()
    for i = 500, -2500, -1 do
      put(i, i)
      if i + length <= 500 then put(i + length, nil) end
    end
  end))
end

check("window with others", generator(function()
  for i = 1, 2000 do
    put(i * 1000, true)
    put(i, i)
    if i > 50 then put(i - 50, nil) end
    if i % 3 == 0 then put((i - 1) * 1000, nil) end
  end
end))

for _, width in ipairs { 10, 100, 1000 } do
  check("rows at " .. width, generator(function()
    for y = -20, 20 do
      for x = -4, 4 do put(y * width + x, x) end
    end
    for y = -20, 20, 2 do
      for x = -4, 4 do put(y * width + x, nil) end
    end
    for y = -20, 20, 3 do
      for x = -4, 4 do put(y * width + x, y) end
    end
  end))
end

for _, stride in ipairs { 2, 7, 16, 64, 4096, 1 << 20, 1 << 40, 1 << 55, -1, -16, -(1 << 50) } do
  check("stride " .. stride, generator(function()
    for i = 1, 300 do put(i * stride, i) end
    for i = 1, 300, 5 do put(i * stride, nil) end
    for i = 1, 300, 10 do put(i * stride, -i) end
  end))
end

check("ends", generator(function()
  for i = 0, 70 do
    put(math.mininteger + i, i)
    put(math.maxinteger - i, i)
    put(i - 35, i)
    put((1 << 49) - 35 + i, i)
    put(-(1 << 49) - 35 + i, i)
  end
end))

local x = 12345
local function random(n)
  x = (x * 1103515245 + 12345) % 2147483648
  return x // 65536 % n
end
for _, range in ipairs { 5, 12, 100, 30000 } do
  check("any of " .. range, generator(function()
    for i = 1, 4000 do put(random(range) * 3 - range, random(3) > 0 and i or nil) end
  end))
end

-- Integers, texts and other keys in one table; floats with integer values are the same keys.
do
  local t = { name = "n", [true] = "yes" }
  for i = 1, 500 do
    t[i * 10] = i
    t["k" .. i % 7] = i
    if i > 20 then t[(i - 20) * 10.0] = nil end
  end
  local n = 0
  for k in pairs(t) do n = n + 1 end
  print(n, t.name, t[true], t[5000], t[4810.0], t[4800], t.k3)
end

-- A loop that removes what it meets, from a table whose integers have walked.
do
  local t = {}
  for i = 1, 1000 do
    t[i] = i
    t[i - 30] = nil
  end
  local sum = 0
  for k, v in pairs(t) do
    sum = sum + v
    t[k] = nil
  end
  print(sum, next(t))
  for i = 1001, 1040 do t[i] = i end
  sum = 0
  for k, v in next, t do
    sum = sum + v
    t[k] = nil
  end
  print(sum, next(t))
end
