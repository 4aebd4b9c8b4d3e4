-- Variables of a generic loop that the body captures and reassigns: what the iterator has just made lives until it is
-- in its cells, wherever a collection comes in between.

local function maker(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return { "k" .. i }, { "v" .. i }, { "w" .. i } end
  end
end
local seen = {}
for k, v, w in maker(300) do
  local set = function(a, b, c) k, v, w = a, b, c end
  local get = function() return k[1], v[1], w[1] end
  seen[#seen + 1] = table.concat({ get() }, " ")
  set({ "a" }, { "b" }, { "c" })
  assert(table.concat({ get() }) == "abc")
end
print(#seen, seen[1], seen[150], seen[300])

local sum = 0
for i = 1, 100 do
  local function add() i = i + 0.5 end
  add()
  sum = sum + i
end
print(sum)
