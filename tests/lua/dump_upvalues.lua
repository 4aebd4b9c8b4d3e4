-- Captured variables of functions that come from binary chunks: the first one has the globals, the others nil.

local function again(f, strip) return assert(load(string.dump(f, strip), "=again")) end

local a, b, c = 1, 2, 3
local function read() return a, b, c end
local f = again(read)
for i = 1, 4 do
  local name, v = debug.getupvalue(f, i)
  print(i, name, v == _G and "globals" or v)
end
print(f() == _G, select(2, f()))
print(debug.setupvalue(f, 1, "one"), debug.setupvalue(f, 2, "two"), debug.setupvalue(f, 3, "three"))
print(debug.setupvalue(f, 4, "four"))
print(f())
print(read())

-- two loaded from one dump have nothing in common
local d = string.dump(read)
local f1, f2 = load(d), load(d)
debug.setupvalue(f1, 2, "mine")
print(select(2, f1()), select(2, f2()))
print(debug.upvalueid(f1, 1) == debug.upvalueid(f2, 1), debug.upvalueid(f1, 1) == debug.upvalueid(f1, 2))

-- assigned variables
local n, m = 0, 0
local function count(k) n = n + k; m = m - k; return n, m end
local g = again(count)
debug.setupvalue(g, 1, 100)
debug.setupvalue(g, 2, 200)
print(g(1))
print(g(10))
print(count(5))
print(select(2, debug.getupvalue(g, 1)), select(2, debug.getupvalue(g, 2)))

-- joined with those of another function
local h = again(count)
debug.upvaluejoin(h, 1, count, 1)
debug.upvaluejoin(h, 2, count, 2)
print(h(1))
print(count(0))
print(debug.upvalueid(h, 1) == debug.upvalueid(count, 1))
local r = again(read)
debug.upvaluejoin(r, 1, count, 1)
debug.upvaluejoin(r, 2, g, 2)
print(r())

-- functions inside capture what the loaded function has
local outer = again(function(x)
  local y = x
  local function inc() y = y + 1 n = n + 1 return y, n end
  local function get() return y, n, a end
  return inc, get
end)
for i = 1, 3 do
  local name = debug.getupvalue(outer, i)
  if name == "n" then debug.setupvalue(outer, i, 1000) end
  if name == "a" then debug.setupvalue(outer, i, "captured") end
end
local inc, get = outer(5)
print(inc())
print(inc())
print(get())
local inc2, get2 = outer(50)
print(inc2())
print(get())
print(get2())

-- _ENV that is not the first one
local function late() local x = a return tostring, x end
local l = again(late)
print(debug.getupvalue(l, 2))
debug.setupvalue(l, 2, {tostring = "from the table"})
debug.setupvalue(l, 1, "first")
print(l())
-- load sets the first one, whatever it is
local e = load(string.dump(read), "e", "b", "given")
print(e())
e = load(string.dump(read), "e", "b", nil)
print(e())

-- a function without any
local none = load(string.dump(function(...) return select("#", ...) end), "n", "b", {})
print(pcall(none, 1, 2))
local plain = load(string.dump(function(x) return x end), "n", "b", {})
print(plain("kept"), debug.getupvalue(plain, 1))

-- names are gone without debug information
local s = again(read, true)
print((debug.getupvalue(s, 1)), (debug.getupvalue(s, 2)))
print(debug.setupvalue(s, 2, "set"), select(2, s()))

-- many
do
  local text = {"local v1"}
  for i = 2, 150 do text[#text + 1] = ", v" .. i end
  text[#text + 1] = "; return function(x) v1 = x or v1; return v1"
  for i = 2, 150 do text[#text + 1] = " + v" .. i end
  text[#text + 1] = " end"
  local many = again(load(table.concat(text))())
  for i = 1, 150 do assert(debug.setupvalue(many, i, i) == "v" .. i) end
  print(many(), many(1001))
end
