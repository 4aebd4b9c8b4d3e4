-- The hidden variables of a loop over next, as the debug library shows and changes them: iterator, table, last key and
-- closing value, whatever the machine keeps there while the loop runs.

-- The hidden variable number `nth` of the innermost loop of the caller: its value and its index.
local function state(nth, co, level)
  local found = {}
  for i = 1, 100 do
    local name, value
    if co then name, value = debug.getlocal(co, level, i) else name, value = debug.getlocal(2, i) end
    if not name then break end
    if name == "(for state)" then found[#found + 1] = { value, i } end
  end
  local entry = found[#found - 4 + nth]
  return entry[1], entry[2]
end

local list, record = { 10, 20, 30, 40 }, { x = 1 }
for k, v in pairs(list) do io.write(state(3), ":", tostring(state(4)), " ") end
for k, v in pairs(record) do io.write(state(3), ":", tostring(state(4)), " ") end
for k, v in next, list, 2 do io.write(state(3), ":", tostring(state(4)), " ") end
for k, v in pairs(setmetatable({ "a", "b" }, {})) do io.write(state(3), ":", tostring(state(4)), " ") end
for k, v in pairs(list) do io.write(tostring(state(1) == next), tostring(state(2) == list), " ") end
print()

-- The same values once more change nothing.
local turns = 0
for k in pairs(list) do
  turns = turns + 1
  for nth = 1, 4 do
    local value, index = state(nth)
    debug.setlocal(1, index, value)
  end
  k = nil
end
print(turns)

-- Another iterator gets the last key.
local function from(_, key) if key < 6 then return key + 1, "more" end end
for k, v in pairs(list) do
  io.write(k, "=", v, " ")
  if k == 2 then local _, index = state(1) debug.setlocal(1, index, from) end
end
print()
-- Another table is walked from there.
for k, v in pairs(list) do
  io.write(k, "=", v, " ")
  if k == 2 then local _, index = state(2) debug.setlocal(1, index, { 1, 2, 3, 4, 5 }) end
end
print()
-- Another key.
turns = 0
for k, v in pairs(list) do
  io.write(k, "=", v, " ")
  turns = turns + 1
  if turns == 3 then local _, index = state(3) debug.setlocal(1, index, 1) end
end
print()
for k, v in pairs(record) do
  turns = turns + 1
  if turns % 3 ~= 0 then local _, index = state(3) debug.setlocal(1, index, nil) end
end
print(turns)
-- A table that has no such key, and no table.
print(pcall(function()
  for k in pairs(list) do
    local _, index = state(3)
    debug.setlocal(1, index, 1.5)
    if k == 3 then return "went on" end
  end
end) == pcall(next, list, 1.5))
print(pcall(function()
  for k in pairs(list) do
    local _, index = state(2)
    debug.setlocal(1, index, nil)
  end
end))

-- From outside.
local co = coroutine.create(function(t) for k, v in pairs(t) do coroutine.yield(k, v) end return "end" end)
print(coroutine.resume(co, list))
print(coroutine.resume(co))
print(state(3, co, 1), state(4, co, 1))
local _, index = state(2, co, 1)
print(debug.setlocal(co, 1, index, { "one", "two", "three" }))
print(coroutine.resume(co))
print(coroutine.resume(co))

-- Code without names of variables.
local text = string.dump(function(t)
  for k, v in next, t do
    for i = 1, 10 do
      local name, value = debug.getlocal(1, i)
      if value == t and i > 1 then debug.setlocal(1, i, { 1, 2, 3, 4, 5, 6 }) end
    end
    io.write(k, "=", v, " ")
  end
  print()
end, true)
load(text)({ 10, 20, 30 })
