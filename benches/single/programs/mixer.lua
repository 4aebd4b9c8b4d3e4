-- Integers of 64 bits that wrap around: a generator of random numbers and a checksum made with it.
-- Size 10000000. Needs Lua 5.4's integers.
local n = tonumber((...)) or 100

local state = 0x1234567
local function next_random()
  state = state + 0x9E3779B97F4A7C15
  local z = state
  z = (z ~ z >> 30) * 0xBF58476D1CE4E5B9
  z = (z ~ z >> 27) * 0x94D049BB133111EB
  return z ~ z >> 31
end

local sum, carry = 0, 0
for i = 1, n do
  local r = next_random()
  sum = (sum << 5 | sum >> 59) ~ r
  carry = carry + (r & 0xFFFF) // (i & 7 | 1)
end
print(string.format("mixer %016x %d", sum, carry))
