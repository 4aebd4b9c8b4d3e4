-- Reading JSON: many documents, taken from a shared list, become tables that their thread looks through.
-- Size 4500
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local documents = {}
for d = 1, 20 do
  local random, parts = job.random(d), {}
  for i = 1, 60 do
    parts[i] = string.format('{"id": %d, "name": "item %d", "price": %d.%02d, "tags": ["a%d", "b", true, null], "at": {"x": -%d, "y": 1e%d}}',
      i, random(1000), random(100), random(100), random(10), random(50), random(5))
  end
  documents[d] = "[" .. table.concat(parts, ",\n  ") .. "]"
end

local value

local constants = {["true"] = true, ["false"] = false, null = job}

local function items(text, at, close, item)
  at = text:match("^%s*()", at)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = text:match("^%s*()", item(at))
    local mark = text:sub(at, at)
    at = text:match("^%s*()", at + 1)
    if mark == close then return at end
    assert(mark == ",", "a comma is missing")
  end
end

function value(text, at)
  local first = text:sub(at, at)
  if first == "{" then
    local object = {}
    return object, items(text, at + 1, "}", function(place)
      local key, after = text:match('^"([^"]*)"%s*:%s*()', place)
      object[key], after = value(text, after)
      return after
    end)
  elseif first == "[" then
    local array = {}
    return array, items(text, at + 1, "]", function(place)
      local element, after = value(text, place)
      array[#array + 1] = element
      return after
    end)
  elseif first == '"' then
    return text:match('^"([^"]*)"()', at)
  end
  local number, after = text:match("^(-?%d+%.?%d*[eE]?%d*)()", at)
  if number then return tonumber(number), after end
  number, after = text:match("^(%a+)()", at)
  return constants[number], after
end

job.finish(job.take(job.size, function(u)
  local list = value(documents[u % 20 + 1], 1)
  local sum = 0
  for _, item in ipairs(list) do
    sum = sum + item.id + #item.name + (item.price * 100 // 1 | 0) + #item.tags - item.at.x
  end
  return sum
end))
