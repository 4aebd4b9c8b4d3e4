-- pairs loops that begin on a local table, which is then published and grown by other threads: a key that is there from
-- start to end is visited exactly once, any other at most once (I-19).

local function run(before, after, size, remove, meta)
  local t = setmetatable({}, meta)
  for i = 1, size do t["k" .. i] = i end
  for i = 1, size do t[i] = -i end
  local seen, turn = {}, 0
  for k, v in pairs(t) do
    turn = turn + 1
    seen[k] = (seen[k] or 0) + 1
    assert(v == t[k])
    if remove then t[k] = nil collectgarbage("step") end
    if turn == before then
      -- The function's captured variable publishes the table.
      local thread = threads.run(function()
        for i = 1, after do t["new" .. i] = i end
        for i = size + 1, size + after do t[i] = i end
      end)
      thread:join()
      collectgarbage()
    elseif turn == before + 3 then
      threads.run(function() for i = 1, 4 * after do t["newer" .. i] = i end end):join()
    end
  end
  for i = 1, size do
    assert(seen["k" .. i] == 1, "k" .. i)
    assert(seen[i] == 1, i)
  end
  for k, n in pairs(seen) do assert(n == 1, k) end
  return turn >= 2 * size
end

for _, size in ipairs { 1, 2, 3, 7, 8, 40, 100 } do
  for _, before in ipairs { 1, 2, size, 2 * size - 1 } do
    for _, after in ipairs { 0, 1, 10, 500 } do
      assert(run(before, after, size, false))
      assert(run(before, after, size, true))
      assert(run(before, after, size, false, { __index = function() end }))
    end
  end
end

-- While another thread grows it all the time.
local stop = { false }
local t = {}
for i = 1, 200 do t["k" .. i] = i end
local grower, seen = nil, {}
for k in pairs(t) do
  if not grower then
    grower = threads.run(function()
      local i = 0
      while not stop[1] do i = i + 1 t["g" .. i % 5000] = i t["g" .. (i + 2500) % 5000] = nil end
    end)
  end
  seen[k] = (seen[k] or 0) + 1
  threads.sleep(0.0005)
end
stop[1] = true
grower:join()
for i = 1, 200 do assert(seen["k" .. i] == 1) end
for k, n in pairs(seen) do assert(n == 1, k) end

-- A hook takes the loop over at any turn, and leaves it again.
local size = 30
for first = 1, size do
  local t, seen, turn = {}, {}, 0
  for i = 1, size do t["k" .. i] = i end
  for k in pairs(t) do
    turn = turn + 1
    seen[k] = (seen[k] or 0) + 1
    t[k] = nil
    collectgarbage("step")
    if turn == first then debug.sethook(function() end, "l") end
    if turn == first + 2 then debug.sethook() end
  end
  debug.sethook()
  assert(turn == size)
end

-- A weak table gives up its entries while a loop walks it, if it is local (not so when all is published at birth).
local weak = setmetatable({}, { __mode = "v" })
for i = 1, 100 do weak[i] = {} weak["k" .. i] = {} end
local turns = 0
for k, v in pairs(weak) do
  v = nil
  turns = turns + 1
  collectgarbage()
end
assert(turns < 10 or turns == 200, turns)
print("ok")
