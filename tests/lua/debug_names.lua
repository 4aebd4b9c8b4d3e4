-- debug.getinfo: names of functions, as the code that called them knows them, and every other field.

local function name()
  local info = debug.getinfo(2, "nt")
  return ("%s %s%s"):format(info.namewhat == "" and "-" or info.namewhat, info.name or "-",
    info.istailcall and " (tail)" or "")
end

-- Globals, locals, upvalues, fields, methods.
do
  function global() return (name()) end
  local function loc() return (name()) end
  local function up() return loc() .. "" end
  local t = {field = function() return (name()) end, [1] = function() return (name()) end, inner = {}}
  function t:method() return (name()) end
  function t.inner.deep() return (name()) end
  local key = "field"
  print((global()))
  print((loc()))
  print((up()))
  print((t.field()))
  print((t[1]()))
  print((t[key]()))
  print((t["field"]()))
  print((t:method()))
  print((t.inner.deep()))
  print(((function() return (name()) end)()))
  print((_G.global()))
  print((_ENV.global()))
  print((true and loc)() .. "", (nil or t.field)() .. "")
  local function tail() return loc() end
  print(tail() .. "")
  print(pcall(loc))
  print(select(2, xpcall(t.field, print)))
  local env = {loc = loc, name = name}
  print(load("return (loc())", "=x", "t", env)())
  print(load("local _ENV = ... return (loc())", "=x")(env))
  for i = 1, 300 do env["v" .. i] = i end
  local code = {}
  for i = 1, 300 do code[i] = "local _ = v" .. i .. " _ = nil do end" end
  print(load("do " .. table.concat(code, " end do ") .. " end return (loc())", "=x", "t", env)())
end

