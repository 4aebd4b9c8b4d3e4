-- What short threads leave behind lies in blocks that living ones adopt and fill, while others collect.
local small = os.getenv "LUAS_TEST_SCALE" == "small"
local rounds = small and 6 or 60

local function short(from, n)
  local left = {}
  for i = 1, n do
    local garbage = {i, tostring(i)}
    left[i] = {from = from, i = i, name = "item " .. i, garbage = i % 50 == 0 and garbage or nil}
  end
  return left
end

local function check(left, from, n)
  assert(#left == n)
  for i = 1, n do
    local item = left[i]
    assert(item.from == from and item.i == i and item.name == "item " .. i, "somebody wrote into what was left")
    assert(i % 50 ~= 0 or item.garbage[2] == tostring(i))
  end
end

local function living(id)
  local kept = {}
  for round = 1, rounds do
    local n = 20 + round * 7 % 60
    local from = id * 1000 + round
    kept[round % 5 + 1] = {from, n, threads.run(short, from, n):join()}
    local own = short(from, n)
    if round % 7 == 0 then collectgarbage(id == 1 and "collect" or "step") end
    check(own, from, n)
    for _, k in pairs(kept) do check(k[3], k[1], k[2]) end
  end
  return kept
end

local running = {}
for id = 1, 4 do running[id] = threads.run(living, id) end
for id = 1, 4 do
  for _, k in pairs(running[id]:join()) do check(k[3], k[1], k[2]) end
end
collectgarbage()

-- Thousands of threads, one after the other, take no more memory than a few of them and what they returned.
local function many(n) for i = 1, n do threads.run(function() return {i} end):join() end end
many(100)
collectgarbage()
local before = collectgarbage("count")
many(small and 50 or 2000)
collectgarbage()
assert(collectgarbage("count") - before < 200, "what ended threads left is not freed")
print("ok")
