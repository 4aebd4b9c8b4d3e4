-- Binary trees, made and dropped by each thread: allocation, and collections that concern nobody else.
-- Size 2000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local function tree(depth)
  if depth == 0 then return {} end
  return {tree(depth - 1), tree(depth - 1)}
end

local function nodes(t)
  if not t[1] then return 1 end
  return 1 + nodes(t[1]) + nodes(t[2])
end

job.finish(job.each(job.size, function(u)
  local kept = tree(12)
  local sum = 0
  for depth = 4, 12, 2 do sum = sum + nodes(tree(depth)) * u end
  return sum + nodes(kept)
end))
