-- Calls: functions with three arguments that call themselves, and two that call each other.
-- Size 1500
local n = tonumber((...)) or 2

local function tarai(x, y, z)
  if x <= y then return y end
  return tarai(tarai(x - 1, y, z), tarai(y - 1, z, x), tarai(z - 1, x, y))
end

local female, male
function female(k)
  if k == 0 then return 1 end
  return k - male(female(k - 1))
end
function male(k)
  if k == 0 then return 0 end
  return k - female(male(k - 1))
end

local sum = 0
for round = 1, n do
  sum = sum + tarai(8, 4, round % 3) + female(30 + round % 5)
end
print(string.format("tarai %d", sum))
