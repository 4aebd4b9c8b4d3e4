-- One table that all threads read, by names in the program and by strings made at run time; one access in a hundred
-- Size 5000
-- Size 600
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local stock = {width = 3, height = 4, depth = 5, weight = 6}
for i = 1, 5000 do stock["item" .. i] = i end
for i = 1, 1000 do stock[i] = i end

local function unit(u)
  local random, sum = job.random(u), 0
  for _ = 1, 100 do
    for i = 1, 20 do sum = sum + stock.width * stock.height - stock.depth + stock.weight + stock[i] end
    for _ = 1, 20 do sum = sum + stock["item" .. random(5000) + 1] end
    local key = random(1000) + 1
    stock[key] = key
  end
  return sum
end

job.finish(job.each(job.size, unit))
