-- Strings of the same bytes are equal however they were made; one other byte anywhere makes them different.
local base = ("abcdefghij"):rep(5)

local function made(n, at)
  local s = base:sub(1, n)
  if at then s = s:sub(1, at - 1) .. "\0" .. s:sub(at + 1) end
  return table.concat { s:sub(1, n // 2), s:sub(n // 2 + 1) }
end

local equal, different = 0, 0
for n = 0, 45 do
  local a = made(n)
  if a == made(n) and not (a ~= made(n)) then equal = equal + 1 end
  local t = { [a] = n }
  if t[made(n)] == n then equal = equal + 1 end
  for at = 1, n do
    local b = made(n, at)
    if a ~= b and not (a == b) and t[b] == nil then different = different + 1 end
  end
  if a ~= made(n + 1) and t[made(n + 1)] == nil then different = different + 1 end
end
print(equal, different)

-- What lies behind short strings in memory does not count.
local list = {}
for i = 0, 255 do list[#list + 1] = string.char(i, 255 - i):sub(1, i % 3) end
local same = 0
for i = 1, #list do
  for j = 1, #list do
    if list[i] == list[j] then
      assert(#list[i] == #list[j] and list[i]:byte(1) == list[j]:byte(1) and list[i]:byte(2) == list[j]:byte(2))
      same = same + 1
    end
  end
end
print(same)
