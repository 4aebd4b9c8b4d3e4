-- Strings that are built: lines of a report from numbers and words, joined in several ways.
-- Size 220000
local n = tonumber((...)) or 20
local concat, format, rep = table.concat, string.format, string.rep

local words = {"alpha", "beta", "gamma", "delta", "epsilon"}
local lines, length = {}, 0
for i = 1, n do
  local word = words[i % #words + 1]
  local key = word .. i
  local line = key .. "," .. i * 3 .. "," .. i % 17 .. ";"
  lines[#lines + 1] = line
  lines[#lines + 1] = format("%-10s|%6d|%8.3f|%s", key, i, i / 7, word:upper())
  lines[#lines + 1] = rep("-", i % 20) .. ">" .. tostring(i * 0.5 + 0.25)
  if i % 200 == 0 then
    length = length + #concat(lines, "\n")
    lines = {}
  end
end

-- One byte at a time.
local text = ""
for i = 1, n % 700 + 300 do text = text .. string.char(97 + i % 26) end
local reversed = {}
for i = #text, 1, -1 do reversed[#reversed + 1] = text:sub(i, i) end
length = length + #concat(lines, "\n") + #concat(reversed) + text:byte(77)
print(format("report %d", length))
