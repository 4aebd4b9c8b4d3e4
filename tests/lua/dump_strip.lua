-- Functions without debug information: no lines, no names.

local function strip(f) return assert(load(string.dump(f, true), "=whatever")) end

local function fails(f, ...) print(select(2, pcall(strip(f), ...))) end
fails(function(a) local t = a return t.x.y end, {})
fails(function(a) local t = a t.x = 1 end)
fails(function(a) return a + 1 end, {})
fails(function(a) return a .. "x" end, {})
fails(function(a) return a < 1 end, {})
fails(function(a) return #a end, 1)
fails(function(a) return a & 1 end, 1.5)
fails(function(a) a() end, 1)
fails(function(a) a.b.c() end, {b = {}})
fails(function(a) a:method() end, {})
fails(function() for i = 1, "x" do end end)
fails(function() error("raised") end)
fails(function() error("raised", 2) end)
fails(function() error("raised", 0) end)
fails(function() error({}) end == nil or function() error("plain") end)
fails(function() string.rep() end)
fails(function() ("x"):rep(1, 2, 3, {}) ; ("x"):bad() end)

local f = strip(function(p, q, ...)
  local x, y = p, q
  local info = debug.getinfo(1, "Slu")
  local name, value = debug.getlocal(1, 1)
  local v, w = debug.getlocal(1, -1)
  return info.currentline, info.linedefined, info.lastlinedefined, info.source, info.short_src, info.what, info.nparams,
    info.isvararg, name, value, v, w
end)
print(f("first", "second", "extra"))
print(debug.getlocal(f, 1))
local main = strip(load("return debug.getinfo(1, 'S').what, debug.getinfo(1, 'l').currentline"))
print(main())

-- inner functions, and a dump of what was loaded
local outer = strip(function() return function(a) return a.b.c end end)
print(pcall(outer(), {}))
local twice = load(string.dump(strip(outer)))
print(pcall(twice(), {}))
print(debug.getinfo(twice, "S").short_src, debug.getinfo(twice(), "S").source)

-- registers that hold variables survive collections at the ends of loops
local keep = strip(function(n)
  local a, b = {1}, "text" .. n
  local sum = 0
  for i = 1, n do
    local t <const> = {i}
    local up = function() sum = sum + t[1] + a[1] return sum end
    if i % 10 == 0 then collectgarbage("step") end
    up()
    while #t < 3 do t[#t + 1] = b end
    for k, v in pairs(t) do a[2] = v end
  end
  collectgarbage()
  return sum, a[1], a[2], b
end)
print(keep(100))

-- tracebacks
print((debug.traceback("message", 1):gsub("\n.*", "")))
print(select(2, xpcall(strip(function() local x = nil; x() end), function(m)
  return m .. " | " .. debug.traceback("", 2):match("\n([^\n]*)\n"):gsub(":%d+>", ":N>")
end)))

-- a variable to be closed has no name either
print(pcall(strip(function() local x <close> = 1 end)))
