-- Times the cases of the files beside this one, in CPU time, and prints a line for each: nanoseconds a turn, name.
-- Runs under any Lua 5.4 alone.
--
--   lua measure.lua [--counts FILE] [--only TEXT] [LIBRARY ...]
--
-- A case is {name, setup, body}: the body is run n times in a loop over i, and the setup declares what it uses.
-- Without counts each case finds its own n, such that it takes about 20 ms, and each line begins with that n.
-- With --counts, a file of such lines, it runs with those and takes the best of two.

local LIBRARIES = {"base", "math", "coroutine", "string", "format", "pattern", "table", "utf8"}
local WANTED = 0.02 -- seconds that a case should take

local folder = arg[0]:match("^(.*/)") or "./"
local counts, only
local libraries = {}
do
  local i = 1
  while arg[i] do
    if arg[i] == "--counts" then
      counts = {}
      for line in io.lines(arg[i + 1]) do
        local n, name = line:match("^(%d+)\t[^\t]*\t(.*)$")
        if n then counts[name] = math.tointeger(n) end
      end
      i = i + 1
    elseif arg[i] == "--only" then
      only = arg[i + 1]
      i = i + 1
    else
      libraries[#libraries + 1] = arg[i]
    end
    i = i + 1
  end
  if #libraries == 0 then libraries = LIBRARIES end
end

local clock = os.clock

--- Seconds of n turns.
local function time(run, n)
  collectgarbage()
  local t = clock()
  run(n)
  return clock() - t
end


-- What the loop itself takes is not taken off: it is part of a turn under both interpreters.
for _, library in ipairs(libraries) do
  for _, case in ipairs(dofile(folder .. library .. ".lua")) do
    local name, setup, body = case[1], case[2], case[3]
    if not only or name:find(only, 1, true) then
      local text = setup .. "\nreturn function(n) for i = 1, n do " .. body .. " end end"
      local run = assert(load(text, "=" .. name))()
      local n, seconds
      if counts then
        n = counts[name] or error("no count for '" .. name .. "'")
        run(n // 10 + 1)
        seconds = math.huge
        for _ = 1, 2 do seconds = math.min(seconds, time(run, n)) end
      else
        n, seconds = 1, 0
        while seconds < WANTED do
          seconds = time(run, n)
          if seconds < WANTED then
            n = seconds < WANTED / 20 and n * 8 or math.ceil(n * WANTED / seconds * 1.1)
          end
        end
      end
      print(string.format("%d\t%.2f\t%s", n, seconds / n * 1e9, name))
    end
  end
end
