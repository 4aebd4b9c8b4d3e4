-- Trees that each thread makes and hands to the next one, through channels in a ring; who receives one counts it.
-- Size 40000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local function tree(depth)
  if depth == 0 then return {} end
  return {tree(depth - 1), tree(depth - 1)}
end

local function nodes(t)
  if not t[1] then return 1 end
  return 1 + nodes(t[1]) + nodes(t[2])
end

local ring = {}
for i = 1, job.threads do ring[i] = threads.channel(4) end

job.finish(job.spread(function(i)
  local sum, to, from = 0, ring[i], ring[i % job.threads + 1]
  local first, last = job.share(job.size, i)
  for u = first, last do
    to:send({unit = u, tree = tree(8)})
    -- Neighbors have shares that differ by one at most, so what is still on its way fits in the channel.
    local got = u < last and from:recv()
    if got then sum = sum + nodes(got.tree) * got.unit end
  end
  to:close()
  for got in from:each() do sum = sum + nodes(got.tree) * got.unit end
  return sum
end))
