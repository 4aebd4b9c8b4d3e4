-- Patterns: lines of a log taken apart, counted and rewritten.
-- Size 240
local n = tonumber((...)) or 1

local source = {}
for i = 1, 200 do
  local level = i % 7 == 0 and "ERROR" or i % 3 == 0 and "WARN" or "INFO"
  source[i] = string.format("2024-%02d-%02d %02d:%02d [%s] worker-%d: took %d ms, path=/srv/data/%d.txt user='u%d'",
    i % 12 + 1, i % 28 + 1, i % 24, i % 60, level, i % 5, i * 13 % 997, i, i % 11)
end
local text = table.concat(source, "\n") .. "\n"

local sum = 0
for _ = 1, n do
  local counts = {}
  for line in text:gmatch("([^\n]*)\n") do
    local year, month, day = line:match("^(%d+)%-(%d+)%-(%d+)")
    local level, worker = line:match("%[(%u+)%] worker%-(%d+)")
    counts[level] = (counts[level] or 0) + 1
    sum = sum + month + day * worker + (line:find("took", 1, true))
    for key, value in line:gmatch("(%w+)=([^%s]+)") do sum = sum + #key + #value end
    local path = line:match("/.*%.txt")
    sum = sum + #path + #line:gsub("%d+", "#") + #line:gsub("user='(%w+)'", "%1")
    sum = sum + #year
  end
  sum = sum + counts.ERROR * 3 + counts.WARN * 2 + counts.INFO
  local _, words = text:gsub("%a+", string.upper)
  sum = sum + words
end
print(string.format("logs %d", sum))
