-- Large structures that threads make and put where all can see them, instead of those made before: what publishing
-- Size 800
-- Size 60
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local shelf = {}
for i = 1, 32 do shelf[i] = {records = {}, total = 0} end

local function structure(u)
  local records, total = {}, 0
  for i = 1, 2000 do
    local name = "r" .. i % 100
    records[i] = {id = i, name = name, tags = {u, i}}
    total = total + #name
  end
  return {records = records, total = total}
end

local stop = job.watch()
local sum = job.each(job.size, function(u)
  local sum = 0
  for i = 1, 4 do
    local s = structure(u)
    shelf[u % 32 + 1] = s
    sum = sum + s.records[i].tags[1] + s.total
  end
  return sum
end)
stop()
job.finish(sum)
