-- One table into which all threads put new keys: it grows from nothing. Numbers that are no list, and strings.
-- Size 2600
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local map = {}

job.each(job.size, function(u)
  for i = 1, 500 do
    local n = u * 500 + i
    map["key" .. n] = n
    map[n * 7 + 0.5] = n
  end
  return 0
end)

local sum, count = 0, 0
for _, n in pairs(map) do sum, count = sum + n, count + 1 end
job.finish(sum + count)
