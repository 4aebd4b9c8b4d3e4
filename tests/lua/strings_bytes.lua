-- Strings of one byte, however made, are the same value, and keys by which tables find the same entry.

local all = {}
for i = 0, 255 do all[i] = string.char(i) end
for i = 0, 255 do
  local c = all[i]
  assert(#c == 1 and c:byte() == i)
  assert(c == ("x" .. c .. "y"):sub(2, 2) and c == (c .. c):sub(1, 1) and c == string.pack("B", i))
  assert(rawequal(c, table.concat({ c })) and c == string.format("%s", c))
end

-- Counting by a key that is computed: absent, present, nil again, with and without metamethods.
local function count(text, t)
  for c in text:gmatch(".") do t[c] = (t[c] or 0) + 1 end
  return t
end
local t = count("abracadabra", {})
print(t.a, t.b, t.r, t.c, t.d, t.e)
for c in ("abc"):gmatch(".") do t[c] = nil end
print(t.a, t.b, t.r, next({}, nil))
local log = {}
local m = setmetatable({ a = 1 }, {
  __index = function(_, k) log[#log + 1] = "index " .. k return 10 end,
  __newindex = function(self, k, v) log[#log + 1] = "newindex " .. k rawset(self, k, v) end,
})
count("aab", m)
print(m.a, m.b, table.concat(log, ", "))
local a = "a"
m[a] = nil
m[a] = 5
print(m[a], log[#log])
local w = setmetatable({}, { __mode = "k" })
for i = 0, 255 do w[string.char(i)] = i end
collectgarbage()
local n = 0
for c, i in pairs(w) do n = n + 1 assert(c:byte() == i) end
print(n)
