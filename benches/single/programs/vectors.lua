-- Garbage: short-lived tables of every small shape, some of them kept for a while.
-- Size 350000
local n = tonumber((...)) or 100

local function add(a, b) return {x = a.x + b.x, y = a.y + b.y, z = a.z + b.z} end
local function pair(a, b) return {a, b} end

local ring, at = {}, 0
local sum = {x = 0, y = 0, z = 0}
for i = 1, n do
  local v = {x = i % 10, y = 1, z = -(i % 3)}
  sum = add(sum, v)
  local p = pair(i, pair(v, {}))
  at = at % 500 + 1
  ring[at] = {p, {tag = "kept", list = {i, i + 1, i + 2}}}
  local old = ring[(at + 250) % 500 + 1]
  if old then sum.y = sum.y + old[2].list[2] % 2 end
end
print(string.format("vectors %d %d %d", sum.x, sum.y, sum.z))
