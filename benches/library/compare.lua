-- Compares interpreters function by function: runs measure.lua under each in turn, several rounds, and prints the
-- median of the nanoseconds a turn and the ratio to the first interpreter, the worst row first.
--
--   lua5.4 compare.lua [--rounds N] [--only TEXT] [--limit RATIO] [--markdown] NAME=COMMAND NAME=COMMAND ... [LIBRARY ...]
--
-- Interleaving and medians, because machines are noisy; CPU time, because other processes run. Pinned to one core
-- where taskset is installed. Ends with failure when a row of the last interpreter is above the limit (1.2).

local folder = arg[0]:match("^(.*/)") or "./"
local rounds, limit, markdown = 7, 1.2, false
local interpreters, libraries, only = {}, "", ""
do
  local i = 1
  local function value()
    i = i + 1
    return arg[i] or error(arg[i - 1] .. " needs a value")
  end
  while arg[i] do
    local name, command = arg[i]:match("^([%w.]+)=(.+)$")
    if arg[i] == "--rounds" then
      rounds = tonumber(value())
    elseif arg[i] == "--only" then
      only = " --only '" .. value() .. "'"
    elseif arg[i] == "--limit" then
      limit = tonumber(value())
    elseif arg[i] == "--markdown" then
      markdown = true
    elseif name then
      interpreters[#interpreters + 1] = {name = name, command = command, times = {}}
    else
      libraries = libraries .. " " .. arg[i]
    end
    i = i + 1
  end
  assert(#interpreters >= 2, "two interpreters at least: NAME=COMMAND NAME=COMMAND")
end

local pin = os.execute("taskset -c 0 true 2>/dev/null") and "taskset -c 0 " or ""

--- Calls each(n, nanoseconds, name) for every line of a run.
local function measure(interpreter, options, each)
  local command = pin .. interpreter.command .. " " .. folder .. "measure.lua" .. options .. only .. libraries
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do
    local n, ns, name = line:match("^(%d+)\t([^\t]*)\t(.*)$")
    each(n or error(line), tonumber(ns), name)
  end
  assert(pipe:close(), "failed: " .. command)
end

-- How many turns: what the first interpreter needs for its time, the same for all.
local names = {}
local counts = os.tmpname()
do
  local file <close> = assert(io.open(counts, "w"))
  measure(interpreters[1], "", function(n, ns, name)
    names[#names + 1] = name
    file:write(n, "\t", ns, "\t", name, "\n")
  end)
end

for round = 1, rounds do
  io.stderr:write("round ", round, " of ", rounds, "\r")
  for _, interpreter in ipairs(interpreters) do
    measure(interpreter, " --counts " .. counts, function(_, ns, name)
      local times = interpreter.times[name] or {}
      interpreter.times[name] = times
      times[#times + 1] = ns
    end)
  end
end
io.stderr:write("\n")
os.remove(counts)

local function median(t)
  table.sort(t)
  local half = #t // 2
  return #t % 2 == 1 and t[half + 1] or (t[half] + t[half + 1]) / 2
end

local rows = {}
for _, name in ipairs(names) do
  local row = {name = name}
  for i, interpreter in ipairs(interpreters) do row[i] = median(interpreter.times[name]) end
  row.ratio = row[#interpreters] / row[1]
  rows[#rows + 1] = row
end
table.sort(rows, function(a, b) return a.ratio > b.ratio end)

local function write_row(cells)
  if markdown then
    print("| " .. table.concat(cells, " | ") .. " |")
  else
    for i = 1, #cells do io.write(i == 1 and string.format("%-44s", cells[1]) or string.format("%12s", cells[i])) end
    print()
  end
end

local head = {"ns a turn"}
for _, interpreter in ipairs(interpreters) do head[#head + 1] = interpreter.name end
for i = 2, #interpreters do head[#head + 1] = "ratio" end
write_row(head)
if markdown then print("| ---" .. (" | ---:"):rep(#head - 1) .. " |") end
local above, logs = {}, 0
for _, row in ipairs(rows) do
  local cells = {markdown and "`" .. row.name:gsub("|", "\\|") .. "`" or row.name}
  for i = 1, #interpreters do cells[#cells + 1] = string.format("%.1f", row[i]) end
  for i = 2, #interpreters do cells[#cells + 1] = string.format("%.2f", row[i] / row[1]) end
  write_row(cells)
  logs = logs + math.log(row.ratio)
  if row.ratio > limit then above[#above + 1] = row.name end
end
print()
print(string.format("%d cases, geometric mean of the ratios %.2f, %d above %.2f", #rows, math.exp(logs / #rows),
  #above, limit))
os.exit(#above == 0)
