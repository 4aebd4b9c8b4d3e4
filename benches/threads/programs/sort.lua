-- Sorting in parallel, by a function that compares: threads sort parts of a shared list and merge them in pairs.
-- Size 1600000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local random, list = job.random(42), {}
for i = 1, job.size do list[i] = random(10000000) end

local function less(a, b) return a < b end

local function merged(a, b)
  local result, i, j = {}, 1, 1
  for k = 1, #a + #b do
    local x, y = a[i], b[j]
    if not y or x and less(x, y) then
      result[k], i = x, i + 1
    else
      result[k], j = y, j + 1
    end
  end
  return result
end

local function sorted(first, last, count)
  if count == 1 then
    local part = table.move(list, first, last, 1, {})
    table.sort(part, less)
    return part
  end
  local half = count // 2
  local middle = first + (last - first) * half // count
  local other = threads.run(sorted, first, middle, half)
  local mine = sorted(middle + 1, last, count - half)
  return merged(other:join(), mine)
end

job.begin()
local result = threads.run(sorted, 1, #list, job.threads):join()
local sum = #result
for i = 2, #result do
  assert(result[i - 1] <= result[i])
  sum = sum + result[i] * (i % 7)
end
job.finish(sum)
