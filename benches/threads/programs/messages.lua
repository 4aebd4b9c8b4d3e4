-- Many small messages: one thread sends them to all through one channel, and their answers come back through another.
-- Size 300000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local tasks, answers = threads.channel(100), threads.channel(100)

job.begin()
local sender = threads.run(function()
  for m = 1, job.size do tasks:send(m) end
  tasks:close()
end)
for _ = 1, job.threads do
  threads.run(function()
    for m in tasks:each() do
      for step = 1, 200 do m = (m * 75 + step) % 65537 end
      answers:send(m)
    end
  end)
end
local sum = 0
for _ = 1, job.size do sum = sum + answers:recv() end
sender:join()
job.finish(sum)
