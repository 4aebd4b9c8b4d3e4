-- A pipeline: the work on each message is divided among as many stages as there are threads, with channels between.
-- Size 40000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local STEPS = 3200
local links = {}
for i = 0, job.threads do links[i] = threads.channel(16) end

job.begin()
local feeder = threads.run(function()
  for m = 1, job.size do links[0]:send(m) end
  links[0]:close()
end)
for i = 1, job.threads do
  local first, last = job.share(STEPS, i)
  threads.run(function(from, to)
    for m in from:each() do
      for step = first, last do m = (m * 75 + step) % 65537 end
      to:send(m)
    end
    to:close()
  end, links[i - 1], links[i])
end
local sum = 0
for m in links[job.threads]:each() do sum = sum + m end
feeder:join()
job.finish(sum)
