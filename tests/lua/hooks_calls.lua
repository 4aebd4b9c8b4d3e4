-- Call, tail call and return events: of Lua functions, natives, metamethods, iterators, coroutines.

-- Runs `f` with a hook for calls and returns, and prints what the events say.
local function events(title, f, ...)
  local seen = {}
  local depth = 0
  local function hook(event, line)
    local info = debug.getinfo(2, "nSt")
    local name = info.name or "-"
    seen[#seen + 1] = ("%s%s %s %s%s"):format(event, line and " " .. line or "", info.what, name,
      info.istailcall and " (tail)" or "")
  end
  local run = coroutine.wrap(function(...)
    debug.sethook(hook, "cr")
    f(...)
    debug.sethook()
  end)
  run(...)
  print(title)
  for i = 1, #seen do print("", seen[i]) end
end

local function id(...) return ... end
local function add(a, b) return a + b end
local function tail(a) return id(a) end
local function deep(n) if n == 0 then return 0 end return deep(n - 1) end
local function recurse(n) if n == 0 then return 0 end return 1 + recurse(n - 1) end

events("lua", function() local x = add(1, 2) end)
events("vararg", function() local x = id(1, 2, 3) end)
events("fewer arguments", function() local x = pcall(add, 1) end)
events("native", function() local x = tostring(1) end)
events("tail", function() local x = tail(1) end)
events("tails", function() local x = deep(2) end)
events("tail of a native", function() local x = (function() return tostring(1) end)() end)
events("recursion", function() local x = recurse(2) end)
events("pcall", function() local ok = pcall(id, 1) end)
events("pcall fails", function() local ok = pcall(error, "x") end)
events("error in lua", function() local ok = pcall(function() local x = nil; x() end) end)
events("xpcall", function() local ok = xpcall(error, function(m) return m end, "x") end)
events("nested pcall", function() pcall(pcall, error) end)
events("pairs", function() for k in pairs{10} do local x = k end end)
events("next", function() for k in next, {10} do local x = k end end)
events("ipairs", function() for k in ipairs{10, 20} do local x = k end end)
events("iterator", function() for k in function(_, c) return not c or nil end do local x = k end end)
events("select", function() local x = select("#", 1, 2) end)
events("sort", function() table.sort({2, 1}, function(a, b) return a < b end) end)
events("gsub", function() local x = ("a"):gsub("a", function(c) return "b" end) end)
events("method", function() local o = {m = function(self) end} o:m() end)
events("callable", function() local o = setmetatable({}, {__call = function(self, a) return a end}) o(1) end)
events("tail callable", function()
  local o = setmetatable({}, {__call = function(self, a) return a end})
  local x = (function() return o(1) end)()
end)
events("index", function() local x = setmetatable({}, {__index = function(t, k) return k end}).y end)
events("newindex", function() setmetatable({}, {__newindex = function() end}).y = 1 end)
events("eq", function()
  local mt = {__eq = function() return true end}
  local x = setmetatable({}, mt) == setmetatable({}, mt)
end)
events("concat", function() local x = setmetatable({}, {__concat = function() return 1 end}) .. "a" .. "b" end)
events("len", function() local x = #setmetatable({}, {__len = function() return 1 end}) end)
events("tostring", function() local x = tostring(setmetatable({}, {__tostring = function() return "x" end})) end)
events("close", function()
  local a <close> = setmetatable({}, {__close = function() end})
end)
events("close on error", function()
  pcall(function()
    local a <close> = setmetatable({}, {__close = function() end})
    error("x")
  end)
end)
events("coroutine", function()
  -- The hook belongs to this coroutine: of the other one there are no events.
  local co = coroutine.create(function(a) coroutine.yield(id(a)) end)
  coroutine.resume(co, 1)
  coroutine.resume(co)
end)
events("wrap", function() coroutine.wrap(function() id() end)() end)
events("load", function() local f = load("return 1") f() end)

-- A hook that is set on a suspended coroutine sees its yield return.
local co = coroutine.create(function(a)
  local b = coroutine.yield(a)
  return id(b)
end)
coroutine.resume(co, 1)
debug.sethook(co, function(event) print("suspended", event, debug.getinfo(2, "S").what) end, "cr")
print(coroutine.resume(co, 2))
-- And one that is set before the start sees the first call.
co = coroutine.create(function(a) return coroutine.yield(a) end)
debug.sethook(co, function(event) print("fresh", event, debug.getinfo(2, "S").what) end, "cr")
print(coroutine.resume(co, 1))
print(coroutine.resume(co, 2))
print(debug.gethook(co) ~= nil, coroutine.status(co))
