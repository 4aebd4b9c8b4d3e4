-- A generic loop over `next` whose closing value is an integer: it is closed as it was given, whatever the loop keeps.
local closed = {}
debug.setmetatable(0, {__close = function(v) closed[#closed + 1] = math.type(v) .. " " .. v end})
local function run(t, closing, stop)
  local n = 0
  for _ in next, t, nil, closing do
    n = n + 1
    if n == stop then break end
  end
  print(n, table.concat(closed, ", "))
  closed = {}
end

local list, record = {}, {}
for i = 1, 10 do list[i] = i * i record["k" .. i] = i end
for closing = 0, 11 do
  run(list, closing)
  run(list, closing, 3)
  run(record, closing)
  run(record, closing, closing)
end
run(list, 3.0)
run(list, math.maxinteger, 2)

-- loops inside loops, and a body with variables of its own to close
local function nested()
  for k in next, list, nil, 1 do
    for _ in next, record, nil, 2 do
      local own <close> = 3
      if k == 2 then return k end
    end
  end
end
print(nested(), table.concat(closed, ", "))
closed = {}

-- under a hook, where iterators are really called
local events = 0
debug.sethook(function() events = events + 1 end, "l")
for k in next, list, nil, 4 do if k == 5 then break end end
for k in pairs(list) do if k == 5 then break end end
debug.sethook()
print(events > 10, table.concat(closed, ", "))
closed = {}
print(pcall(function() for k in next, list, nil, 6 do if k == 7 then error("in the loop", 0) end end end))
print(table.concat(closed, ", "))
