-- One counter that all threads add to: the worst that sharing can do. Nothing is gained, but how much is lost?
-- Size 4000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local add, count = threads.atomic.add, {n = 0}

job.each(job.size, function(u)
  for i = 1, 10000 do add(count, "n", u) end
  return 0
end)
job.finish(count.n)
