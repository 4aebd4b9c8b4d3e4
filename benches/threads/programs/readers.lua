-- A table that is read much while all threads also put new keys into it, a hundredth of the accesses.
-- Size 9000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local map = {name = 1, kind = 2}
for i = 1, 1000 do map["old" .. i] = i end

job.finish(job.each(job.size, function(u)
  local random, sum = job.random(u), 0
  for i = 1, 40 do
    map["new" .. u * 40 + i] = u
    for _ = 1, 30 do sum = sum + map["old" .. random(1000) + 1] + map.name end
    for _ = 1, 70 do sum = sum + map.kind end
  end
  return sum + map["new" .. u * 40 + 40]
end))
