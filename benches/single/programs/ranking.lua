-- Sorting: records by several orders, numbers and names by their own; lists searched, cut and joined.
-- Size 160
local n = tonumber((...)) or 1

local seed = 7
local function random(limit)
  seed = (seed * 16807) % 2147483647
  return seed % limit
end

local sum = 0
for _ = 1, n do
  local players, points, names = {}, {}, {}
  for i = 1, 600 do
    players[i] = {id = i, points = random(100), name = "p" .. random(1000) .. "x" .. i}
    points[i] = random(100000)
    names[i] = players[i].name
  end
  table.sort(players, function(a, b)
    if a.points ~= b.points then return a.points > b.points end
    return a.id < b.id
  end)
  for rank = 1, 50 do sum = (sum * 3 + players[rank].id * rank) % 1000003 end
  table.sort(players, function(a, b) return a.name < b.name end)
  sum = (sum + players[1].id + players[600].id) % 1000003
  table.sort(points)
  table.sort(names)
  sum = (sum + points[300] + #names[1] + #names[600]) % 1000003
  table.sort(points, function(a, b) return a > b end)
  for _ = 1, 100 do
    table.insert(points, 10, table.remove(points))
    table.remove(points, 20)
  end
  sum = (sum + points[10] + #points) % 1000003
end
print(string.format("ranking %d", sum))
