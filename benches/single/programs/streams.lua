-- Closures: lazy streams, whose rest is a function that remembers its result.
-- Size 4200
local n = tonumber((...)) or 40

local function delay(make)
  local value
  return function()
    if make then
      value = make()
      make = nil
    end
    return value
  end
end

local function cons(head, make) return {head = head, tail = delay(make)} end

local function scale(stream, factor)
  return cons(stream.head * factor, function() return scale(stream.tail(), factor) end)
end

local function merge(a, b)
  if a.head < b.head then
    return cons(a.head, function() return merge(a.tail(), b) end)
  elseif b.head < a.head then
    return cons(b.head, function() return merge(a, b.tail()) end)
  end
  return cons(a.head, function() return merge(a.tail(), b.tail()) end)
end

-- The numbers that have no prime factors but 2, 3 and 5.
local hamming
hamming = cons(1, function()
  return merge(scale(hamming, 2), merge(scale(hamming, 3), scale(hamming, 5)))
end)

local sum = 0
for _ = 1, 12 do
  local s = cons(0, function() return hamming end)
  for _ = 1, n do
    s = s.tail()
    sum = (sum * 31 + s.head % 1000) % 1000003
  end
  hamming = cons(1, function()
    return merge(scale(hamming, 2), merge(scale(hamming, 3), scale(hamming, 5)))
  end)
end
print(string.format("streams %d", sum))
