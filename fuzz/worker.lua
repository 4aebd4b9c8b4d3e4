-- The worker of the fuzzer: the same text runs on luas and on the reference.
-- It reads requests from standard input ("KIND LENGTH\n" and then the source) and answers each on standard output
-- ("LENGTH\n" and then the answer; the answer's first line is the outcome). Kinds: R runs a program, S only loads it.
-- Every program gets an environment of its own, with copies of the library tables; nothing it can reach outlives it.

local load, pcall, error, type, select, next, tostring = load, pcall, error, type, select, next, tostring
local setmetatable, getmetatable, xpcall = setmetatable, getmetatable, xpcall
local format, concat, sort, gsub, match = string.format, table.concat, table.sort, string.gsub, string.match
local mathtype, tointeger, pack, unpack = math.type, math.tointeger, table.pack, table.unpack
local collectgarbage, stdin, stdout, traceback = collectgarbage, io.stdin, io.stdout, debug.traceback
local getinfo, randomseed = debug.getinfo, math.randomseed

local STEPS = 2500 -- how many loop turns and calls a program may make
local TEXT = 60000 -- how many bytes it may print

local out, size, steps

local function emit(text)
  if size > TEXT then return end
  size = size + #text
  out[#out + 1] = text
end

-- A value as text without addresses, sorted by key; NaN has no sign.
local function show(v, depth, seen)
  local t = mathtype(v)
  if t == "integer" then return format("%d", v) end
  if t == "float" then
    if v ~= v then return "nan" end
    return format("%.17g", v) .. "f"
  end
  t = type(v)
  if t == "string" then return format("%q", v) end
  if t == "nil" or t == "boolean" then return tostring(v) end
  if t ~= "table" then return "<" .. t .. ">" end
  depth, seen = depth or 0, seen or {}
  if seen[v] then return "<again>" end
  if depth > 3 then return "{...}" end
  seen[v] = true
  local parts = {}
  for k, x in next, v do parts[#parts + 1] = "[" .. show(k, depth + 1, seen) .. "]=" .. show(x, depth + 1, seen) end
  seen[v] = nil
  sort(parts)
  return "{" .. concat(parts, ",") .. "}"
end

local function print(...)
  local parts = pack(...)
  for i = 1, parts.n do parts[i] = show(parts[i]) end
  emit(concat(parts, " ") .. "\n")
end

local libraries = { "string", "table", "math", "coroutine", "utf8" }
local functions = { "assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset",
  "select", "setmetatable", "tonumber", "tostring", "type", "xpcall" }
local originals = {}
for _, name in next, functions do originals[name] = _G[name] end
for _, name in next, libraries do originals[name] = _G[name] end
-- Both sides look at the clock at different moments: now is always the same time.
local osdate, ostime = os.date, os.time
local NOW = 1000000000
local function date(format, time, ...) return osdate(format, time == nil and NOW or time, ...) end
local function time(t, ...) if t == nil then return NOW end return ostime(t, ...) end

local function environment()
  local env = {}
  for _, name in next, functions do env[name] = originals[name] end
  for _, name in next, libraries do
    local copy = {}
    for k, v in next, originals[name] do copy[k] = v end
    env[name] = copy
  end
  env._G = env
  env.os = { date = date, time = time }
  env.debug = { traceback = traceback, getinfo = getinfo }
  env.load = function(text, name, mode, ...)
    if select("#", ...) == 0 then return load(text, name, mode, env) end
    return load(text, name, mode, ...)
  end
  -- The metatable of strings is shared by all programs.
  env.getmetatable = function(v)
    if type(v) == "string" then return nil end
    return getmetatable(v)
  end
  env.collectgarbage = function() collectgarbage() return 0 end
  env.print, env.show = print, show
  -- Every loop turn and call of a generated program passes here, so that all of them end.
  env.tick = function()
    steps = steps + 1
    if steps > STEPS then error("too many steps", 0) end
  end
  -- For tables whose length matters: no holes.
  env.nn = function(v) if v == nil then return 0 end return v end
  env.int = function(v) return mathtype(v) == "integer" and v or 7 end
  env.try = function(...) return print(pcall(...)) end
  env.trace = function(f, ...) return print(xpcall(f, traceback, ...)) end
  -- pairs in the order of the keys' texts
  env.sorted = function(t)
    local keys = {}
    for k in next, t do keys[#keys + 1] = k end
    sort(keys, function(a, b) return show(a) < show(b) end)
    local i = 0
    return function()
      i = i + 1
      local k = keys[i]
      if k ~= nil then return k, t[k] end
    end
  end
  -- A value to be closed that tells; kind: nil, "error" or "yield"
  env.closer = function(tag, kind)
    return setmetatable({}, { __close = function(_, err)
      print("close", tag, err)
      if kind == "yield" then print("closing", tag, originals.coroutine.yield(tag)) end
      if kind == "error" then error(tag .. " failed", 0) end
    end })
  end
  return env
end

local function run(source)
  out, size, steps = {}, 0, 0
  randomseed(42)
  local f, message = load(source, "=p", "t", environment())
  if not f then return "syntax\n" .. message end
  local results = pack(pcall(f))
  local outcome = "ok"
  if not results[1] then
    outcome = "error"
    print("error", results[2])
  else
    print("results", unpack(results, 2, results.n))
  end
  local text = outcome .. "\n" .. concat(out)
  out = nil
  text = gsub(text, "%-nan", "nan")
  return (gsub(text, "(%a+: )0[xX]%x+", "%1ADDRESS"))
end

local function syntax(source)
  local f, message = load(source, "=p", "t", {})
  if f then return "ok\n" end
  return "syntax\n" .. message
end

local count = 0
while true do
  local request = stdin:read("l")
  if not request then break end
  local kind, length = match(request, "^(%u) (%d+)$")
  -- Reading nothing would wait for something.
  local source = length == "0" and "" or stdin:read(tointeger(length)) or ""
  local good, answer = pcall(kind == "R" and run or syntax, source)
  if not good then answer = "worker\n" .. tostring(answer) end
  stdout:write(#answer, "\n", answer)
  stdout:flush()
  source, answer = nil, nil
  count = count + 1
  if count % 128 == 0 then collectgarbage() end
end
