-- Counters that all threads add to, spread over a thousand keys of one table.
-- Size 7000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local add, counts = threads.atomic.add, {}
for i = 0, 499 do
  counts["c" .. i] = 0
  counts[i + 1] = 0
end

job.each(job.size, function(u)
  local random = job.random(u)
  for _ = 1, 500 do
    add(counts, "c" .. random(500), 1)
    for _ = 1, 5 do add(counts, random(500) + 1, 2) end
  end
  return 0
end)

local sum = 0
for i = 0, 499 do sum = sum + counts["c" .. i] * (i + 1) + counts[i + 1] end
job.finish(sum)
