-- Methods: classes by metatables, with inheritance over two levels.
-- Size 170000
local n = tonumber((...)) or 20

local function class(parent)
  local c = {}
  c.__index = c
  return setmetatable(c, parent and {__index = parent})
end

local Shape = class()
function Shape:init(name)
  self.name = name
  self.scale = 1
  return self
end
function Shape:grow(by)
  self.scale = self.scale + by
  return self
end
function Shape:size() return self:area() * self.scale end
function Shape:area() return 0 end

local Box = class(Shape)
function Box.new(w, h)
  local self = setmetatable({}, Box):init("box")
  self.w, self.h = w, h
  return self
end
function Box:area() return self.w * self.h end

local Square = class(Box)
function Square.new(side)
  local self = setmetatable({}, Square):init("square")
  self.w, self.h = side, side
  return self
end
function Square:diagonal() return self.w + self.h end

local Dot = class(Shape)
function Dot.new() return setmetatable({}, Dot):init("dot") end

local total = 0
for round = 1, n do
  local shapes = {Box.new(2, round % 7), Square.new(round % 5), Dot.new(), Square.new(3)}
  for i = 1, #shapes do
    local shape = shapes[i]
    total = total + shape:size() + shape:grow(1):grow(i):size() + #shape.name
    if shape.diagonal then total = total + shape:diagonal() end
  end
end
print(string.format("shapes %d", total))
