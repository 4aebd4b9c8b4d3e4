-- A list that all may append to takes as much memory as one that nobody else sees: its items are in the array.
local n = 100000
local insert = table.insert

local function grown(list)
  collectgarbage()
  local before = collectgarbage("count")
  for i = 1, n do insert(list, i) end
  collectgarbage()
  return (collectgarbage("count") - before) * 1024
end

local shared, alone = {}, {}
threads.run(function() insert(shared, 0) end):join()
insert(alone, 0)
local ours, mine = grown(shared), grown(alone)
assert(ours <= mine * 1.1 + 65536, string.format("%d bytes, alone %d", ours, mine))

-- Other keys beside them, which come and go while the list grows.
local mixed = {}
threads.run(function() mixed.name = "mixed" end):join()
for i = 1, 1000 do
  insert(mixed, i)
  mixed["key" .. i % 10] = i
  mixed["key" .. (i + 5) % 10] = nil
  mixed[-i] = i
end
assert(#mixed == 1000 and mixed.name == "mixed" and mixed.key0 == 1000)
for i = 1, 1000 do assert(mixed[i] == i and mixed[-i] == i) end
print("ok")
