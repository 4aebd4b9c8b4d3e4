-- A bit of everything: arithmetic expressions read, put into trees, and evaluated by a table of functions.
-- Size 20000
local n = tonumber((...)) or 5

local PRIORITY = {["+"] = 1, ["-"] = 1, ["*"] = 2, ["/"] = 2}
local OPERATION = {
  ["+"] = function(a, b) return a + b end,
  ["-"] = function(a, b) return a - b end,
  ["*"] = function(a, b) return a * b end,
  ["/"] = function(a, b) return a / b end,
}

local function tokens(text)
  local list, at = {}, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c == " " then
      at = at + 1
    elseif c:find("%d") then
      local _, last = text:find("^[%d.]+", at)
      list[#list + 1] = tonumber(text:sub(at, last))
      at = last + 1
    else
      local name = text:match("^%a+", at)
      list[#list + 1] = name or c
      at = at + #(name or c)
    end
  end
  return list
end

local function parse(list)
  local at = 1
  local expression
  local function operand()
    local token = list[at]
    at = at + 1
    if token == "(" then
      local inner = expression(0)
      at = at + 1
      return inner
    elseif type(token) == "number" then
      return {value = token}
    end
    return {name = token}
  end
  function expression(limit)
    local left = operand()
    while true do
      local priority = PRIORITY[list[at]]
      if not priority or priority <= limit then return left end
      local operator = list[at]
      at = at + 1
      left = {operator = operator, left = left, right = expression(priority)}
    end
  end
  return expression(0)
end

local function evaluate(tree, variables)
  if tree.operator then
    return OPERATION[tree.operator](evaluate(tree.left, variables), evaluate(tree.right, variables))
  end
  return tree.value or variables[tree.name]
end

local sum = 0
for i = 1, n do
  local tree = parse(tokens("3 * (width + 4.5) - height / (2 + width) * 7 - " .. i % 100))
  for k = 1, 20 do sum = sum + evaluate(tree, {width = k, height = i % 13}) end
end
print(string.format("calculator %.6f", sum))
