-- Coroutines: producers, filters and consumers, and all orders of a list.
-- Size 140000
local n = tonumber((...)) or 20
local wrap, yield = coroutine.wrap, coroutine.yield

local function numbers(limit)
  return wrap(function()
    for i = 1, limit do yield(i, i % 7) end
  end)
end
local function filter(source, keep)
  return wrap(function()
    for value, rest in source do
      if keep(value, rest) then yield(value, rest) end
    end
  end)
end
local function map(source, f)
  return wrap(function()
    for value in source do yield(f(value)) end
  end)
end

local sum = 0
local chain = map(filter(numbers(n * 8), function(_, rest) return rest ~= 3 end), function(v) return v * 2 + 1 end)
for value in chain do sum = (sum + value) % 1000003 end

-- Many that live shortly, and two that take turns.
for i = 1, n do
  local both = wrap(function(a, b)
    local c = yield(a + b)
    return c * 2
  end)
  sum = (sum + both(i, 1) + both(i)) % 1000003
end
local function permute(list, size)
  if size <= 1 then
    yield(list)
  else
    for i = 1, size do
      list[size], list[i] = list[i], list[size]
      permute(list, size - 1)
      list[size], list[i] = list[i], list[size]
    end
  end
end
for _ = 1, n, 1500 do
  for list in wrap(function() permute({1, 2, 3, 4, 5, 6, 7}, 7) end) do
    sum = (sum + list[1] * 10 + list[7]) % 1000003
  end
end
print(string.format("pipeline %d", sum))
