-- What the programs of this folder share: how many threads, how much work, dividing it, and the line that tells the
-- result. A program starts with
--
--   local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")
--
-- and is run with the number of threads and its size. The amount of work depends on the size alone, and so must the
-- checksum: threads divide the work. The work is always done by threads that were started for it, even if it is one,
-- while the main one waits; so everything that they find is shared, however many they are.

local job = {}

job.threads = math.tointeger(arg[1] or 1) or error("how many threads?")
job.size = math.tointeger(tonumber(arg[2] or 1) // 1) or error("which size?")

local count = job.threads
local wall, processor, notes = nil, nil, {}

--- Starts the clock; what came before is preparation. The functions below do it themselves.
function job.begin()
  if not wall then
    collectgarbage()
    wall, processor = threads.clock(), os.clock()
  end
end

--- The first and the last one of `total` things that the `i`th thread does.
function job.share(total, i)
  return total * (i - 1) // count + 1, total * i // count
end

--- Runs `body(i)` in each thread; the sum of their results.
function job.spread(body)
  job.begin()
  local running, sum = {}, 0
  for i = 1, count do running[i] = threads.run(body, i) end
  for i = 1, count do sum = sum + running[i]:join() end
  return sum
end

--- The sum of `unit(u)` for u from 1 to `total`, in equal shares.
function job.each(total, unit)
  return job.spread(function(i)
    local first, last = job.share(total, i)
    local sum = 0
    for u = first, last do sum = sum + unit(u) end
    return sum
  end)
end

--- The same, for units of unequal length: each thread takes the next one when it has time.
function job.take(total, unit)
  local add, taken = threads.atomic.add, {0}
  return job.spread(function()
    local sum = 0
    while true do
      local u = add(taken, 1, 1)
      if u > total then return sum end
      sum = sum + unit(u)
    end
  end)
end

--- Numbers from 0 to `limit` - 1, the same ones for the same seed.
function job.random(seed)
  seed = seed % 2147483646 + 1
  return function(limit)
    seed = seed * 16807 % 2147483647
    return seed % limit
  end
end

--- Starts a thread that sleeps half a millisecond again and again, and notes for how long it did not come back: by
--- then it had a processor, or waited for one, or for the others. The returned function ends it.
function job.watch()
  local ended = {false}
  local watcher = threads.run(function()
    local longest, total, late = 0, 0, 0
    local before = threads.clock()
    while not ended[1] do
      threads.sleep(0.0005)
      local now = threads.clock()
      local pause = now - before - 0.0005
      if pause > longest then longest = pause end
      if pause > 0.001 then late, total = late + 1, total + pause end
      before = now
    end
    return longest, total, late
  end)
  return function()
    ended[1] = true
    local longest, total, late = watcher:join()
    job.note(string.format("longest pause %.1f ms, %d above 1 ms: %.0f ms", longest * 1e3, late, total * 1e3))
  end
end

--- Adds a remark to the line of the program.
function job.note(text)
  notes[#notes + 1] = text
end

--- Stops the clock and prints: checksum, seconds by the clock, seconds of all processors, remarks.
function job.finish(checksum)
  wall, processor = threads.clock() - wall, os.clock() - processor
  local program = arg[0]:match("([^/]*)%.lua$")
  print(string.format("%s %s %.4f %.4f %s", program, checksum, wall, processor, table.concat(notes, "; ")))
end

return job
