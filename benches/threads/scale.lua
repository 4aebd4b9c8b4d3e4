-- Measures how programs gain by threads: runs those in the folder beside this file with several numbers of threads,
-- the work being the same, and prints for each the median of the seconds by the clock, how much faster than with one
-- thread that is, and the seconds of all processors together.
--
--   luas scale.lua [-t 1,2,4,8,16] [-n ROUNDS] [-s FACTOR] [-q] [-w] [-l LUAS] [FILTER ...]
--
--   -t LIST    the numbers of threads (1, 2, 4 ... up to the number of processors)
--   -n ROUNDS  how often each is run (3); numbers of threads take turns
--   -s FACTOR  of the usual sizes, at which one thread needs about a second; they stand in the programs' second lines
--   -q         quick: one round at a tiny size, with 1, 2 and 4 threads, to see whether all agree
--   -w         with the pauses and whatever else programs remark
--   -l LUAS    the interpreter to measure (the one that runs this)
--   FILTER     programs whose names contain it; several are several
--
-- Each run is a process of its own. Ends with failure when a program fails, or when its checksum depends on the number
-- of threads.

local folder = arg[0]:match("^(.*/)") or "./"
local interpreter, rounds, scale, quick, remarks, counts, filters = nil, 3, 1, false, false, nil, {}

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

do
  local i = 1
  local function value(convert)
    i = i + 1
    return convert(arg[i]) or error(arg[i - 1] .. " needs a value")
  end
  while arg[i] do
    if arg[i] == "-t" then
      counts = {}
      for n in value(tostring):gmatch("[^,]+") do
        counts[#counts + 1] = math.tointeger(tonumber(n)) or error("how many threads?")
      end
    elseif arg[i] == "-n" then
      rounds = math.max(1, math.tointeger(value(tonumber)) or error("how many rounds?"))
    elseif arg[i] == "-s" then
      scale = value(tonumber)
    elseif arg[i] == "-q" then
      quick = true
    elseif arg[i] == "-w" then
      remarks = true
    elseif arg[i] == "-l" then
      interpreter = value(tostring)
    elseif arg[i]:sub(1, 1) == "-" then
      error("what is '" .. arg[i] .. "'?")
    else
      filters[#filters + 1] = arg[i]
    end
    i = i + 1
  end
end
if not interpreter then
  -- The word before the script, or what stands before that: options of the interpreter.
  local first = 0
  while arg[first - 1] do first = first - 1 end
  interpreter = arg[first]
end
if quick then counts, rounds = counts or {1, 2, 4}, 1 end
if not counts then
  counts = {1}
  while counts[#counts] * 2 <= threads.cpus() do counts[#counts + 1] = counts[#counts] * 2 end
end

local function wanted(name)
  for _, filter in ipairs(filters) do
    if name:find(filter, 1, true) then return true end
  end
  return #filters == 0
end

local programs = {}
do
  local list = assert(io.popen("ls " .. quoted(folder .. "programs")))
  for file in list:lines() do
    local name = file:match("^(.*)%.lua$")
    if name and wanted(name) then
      local path = folder .. "programs/" .. file
      local source <close> = assert(io.open(path))
      local size = source:read("a"):match("\n%-%- Size (%d+)\n") or error(path .. " does not say its size")
      programs[#programs + 1] = {name = name, path = path, size = quick and 8 or math.max(1, size * scale // 1 | 0)}
    end
  end
  assert(list:close() and #programs > 0, "no program is called so")
end

local failures = {}

--- Runs a program once: checksum, seconds by the clock, seconds of processors, remarks; or nothing.
local function run(program, count)
  local command = string.format("%s %s %d %d 2>&1", quoted(interpreter), quoted(program.path), count, program.size)
  local process = assert(io.popen(command))
  local output = process:read("a")
  local ok = process:close()
  local name, sum, wall, processor, notes = output:match("^(%S+) (%S+) (%S+) (%S+) ([^\n]*)\n$")
  if ok and name == program.name then return sum, tonumber(wall), tonumber(processor), notes end
  failures[#failures + 1] = string.format("%s fails with %d threads: %s", program.name, count, output)
end

local function median(t)
  table.sort(t)
  local half = #t // 2
  return #t % 2 == 1 and t[half + 1] or (t[half] + t[half + 1]) / 2
end

local function write_row(cells)
  print("| " .. table.concat(cells, " | ") .. " |")
end

local function write_head(head)
  write_row(head)
  print("| ---" .. (" | ---:"):rep(#head - 1) .. " |")
end

local head = {"program", string.format("%d, s", counts[1])}
for i = 2, #counts do head[#head + 1] = string.format("%d, s", counts[i]) end
for i = 2, #counts do head[#head + 1] = string.format("gain %d", counts[i]) end
for _, count in ipairs(counts) do head[#head + 1] = string.format("CPU %d, s", count) end
write_head(head)

local gains, noted = {}, {}
for i = 1, #counts do gains[i] = {} end

for _, program in ipairs(programs) do
  local expected
  local walls, processors = {}, {}
  for i = 1, #counts do walls[i], processors[i] = {}, {} end
  for _ = 1, rounds do
    for i, count in ipairs(counts) do
      local sum, wall, processor, notes = run(program, count)
      if sum then
        expected = expected or sum
        if sum ~= expected then
          failures[#failures + 1] =
            string.format("%s with %d threads gives %s, before %s", program.name, count, sum, expected)
        end
        walls[i][#walls[i] + 1], processors[i][#processors[i] + 1] = wall, processor
        if notes ~= "" then noted[#noted + 1] = string.format("- %s, %d: %s", program.name, count, notes) end
      end
    end
  end
  local cells = {program.name}
  for i = 1, #counts do cells[#cells + 1] = #walls[i] > 0 and string.format("%.3f", median(walls[i])) or "n/a" end
  for i = 2, #counts do
    local both = #walls[1] > 0 and #walls[i] > 0
    local gain = both and median(walls[1]) / math.max(median(walls[i]), 1e-9)
    cells[#cells + 1] = gain and string.format("%.2f", gain) or "n/a"
    if gain then gains[i][#gains[i] + 1] = math.log(math.max(gain, 1e-9)) end
  end
  for i = 1, #counts do
    cells[#cells + 1] = #processors[i] > 0 and string.format("%.3f", median(processors[i])) or "n/a"
  end
  write_row(cells)
end

local means = {"*geometric mean*"}
for _ = 1, #counts do means[#means + 1] = "" end
for i = 2, #counts do
  local sum = 0
  for _, gain in ipairs(gains[i]) do sum = sum + gain end
  means[#means + 1] = #gains[i] > 0 and string.format("%.2f", math.exp(sum / #gains[i])) or "n/a"
end
for _ = 1, #counts do means[#means + 1] = "" end
write_row(means)

if remarks and #noted > 0 then
  print()
  for _, text in ipairs(noted) do print(text) end
end
for _, text in ipairs(failures) do print(text) end
os.exit(#failures == 0)
