-- Calls, arguments, results and tails.
f()
f(1, g())
f(g(), 1)
f"text"
f{1}
f [[long]] "short" {} ()
a.b.c:d(1):e"x"
("x"):rep(2)
local a, b, c = f()
local d, e = (f())
local t = {f(), (f()), f()}
local function tail(...)
  if ... then return f(...) end
  return (f(...))
end
local function all(a, ...)
  local x, y = ...
  return a, ..., select('#', ...), ...
end
local function closing()
  local x <close> = nil
  do return f() end
  for _ in f do return g() end
end
function m.n.o(p) return self end
function m.n:o(p) return self, p end
return f(1), f(2)
