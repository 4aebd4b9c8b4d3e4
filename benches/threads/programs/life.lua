-- The game of life on a board that all threads share: each has some rows, and all wait for each other after every
-- Size 1300
-- Size 60
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local WIDTH, HEIGHT = 160, 96
local boards = {{}, {}}
local random = job.random(3)
for y = 1, HEIGHT do
  local row, other = {}, {}
  for x = 1, WIDTH do row[x], other[x] = random(3) // 2, 0 end
  boards[1][y], boards[2][y] = row, other
end

local mutex = threads.mutex()
local turned = threads.condition(mutex)
local arrived, generation = 0, 0

local function barrier()
  local guard <close> = mutex:lock()
  local mine = generation
  arrived = arrived + 1
  if arrived == job.threads then
    arrived, generation = 0, mine + 1
    turned:broadcast()
  else
    while generation == mine do turned:wait() end
  end
end

job.spread(function(i)
  local first, last = job.share(HEIGHT, i)
  for turn = 1, job.size do
    local from, to = boards[2 - turn % 2], boards[turn % 2 + 1]
    for y = first, last do
      local above, row, below = from[(y - 2) % HEIGHT + 1], from[y], from[y % HEIGHT + 1]
      local new = to[y]
      for x = 1, WIDTH do
        local left, right = (x - 2) % WIDTH + 1, x % WIDTH + 1
        local n = above[left] + above[x] + above[right] + row[left] + row[right] + below[left] + below[x] + below[right]
        new[x] = (n == 3 or n == 2 and row[x] == 1) and 1 or 0
      end
    end
    barrier()
  end
  return 0
end)

local sum = 0
for y = 1, HEIGHT do
  for x = 1, WIDTH do sum = sum + boards[job.size % 2 + 1][y][x] * (x + y * WIDTH) end
end
job.finish(sum)
