-- A store of keys and values as a server has it: requests find, replace and remove records; few keys are asked for
-- Size 7000
-- Size 500
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local SHARDS, KEYS = 16, 4000
local shards, hits = {}, {}
for i = 0, SHARDS - 1 do shards[i] = {} end

-- The nth key is asked for about 1/n as often as the first: by a table of 2^16 places.
local places = {}
do
  local total, at = 0.0, 0.0
  for n = 1, KEYS do total = total + 1 / n end
  for n = 1, KEYS do
    local first = at / total * 65536 // 1 | 0
    at = at + 1 / n
    for i = first, at / total * 65536 // 1 | 0 do places[i] = n end
  end
end

local function put(key, value) shards[#key * 7 % SHARDS ~ key:byte(-1) % SHARDS][key] = value end
local function get(key) return shards[#key * 7 % SHARDS ~ key:byte(-1) % SHARDS][key] end

local function text(n) return "user:" .. n end
for n = 1, KEYS do put(text(n), {name = "n" .. n, visits = 0, size = n % 10}) end

local requests = job.each(job.size, function(u)
  local random, sum = job.random(u), 0
  for _ = 1, 800 do
    local n, what = places[random(65536)], random(100)
    local key = text(n)
    if what < 90 then
      local record = get(key)
      sum = sum + (record and record.size or n % 10)
    elseif what < 99 then
      put(key, {name = "n" .. n, visits = u, size = n % 10})
      sum = sum + 1
    else
      put(key, nil)
      sum = sum + 2
    end
  end
  return sum
end)
job.finish(requests)
