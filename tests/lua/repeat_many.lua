-- repeat loops of more turns than are counted: their heads change while they run.

-- Nested, the inner one often enough by its own and by the outer one.
local n, m = 0, 0
repeat
  n = n + 1
  local i = 0
  repeat i = i + 1 m = m + 1 until i == n % 5 + 1
until n == 1000
print(n, m)

-- Several jumps back, conditions that see the locals of the body.
local x, turns = 0, 0
repeat
  local y = x * 2
  x = x + 1
  turns = turns + 1
until y > 100 and x % 7 == 0 or turns >= 2000
print(x, turns)

-- Captured variables are fresh in each turn.
local fs = {}
n = 0
repeat
  local mine = n
  n = n + 1
  fs[n] = function() mine = mine + 1 return mine end
until mine >= 700
print(fs[1](), fs[300](), fs[300](), fs[701](), #fs)

-- To-be-closed variables, whether the loop goes on or ends.
local closed = 0
local closing = { __close = function() closed = closed + 1 end }
n = 0
repeat
  local c <close> = setmetatable({}, closing)
  n = n + 1
  if n == 450 then goto continue end
  n = n + 0
  ::continue::
until n >= 500
print(n, closed)

-- break and goto out, errors in the condition.
n = 0
repeat n = n + 1 if n > 400 then break end until false
print(n)
n = 0
repeat n = n + 1 if n > 400 then goto out end until nil
::out::
print(n)
n = 0
local _, message = pcall(function() repeat n = n + 1 until n > 300 and n.field.x end)
print(n, (message:gsub("^.-:", "")))

-- Coroutines that yield in the middle, two of the same function.
local function turner(to)
  return coroutine.wrap(function()
    local k = 0
    repeat k = k + 1 coroutine.yield(k) until k == to
    return "end"
  end)
end
local a, b = turner(400), turner(300)
local sum = 0
for i = 1, 300 do sum = sum + a() + b() end
print(sum, b(), a(), a())

-- Comparisons with metamethods, of strings and floats, in conditions.
local V = setmetatable({}, { __lt = function(p, q) return true end })
n = 0.0
repeat n = n + 0.5 until n >= 333.5
print(n)
n = 0
repeat n = n + 1 until n > 300 and V < n
print(n)
local s = ""
repeat s = s .. "a" until s > ("a"):rep(299)
print(#s)

-- Hooks see the lines of a loop that has run for long, and of one that they join.
local function lines(turn)
  local k = 0
  repeat
    k = k + 1
    if k == 290 then debug.sethook(turn, "l") end
  until k == 293
  debug.sethook()
end
local seen = {}
lines(function(_, line) seen[#seen + 1] = line end)
local first = debug.getinfo(lines, "S").linedefined
for i, line in ipairs(seen) do seen[i] = line - first end
print(table.concat(seen, " "))
seen = {}
lines(function(_, line) seen[#seen + 1] = line - first end)
print(table.concat(seen, " "))

-- The function as it was dumped before is the one dumped after.
local function loop(to) local k = 0 repeat k = k + 1 until k == to return k end
local before = string.dump(loop)
print(loop(1000), string.dump(loop) == before, load(before)(500))
