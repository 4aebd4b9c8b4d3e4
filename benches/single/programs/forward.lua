-- Varargs: functions that pass on, count, select and collect what they are given.
-- Size 700000
local n = tonumber((...)) or 50
local unpack = table.unpack or unpack

local function count(...) return select("#", ...) end
local function rest(_, ...) return ... end
local function last(...) return (select(select("#", ...), ...)) end
local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do total = total + (select(i, ...)) end
  return total
end
local function collect(...)
  local t = {...}
  return #t, t[1], t[#t]
end
local function bind(f, first)
  return function(...) return f(first, ...) end
end

local add = bind(sum, 5)
local list = {3, 1, 4, 1, 5, 9}
local total = 0
for i = 1, n do
  total = total + count(i, i + 1, nil, i) + last(rest(i, 2, 3, 4)) + sum(1, i, 3)
  local length, first, final = collect(i, i * 2, i * 3)
  total = total + length + first + final + add(unpack(list))
end
print(string.format("forward %d", total))
