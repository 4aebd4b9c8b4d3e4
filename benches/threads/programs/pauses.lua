-- A large shared heap that lives while all threads make garbage that others saw: how long do collections of the whole
-- Size 600
-- Size 60
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local library = {}
for i = 1, 10000 + 1000 * math.min(job.size, 200) do library[i] = {title = "t" .. i % 1000, {i}, {i + 1}} end

local board = {}
local stop = job.watch()
local sum = job.each(job.size, function(u)
  local random, sum = job.random(u), 0
  for i = 1, 2500 do
    board[random(64) + 1] = {u, {i}, text = "n" .. i}
    local book = library[random(10000) + 1]
    sum = sum + book[1][1] + book[2][1]
  end
  return sum
end)
stop()
job.finish(sum)
