-- Many short threads: each thread starts one, waits for it, and starts the next.
-- Size 10000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local function body(u)
  local t = {}
  for i = 1, 20 do t[i] = {u, tostring(i)} end
  return {u = u, t[20]}
end

job.finish(job.each(job.size, function(u)
  local result = threads.run(body, u):join()
  return result.u + #result[1][2]
end))
