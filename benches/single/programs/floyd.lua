-- Arrays: the shortest ways between all places of a map, in a table of tables.
-- Size 330
local n = tonumber((...)) or 8

local distance, seed = {}, 42
for i = 1, n do
  local row = {}
  for j = 1, n do
    seed = (seed * 16807) % 2147483647
    row[j] = i == j and 0 or seed % 1000 + 1
  end
  distance[i] = row
end

for k = 1, n do
  local through = distance[k]
  for i = 1, n do
    local row = distance[i]
    local first = row[k]
    for j = 1, n do
      local way = first + through[j]
      if way < row[j] then row[j] = way end
    end
  end
end

local sum = 0
for i = 1, n do
  for j = 1, n do sum = sum + distance[i][j] * (i + j) end
end
print(string.format("floyd %d", sum))
