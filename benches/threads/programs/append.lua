-- One list that all threads append to, a little arithmetic between.
-- Size 3600
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local list = {}

job.each(job.size, function(u)
  local random, insert = job.random(u), table.insert
  for _ = 1, 1000 do
    local x = 0
    for _ = 1, 10 do x = x + random(1000) end
    insert(list, x)
  end
  return 0
end)

local sum = 0
for i = 1, #list do sum = sum + list[i] end
job.finish(sum + #list)
