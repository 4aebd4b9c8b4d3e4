-- Counting words: each thread counts those of its texts and adds them to one table of all.
-- Size 11000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local syllables = {"ka", "lo", "mi", "ru", "ten", "sa", "vo", "pel", "da", "ni"}
local function text(u)
  local random, words = job.random(u), {}
  for i = 1, 600 do
    words[i] = syllables[random(10) + 1] .. syllables[random(10) + 1] .. syllables[random(random(10) + 1) + 1]
  end
  return table.concat(words, " ")
end
local texts = {}
for i = 1, 20 do texts[i] = text(i) end

local counts, add = {}, threads.atomic.add
job.each(job.size, function(u)
  local mine = {}
  for word in texts[u % 20 + 1]:gmatch("%a+") do mine[word] = (mine[word] or 0) + 1 end
  for word, n in pairs(mine) do add(counts, word, n) end
  return 0
end)

local sum = 0
for word, n in pairs(counts) do sum = sum + n * (#word + word:byte()) end
job.finish(sum)
