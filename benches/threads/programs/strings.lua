-- Strings: texts are built, searched and taken apart, and the parts are keys of a table. Each thread has its own.
-- Size 7500
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local function unit(u)
  local random, words = job.random(u), {}
  for i = 1, 400 do words[i] = "w" .. random(150) .. "x" end
  local text = table.concat(words, " ")
  local counts, sum = {}, 0
  for word in text:gmatch("%a%d+%a") do counts[word] = (counts[word] or 0) + 1 end
  for i = 0, 149 do sum = sum + (counts["w" .. i .. "x"] or 0) * i end
  local changed = text:gsub("w(%d)", "<%1>"):upper():rep(2)
  sum = sum + #changed + select(2, changed:gsub("X <1", ""))
  for i = 1, 300 do sum = sum + #string.format("%d:%s", i, words[i]) + changed:byte(i) end
  return sum
end

job.finish(job.each(job.size, unit))
