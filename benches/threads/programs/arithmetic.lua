-- Arithmetic of integers and floats: threads share nothing but the code. What this does not gain, nothing can.
-- Size 5000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local function unit(u)
  local x, sum = u, 0.0
  for i = 1, 20000 do
    x = (x * 1103515245 + 12345) & 0x7fffffff
    sum = sum + (x >> 16) / i
  end
  return x + (sum // 1 | 0)
end

job.finish(job.each(job.size, unit))
