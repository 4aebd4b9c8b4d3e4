-- Which captured variables are copied and which live in cells.
local constant, counter, unused = 1, 0, 2
local function next_number() counter = counter + constant; return counter end
local function recursive(n) return n == 0 and 1 or n * recursive(n - 1) end
local function rebound() return rebound end
rebound = nil
local function parameters(copied, changed, plain)
  changed = changed or copied
  return function() return copied, changed end
end
local functions = {}
for i = 1, 3 do
  local seen = i
  functions[i] = function() seen = seen + 1; return i, seen end
end
for k, v in pairs(functions) do
  functions[k] = function() v = nil; return k end
end
local deep = function() return function() return function() constant_copy = constant; counter = nil end end end
do
  local _ENV = {}
  function global() return inner end
end
local table_in_cell = {}
function grow() table_in_cell.n = table_in_cell.n + 1; table_in_cell = {}; table_in_cell[1] = table_in_cell end
local const <const> = f()
local close <close> = const
return function() return const, close end
