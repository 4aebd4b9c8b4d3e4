-- Integers: greatest common divisors, sums of divisors, and points in a circle.
-- Size 5500
local n = tonumber((...)) or 30

local function gcd(a, b)
  while b ~= 0 do a, b = b, a % b end
  return a
end

local coprime = 0
for a = 1, n, 3 do
  for b = 1, a do
    if gcd(a, b) == 1 then coprime = coprime + 1 end
  end
end

local sums, perfect = {}, 0
for k = 1, n do sums[k] = 1 end
for d = 2, n do
  for multiple = 2 * d, n, d do sums[multiple] = sums[multiple] + d end
end
for k = 2, n do
  if sums[k] == k then perfect = perfect + k end
end

-- Points with whole coordinates in a circle: along its edge from the top to the right.
local points, x, y, inside = 0, 0, n * 40, 0
while y > 0 do
  inside = inside + 2 * x + 1
  x = x + 1
  while inside > 2 * n * 40 * y do
    inside = inside - 2 * y + 1
    y = y - 1
    if y == 0 then break end
  end
  points = points + y
end
print(string.format("euclid %d %d %d", coprime, perfect, points % 1000003))
