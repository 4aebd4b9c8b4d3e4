-- Runs one binary chunk of unknown making, without access to files, processes and threads.

local load, pcall, type, tostring = load, pcall, type, tostring
local getupvalue, setupvalue = debug.getupvalue, debug.setupvalue
local rep, yield, create, resume, close = string.rep, coroutine.yield, coroutine.create, coroutine.resume, coroutine.close
local collect = collectgarbage

-- Nothing that a program could not do; but memory and time stay small.
local forbidden = {"dofile", "loadfile", "require", "package", "io", "os", "threads", "arg"}
local function small(n) return math.type(n) ~= "integer" or n < 10000 end
string.rep = function(s, n, sep)
  if not small(n) or #tostring(s) > 10000 then n = 3 end
  return rep(s, n, sep)
end
local move, concat, unpack = table.move, table.concat, table.unpack
table.move = function(a, f, e, t, b) if small(f) and small(e) and small(t) then return move(a, f, e, t, b) end return a end
table.concat = function(t, s, i, j) if small(j) then return concat(t, s, i, j) end return "" end
table.unpack = function(t, i, j) if small(j) then return unpack(t, i, j) end end
local format = string.format
string.format = function(f, ...) if type(f) == "string" and f:find "%d%d%d" then f = "%s" end return format(f, ...) end
debug.debug = nil
print = function(...) for i = 1, select("#", ...) do tostring((select(i, ...))) end end
warn = print
os, io = {clock = os.clock, time = os.time, date = os.date, getenv = os.getenv}, {}
local kept = {os = os, io = io}
for _, name in ipairs(forbidden) do _G[name] = kept[name] end

local function object()
  local t = {1, 2, 3, x = 1, name = "object"}
  return setmetatable(t, {
    __index = function(_, k) return k end,
    __newindex = function(o, k, v) rawset(o, k, v) end,
    __call = function(_, ...) return ... end,
    __add = function(a, b) return b end,
    __concat = function(a, b) return "concat" end,
    __eq = function() return true end,
    __lt = function() return true end,
    __le = function() return false end,
    __len = function() return 2 end,
    __close = function() end,
    __unm = function(a) return a end,
  })
end

local makers = {
  function() return nil end,
  function() return 1 end,
  function() return 3.5 end,
  function() return "text" end,
  function() return {1, 2, 3, a = {b = {c = 1}}, f = function(...) return ... end} end,
  function() return function(...) return ... end end,
  function() return object() end,
  function() return _G end,
  function() return next end,
  function() return coroutine.wrap(function(...) while true do yield(...) end end) end,
  function() return true end,
  function() return math.maxinteger end,
  function() return print end,
}

local function call(f, n)
  local function make() n = n * 31 % 1000003 + 7 return makers[n % #makers + 1]() end
  return pcall(f, make(), make(), make(), make())
end

function run(chunk, n)
  local f = load(chunk, "=fuzz", "b")
  if not f then return nil end
  for i = 1, 255 do
    local name = getupvalue(f, i)
    if not name then break end
    if name ~= "_ENV" then setupvalue(f, i, makers[(n + i) % #makers + 1]()) else setupvalue(f, i, _G) end
  end
  local ok, result
  if n % 3 == 0 then
    local co = create(f)
    ok, result = resume(co, 1, {2, 3}, "three")
    if ok then resume(co, object()) end
    close(co)
  else
    ok, result = call(f, n)
    if ok and type(result) == "function" then call(result, n + 1) end
    if n % 3 == 1 then call(f, n + 2) end
  end
  if n % 5 == 0 then collect() end
  -- Once more as it was written, from what was loaded.
  if n % 7 == 0 then assert(load(string.dump(f, n % 2 == 0))) end
  return ok
end
