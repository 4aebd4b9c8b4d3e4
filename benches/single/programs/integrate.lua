-- Floats: integrals by Simpson's rule, and a chaotic sequence.
-- Size 18000
local n = tonumber((...)) or 5
local sqrt = math.sqrt

local function simpson(f, a, b, parts)
  local h = (b - a) / parts
  local sum = f(a) + f(b)
  for i = 1, parts - 1 do
    local x = a + i * h
    if i % 2 == 1 then sum = sum + 4 * f(x) else sum = sum + 2 * f(x) end
  end
  return sum * h / 3
end

local function half_circle(x) return sqrt(1 - x * x) end
local function hill(x) return 1 / (1 + 25 * x * x) end

local sum, x = 0.0, 0.3
for round = 1, n do
  sum = sum + simpson(half_circle, -1, 1, 100 + round % 10 * 2) + simpson(hill, -1, 1, 200)
  for _ = 1, 1000 do x = 3.61 * x * (1 - x) end
end
print(string.format("integrate %.6f %s", sum, x > 0 and x < 1 and "inside" or "outside"))
