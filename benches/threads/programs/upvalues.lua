-- Closures that all threads call: captured values, a captured variable that somebody may assign, and closures that
-- Size 22000
-- Size 700
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local factor, offset, version = 3, 4, 0
local function scaled(x) return x * factor + offset end
local function current() return version end
local function renew() version = 1 end
renew()

local function adder(n)
  local total = 0
  return function(x)
    total = total + x * n
    return total
  end
end

job.finish(job.each(job.size, function(u)
  local sum = 0
  for i = 1, 40 do
    local add = adder(i)
    for n = 1, 30 do sum = sum + scaled(n) * current() + add(u) end
    if i == 40 then renew() end
  end
  return sum
end))
