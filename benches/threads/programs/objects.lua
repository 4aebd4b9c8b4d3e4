-- Objects that all threads use: their methods read fields, and one call in eleven writes.
-- Size 18000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local Point = {}
Point.__index = Point
function Point:length() return self.x * self.x + self.y * self.y end
function Point:dot(other) return self.x * other.x + self.y * other.y end
function Point:name(text) self.label = text end

local points = {}
for i = 1, 200 do points[i] = setmetatable({x = i, y = i * 2, label = ""}, Point) end

job.finish(job.each(job.size, function(u)
  local random, sum = job.random(u), 0
  for _ = 1, 150 do
    local p = points[random(200) + 1]
    for i = 1, 5 do sum = sum + p:length() + p:dot(points[i]) end
    p:name("seen")
  end
  return sum
end))
