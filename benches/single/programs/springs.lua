-- Fields: a chain of masses between springs, each mass a table.
-- Size 50000
local n = tonumber((...)) or 20

local masses = {}
for i = 1, 80 do
  masses[i] = {x = i, v = (i * 7 % 13 - 6) / 100, force = 0, mass = 1 + i % 3}
end

local function step(dt)
  for i = 1, #masses - 1 do
    local a, b = masses[i], masses[i + 1]
    local pull = 40 * (b.x - a.x - 1) - 0.02 * (a.v - b.v)
    a.force = a.force + pull
    b.force = b.force - pull
  end
  for i = 1, #masses do
    local m = masses[i]
    m.v = m.v + m.force / m.mass * dt
    m.x = m.x + m.v * dt
    m.force = 0
  end
end

for _ = 1, n do step(0.001) end
local energy = 0
for i = 1, #masses do
  local m = masses[i]
  energy = energy + m.mass * m.v * m.v / 2
end
print(string.format("springs %.9f %.9f", energy, masses[40].x))
