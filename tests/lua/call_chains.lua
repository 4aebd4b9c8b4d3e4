-- Chains of `__call`: each value that is passed on the way becomes an argument.

local function callable(f) return setmetatable({}, {__call = f}) end
local function kinds(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = type(v) == "table" and "table" or tostring(v)
  end
  return table.concat(out, " ")
end

local three = callable(callable(callable(kinds)))
print(three(1, 2, 3))
print((three()))
local function tail(...) return three(...) end
print(tail(7, nil, 8))
print(pcall(three, "p"))
print(coroutine.wrap(function(...) return three(...) end)("c"))
for _, v in callable(function(_, _, n) if (n or 0) < 2 then return (n or 0) + 1, "turn" end end) do print(v) end

-- A chain keeps the order of the values.
local second = {name = "second"}
local first = setmetatable({name = "first"}, {__call = second})
setmetatable(second, {__call = function(a, b, c) return a.name, b.name, c end})
print(first("argument"))

-- Long ones work.
for _, n in ipairs {10, 199, 200, 201, 1000, 10000} do
  local f = function(...) return select("#", ...) end
  for _ = 1, n do f = callable(f) end
  print(n, pcall(f))
end

-- What cannot be called at its end.
print(pcall(callable(callable(5))))
print(pcall(function() local f = callable(callable(true)); f() end))
print(pcall(function() local f = callable(callable("x")); return f() end))
print(pcall(function() local t = {f = callable({})}; return t.f() + 1 end))