-- Metamethods.
do
  local mt = {}
  for _, event in ipairs{"add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr",
    "bnot", "concat", "len", "eq", "lt", "le", "index", "call"} do
    mt["__" .. event] = function() return (name()) end
  end
  mt.__newindex = function() print((name())) end
  mt.__close = function() print((name())) end
  mt.__tostring = function() return (name()) end
  mt.__pairs = function() return print, (name()) end
  local a, b = setmetatable({}, mt), setmetatable({}, mt)
  print(a + b, a + 1, 1 + a, a + 1.5, a + 1000)
  print(a - b, a - 1, 1 - a, a * b, a * 2, 2 * a)
  print(a / b, a / 2, 2 / a, a // b, a // 2, a % b, a % 2, a ^ b, a ^ 2)
  print(a & b, a & 1, 1 & a, a | 1, 1 | a, a ~ 1, 1 ~ a)
  print(a << 1, 1 << a, a >> 1, 1 >> a, a << b, a >> b)
  print(-a, ~a, #a, a .. b, a .. "x", "x" .. a, 1 .. a)
  print(a.x, a[1], a[b], a["y"], a())
  a.x, a[1], a[b] = 1, 2, 3
  local seen
  mt.__eq = function() seen = (name()) return true end
  mt.__lt = function() seen = (name()) return true end
  mt.__le = function() seen = (name()) return true end
  local _ = a == b print(seen)
  _ = a ~= b print(seen)
  _ = a < b print(seen)
  _ = a <= b print(seen)
  _ = a > b print(seen)
  _ = a >= b print(seen)
  _ = a < 1 print(seen)
  _ = a >= 1 print(seen)
  _ = 1 <= a print(seen)
  if a > 5 then print(seen) end
  print(tostring(a))
  print(select(2, pairs(a)))
  do local c <close> = a end
  local function closing() local c <close> = a return 1 end
  closing()
  pcall(function() local c <close> = a error("x") end)
  for _ in function(_, c) return not c and name() or nil end do print(_) end
  for _ in next, {}, nil, a do end
  local co = coroutine.wrap(function() local c <close> = a coroutine.yield() end)
  co()
end

-- Callbacks of natives, finalizers, handlers, hooks.
do
  table.sort({1, 2}, function(x, y) print((name())) return x < y end)
  print((("x"):gsub("x", function() return (name()) end)))
  local done
  setmetatable({}, {__gc = function() done = (name()) end})
  repeat collectgarbage() local _ = {} until done
  print(done)
  print(select(2, xpcall(error, function() return (name()) end)))
  print(select(2, xpcall(function() local x = {} + 1 end, function() return (name()) end)))
  print(select(2, xpcall(function() local x = nil x.y = 1 end, function() return (name()) end)))
  print(select(2, xpcall(function() local f f() end, function() return (name()) end)))
  local hooked
  debug.sethook(function() hooked = hooked or (name()) end, "l")
  local _ = 1
  debug.sethook()
  print(hooked)
  print(coroutine.wrap(function() return (name()) end)())
  print(require == nil, (load(function() if not done then return nil end done = nil return "return 1" end))())
end

-- Natives as others see them.
do
  local function what(f, ...)
    local out
    debug.sethook(function(event)
      local i = debug.getinfo(2, "Snlutr")
      if i.what == "C" and not out then
        out = ("%s %s %s %d %s %s %s %d %d"):format(i.what, i.namewhat, i.name or "-", i.currentline, i.source,
          i.short_src, i.isvararg, i.nparams, i.linedefined)
      end
    end, "c")
    f(...)
    debug.sethook()
    print(out)
  end
  what(function() math.abs(1) end)
  what(function() local s = "x" s:len() end)
  what(function() for _ in next, {} do end end)
  what(function() for _ in ipairs{1} do end end)
  what(function() return tostring(1) end)
  what(function() local p = print; select("#") end)
end

-- All fields, by option.
do
  local function f(a, b, ...)
    return f, name
  end
  local function fields(t)
    local out = {}
    for k, v in pairs(t) do
      if type(v) == "function" or type(v) == "table" then v = type(v) end
      out[#out + 1] = k .. "=" .. tostring(v)
    end
    table.sort(out)
    return table.concat(out, " ")
  end
  for _, options in ipairs{"S", "l", "u", "n", "t", "r", "L", "f", "Slnrut", ""} do
    print(options, fields(debug.getinfo(f, options)))
    print(options, fields(debug.getinfo(print, options)))
    print(options, fields(debug.getinfo(1, options)))
  end
  print(fields(debug.getinfo(f)))
  print(fields(debug.getinfo(load("\n\nlocal a\nreturn function() end", "@file"))))
  print(fields(debug.getinfo(load("\n\nlocal a\nreturn function()\n end", "=name")())))
  local co = coroutine.create(function() coroutine.yield() end)
  print(fields(debug.getinfo(co, f, "u")), debug.getinfo(co, 0), debug.getinfo(co, 1))
  coroutine.resume(co)
  print(fields(debug.getinfo(co, 0, "Sn")))
  print(fields(debug.getinfo(co, 1, "nlS")))
  print(debug.getinfo(co, 2))
  print(debug.getinfo(1, "f").func == debug.getinfo(1).func, debug.getinfo(f, "f").func == f)
  print(debug.getinfo(1e9), debug.getinfo(-1), debug.getinfo(2^31), debug.getinfo(2, "l") ~= nil)
end

-- Lines with code.
do
  local function active(text)
    local t = debug.getinfo(assert(load(text, "=x")), "L").activelines
    local lines = {}
    for l, v in pairs(t) do lines[#lines + 1] = v == true and l or "?" end
    table.sort(lines)
    return table.concat(lines, " ")
  end
  print(active(""))
  print(active("\n\n"))
  print(active("local a\n\nlocal b = 1\n\n"))
  print(active("return 1"))
  print(active("local function f()\n  return 1\nend\nf()\n"))
  print(active("if a then\n  b()\nelse\n  c()\nend"))
  print(active("for i = 1, 2 do\n  a()\nend\n"))
  print(active("for i in a do\n  a()\nend\n"))
  print(active("while a\ndo\n  b()\nend\n"))
  print(active("repeat\n  b()\nuntil\n  a\n"))
  print(active("local t = {\n  1,\n  a,\n}\n"))
  print(active("a = b\n  + c\n  .. d\n"))
  print(active("goto x\ndo local a = 1 end\n::x::\n"))
  local function lines(f)
    local t, info = {}, debug.getinfo(f, "SL")
    for l in pairs(info.activelines) do t[#t + 1] = l - info.linedefined end
    table.sort(t)
    return table.concat(t, " ")
  end
  print(lines(function()

    local a = 1

  end))
  print(lines(function(...) end))
  print(lines(function(...)

    local a = ...
  end))
  print(lines(function(a) return a end))
  print(lines(function(a)
  end))
end

-- Errors.
print(pcall(debug.getinfo))
print(pcall(debug.getinfo, "x"))
print(pcall(debug.getinfo, {}))
print(pcall(debug.getinfo, 1.5))
print(pcall(debug.getinfo, 1, "X"))
print(pcall(debug.getinfo, print, "X"))
print(pcall(debug.getinfo, 1, ">"))
print(pcall(debug.getinfo, print, ">S"))
print(pcall(debug.getinfo, 1, "S>"))
print(pcall(debug.getinfo, 1, {}))
print(pcall(debug.getinfo, 100, "X"))
print(pcall(debug.getinfo, coroutine.create(print), 0, "X"))
print(pcall(debug.getinfo, coroutine.create(print), {}))
