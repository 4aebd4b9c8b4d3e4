-- Calls and returns in all their forms: too few, enough and too many arguments, open ones, varargs, wanted results.

local function line(...)
  local t = {}
  for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
  print(select("#", ...), table.concat(t, " "))
end

-- fixed parameters
local function two(a, b) return a, b end
line(two())
line(two(1))
line(two(1, 2))
line(two(1, 2, 3))
line(two(two(1, 2, 3)))
line((two(1, 2)))
line(two(two()))
line(two(5, two(6, 7)))
local function none() end
line(none())
line((none()))
line(none(), none())
local a, b, c = none()
line(a, b, c)
a, b, c = two(1, 2)
line(a, b, c)
a, b, c = 0, two(1, 2)
line(a, b, c)
local function one(x) return x end
a, b, c = one(9)
line(a, b, c)
two(1) none() one()
line(one(one(one(3))))

-- varargs
local function all(...) return ... end
line(all())
line(all(nil))
line(all(1, nil, 3, nil))
line((all(1, 2)))
line(all(all(1, 2), all(3, 4)))
local function rest(a, b, ...) return ... end
line(rest())
line(rest(1))
line(rest(1, 2))
line(rest(1, 2, 3))
line(rest(1, 2, 3, 4, 5, 6))
local function mixed(a, b, ...) local x, y = ... return b, a, y, x, ... end
line(mixed())
line(mixed(1))
line(mixed(1, 2, 3))
line(mixed(1, 2, 3, 4, 5))
a, b, c = mixed(1, 2, 3, 4, 5)
line(a, b, c)
local function first(...) local x = ... return x end
line(first(), first(1), first(1, 2))
local function changed(a, ...) a = (a or 0) + 1 return a, ... end
line(changed(1, 2, 3))
line(changed())
local function captured(a, ...)
  local rest = {...}
  return function(b) a = a + b return a, #rest, table.unpack(rest) end
end
local f = captured(10, "x", "y")
f(1)
line(f(5))
line(#{all(1, 2, 3)}, #{all(1, 2, 3), 4}, #{(all(1, 2, 3))}, #{0, all(1, 2, 3)})

-- tail calls
local function tail(f, ...) return f(...) end
line(tail(all, 1, 2, 3))
line(tail(two, 1, 2, 3))
line(tail(two))
line(tail(rest, 1))
line(tail(select, 2, "a", "b", "c"))
line(tail(tail, tail, tail, mixed, 1, 2, 3, 4))
local function native(t) return table.unpack(t) end
line(native {1, 2, 3})
line((native {1, 2, 3}))
line(native {})
a, b = native {7}
line(a, b)
local callable = setmetatable({}, {__call = function(self, ...) return "called", ... end})
line(tail(callable, 1, 2))
local function count(n, ...) if n == 0 then return select("#", ...) end return count(n - 1, n, ...) end
line(count(100))
local function down(n, ...) if n == 0 then return ... end return down(n - 1, ...) end
line(down(100000, "end", nil))

-- select
local function pick(n, ...) return select(n, ...) end
local function pick1(n, ...) return (select(n, ...)) end
local function pick0(n, ...) select(n, ...) return "done" end
local function pick3(n, ...) local a, b, c = select(n, ...) return c, b, a end
for _, n in ipairs {1, 2, 3, 4, 100, -1, -2, -3, "#", "#x", 2.0, "2", "-1"} do
  line(n, pick(n, "a", "b", "c"))
  line(n, pick1(n, "a", "b", "c"))
  line(n, pick0(n, "a", "b", "c"))
  line(n, pick3(n, "a", "b", "c"))
end
for _, n in ipairs {0, -4, -100, math.mininteger, 1.5, "", "x", {}, true} do
  for _, f in ipairs {pick, pick1, pick0, pick3} do
    local ok, message = pcall(f, n, "a", "b", "c")
    print(ok, (message:gsub("^.-:%d+: ", "")))
  end
end
line(pick1("#"), pick1(1), pick1(math.maxinteger), pick1(math.maxinteger, 1))
print((select(2, pcall(pick1, -1)):gsub("^.-:%d+: ", "")))
do
  local real = select
  local select = function(n, ...) return "mine", n, real("#", ...) end
  local function f(...) return (select("#", ...)), select(2, ...) end
  line(f(1, 2, 3))
end

-- generic loops over functions of every kind
local function upto(n, i) if i < n then return i + 1, -i end end
for i, j in upto, 3, 0 do line(i, j) end
for i, j, k in upto, 2, 0 do line(i, j, k) end
local function few(n) if not c then c = true return 1 end c = nil end
c = nil
for i, j in few do line(i, j) end
local function many(s, i, extra) if i < 2 then return i + 1, s, extra, 4 end end
for i, s, e, four in many, "s", 0 do line(i, s, e, four) end
local function varied(...) local s, i = ... if i < s then return i + 1, select("#", ...) end end
for i, n in varied, 2, 0 do line(i, n) end
for i, s in setmetatable({}, {__call = function(self, s, i) if i < 2 then return i + 1, s end end}), "t", 0 do line(i, s) end
local position = 0
for word in string.gmatch("one two", "%a+") do line(word) end
for i in function() position = position + 1 if position < 3 then return position end end do line(i) end

-- many arguments, and stacks that have to grow
local numbers = {}
for i = 1, 5000 do numbers[i] = i end
line(select("#", all(table.unpack(numbers))))
line((select(-1, all(table.unpack(numbers)))))
line(pick1(4999, table.unpack(numbers)))
line(#{all(table.unpack(numbers))}, #{all(table.unpack(numbers, 1, 250))})
local function sum(n, ...) if n == nil then return 0 end return n + sum(...) end
line(sum(table.unpack(numbers, 1, 150)))
local function deep(n, ...) if n == 0 then return ... end return (deep(n - 1, n, ...)) end
line(deep(500))
local function endless(...) return 1 + endless(1, ...) end
local ok, message = pcall(endless)
print(ok, message:find("stack overflow", 1, true) ~= nil)

-- what hooks and the debug library see
do
  local calls = 0
  local function f(...) local n = select("#", ...) return (select(n, ...)) end
  debug.sethook(function(event) calls = calls + 1 end, "cr")
  f(1, 2, 3)
  debug.sethook()
  print("events", calls)
  local function locals(a, ...)
    local x = a
    local t = {}
    for i = 1, 3 do t[#t + 1] = tostring(debug.getlocal(1, i)) end
    for i = -1, -3, -1 do t[#t + 1] = tostring((select(2, debug.getlocal(1, i)))) end
    return table.concat(t, " "), debug.getinfo(1, "u").nparams, debug.getinfo(1, "u").isvararg
  end
  line(locals(1, "p", "q"))
  local ok, message = pcall(function(...) return ... .. nil end, "x")
  print(ok, (message:gsub("^.-:%d+: ", "")))
end
