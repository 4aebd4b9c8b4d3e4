-- Compares interpreters by whole programs, those in the folder beside this file: runs each of them under each
-- interpreter in turn, several rounds, and prints for the first interpreter the median of the CPU time, for the others
-- the ratio to it, and for all the peak memory; then geometric means.
--
--   lua5.4 compare.lua [--rounds N] [--only TEXT] [--scale FACTOR] [--tiny] [--limit RATIO] [--markdown]
--                      NAME=COMMAND NAME=COMMAND ...
--
-- Each program takes a size, whose usual value its second line has: --scale multiplies it, --tiny leaves it out, which
-- is enough to see that a program works. Rounds are interleaved and pinned to one core where taskset is installed; CPU
-- time is that of user and system as bash's `time` counts it; peak memory is GNU time's, where that is installed.
-- A first run of each program is not counted: its output is compared with that of the first interpreter.
-- Ends with failure when outputs differ, when the last interpreter cannot run a program that the first one can, or when
-- one of its ratios is above the limit (none by default).

local folder = arg[0]:match("^(.*/)") or "./"
local rounds, scale, limit, only, tiny, markdown = 5, 1, math.huge, "", false, false
local interpreters = {}
do
  local i = 1
  local function value()
    i = i + 1
    return arg[i] or error(arg[i - 1] .. " needs a value")
  end
  while arg[i] do
    local name, command = arg[i]:match("^([%w._-]+)=(.+)$")
    if arg[i] == "--rounds" then
      rounds = math.max(1, math.tointeger(value()) or error("how many rounds?"))
    elseif arg[i] == "--only" then
      only = value()
    elseif arg[i] == "--scale" then
      scale = tonumber(value())
    elseif arg[i] == "--limit" then
      limit = tonumber(value())
    elseif arg[i] == "--tiny" then
      tiny = true
    elseif arg[i] == "--markdown" then
      markdown = true
    elseif name then
      interpreters[#interpreters + 1] = {name = name, command = command, ratios = {}, memory = {}}
    else
      error("what is '" .. arg[i] .. "'?")
    end
    i = i + 1
  end
  assert(#interpreters >= 2, "two interpreters at least: NAME=COMMAND NAME=COMMAND")
end

local function installed(command)
  return os.execute(command .. " >/dev/null 2>&1")
end
assert(installed("bash -c true"), "bash is needed")
local pin = installed("taskset -c 0 true") and "taskset -c 0 " or ""
local gnu_time = installed("/usr/bin/time -q -f %M -o /dev/null true")

-- What runs leave behind.
local OUT, ERR, TIME, PEAK = os.tmpname(), os.tmpname(), os.tmpname(), os.tmpname()

local function contents(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Runs a program once: CPU seconds, peak memory in MB (0 if unknown), output; or nil and what went wrong.
local function run(interpreter, program)
  local command = pin .. interpreter.command .. " " .. program.path .. " " .. program.size
  if gnu_time then command = "/usr/bin/time -q -f %M -o " .. PEAK .. " " .. command end
  command = "TIMEFORMAT='%3U %3S'; { time " .. command .. " >" .. OUT .. " 2>" .. ERR .. "; } 2>" .. TIME
  local ok = os.execute("bash -c " .. quoted(command))
  if not ok then return nil, contents(ERR):match("[^\n]*") end
  local user, system = contents(TIME):match("([%d.]+) ([%d.]+)%s*$")
  local peak = gnu_time and tonumber(contents(PEAK):match("(%d+)%s*$")) or 0
  return user + system, peak / 1024, contents(OUT)
end

local function median(t)
  table.sort(t)
  local half = #t // 2
  return #t % 2 == 1 and t[half + 1] or (t[half] + t[half + 1]) / 2
end

local function geometric_mean(t)
  local logs = 0
  for _, ratio in ipairs(t) do logs = logs + math.log(ratio) end
  return math.exp(logs / #t)
end

local programs = {}
do
  local list = assert(io.popen("ls " .. quoted(folder .. "programs")))
  for file in list:lines() do
    local name = file:match("^(.*)%.lua$")
    if name and name:find(only, 1, true) then
      local path = folder .. "programs/" .. file
      local size = tonumber(contents(path):match("^[^\n]*\n%-%- Size (%d+)")) or error(path .. " does not say its size")
      programs[#programs + 1] = {name = name, path = path, size = tiny and "" or math.max(1, size * scale // 1 | 0)}
    end
  end
  assert(list:close() and #programs > 0, "no program is called so")
end

local function write_row(cells)
  if markdown then
    print("| " .. table.concat(cells, " | ") .. " |")
  else
    for i = 1, #cells do io.write(string.format(i == 1 and "%-16s" or "%13s", cells[i])) end
    print()
  end
end

local head = {"program"}
for i, interpreter in ipairs(interpreters) do head[#head + 1] = interpreter.name .. (i == 1 and ", s" or "") end
for _, interpreter in ipairs(interpreters) do head[#head + 1] = interpreter.name .. ", MB" end
write_row(head)
if markdown then print("| ---" .. (" | ---:"):rep(#head - 1) .. " |") end

local first, last = interpreters[1], interpreters[#interpreters]
local remarks, failed = {}, false
local function remark(text, is_failure)
  remarks[#remarks + 1] = text
  failed = failed or is_failure
end

for _, program in ipairs(programs) do
  local expected
  for _, interpreter in ipairs(interpreters) do
    local seconds, peak, output = run(interpreter, program)
    interpreter.times = seconds and {}
    if not seconds then
      remark(interpreter.name .. " does not run " .. program.name .. ": " .. peak, interpreter == last)
    elseif interpreter == first then
      expected = output
    elseif output ~= expected then
      remark(interpreter.name .. " prints something else for " .. program.name .. ": " .. output, true)
    end
  end
  for _ = 1, rounds do
    for _, interpreter in ipairs(interpreters) do
      local times = interpreter.times
      if times then times[#times + 1], interpreter.peak = run(interpreter, program) end
    end
  end
  local base = first.times and median(first.times)
  local cells, memory = {program.name}, {}
  for _, interpreter in ipairs(interpreters) do
    local cell, peak = "n/a", "n/a"
    if interpreter.times then
      local seconds = median(interpreter.times)
      if gnu_time then peak = string.format("%.1f", interpreter.peak) end
      if interpreter == first then
        cell = string.format("%.3f", seconds)
      elseif base then
        local ratio = seconds / base
        cell = string.format("%.2f", ratio)
        interpreter.ratios[#interpreter.ratios + 1] = ratio
        if interpreter == last and ratio > limit then
          remark(string.format("%s takes %.2f for %s", interpreter.name, ratio, program.name), true)
        end
      end
      interpreter.memory[#interpreter.memory + 1] = interpreter.peak
    end
    cells[#cells + 1] = cell
    memory[#memory + 1] = peak
  end
  table.move(memory, 1, #memory, #cells + 1, cells)
  write_row(cells)
end

local means, peaks = {markdown and "*geometric mean*" or "geometric mean"}, {}
for _, interpreter in ipairs(interpreters) do
  local ratios, memory = interpreter.ratios, interpreter.memory
  means[#means + 1] = #ratios > 0 and string.format("%.2f", geometric_mean(ratios)) or ""
  peaks[#peaks + 1] = gnu_time and #memory > 0 and string.format("%.1f", geometric_mean(memory)) or "n/a"
end
table.move(peaks, 1, #peaks, #means + 1, means)
write_row(means)
for _, path in ipairs({OUT, ERR, TIME, PEAK}) do os.remove(path) end
for _, text in ipairs(remarks) do print(text) end
os.exit(not failed)
