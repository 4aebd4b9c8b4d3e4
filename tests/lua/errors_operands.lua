-- Which operand an error message names, when several hold the same value or the value is no operand at all.

local function try(label, f, ...)
  print(label, pcall(f, ...))
end

-- Concatenation goes from the right, pair by pair; of two that do not fit the left one is named.
try("both nil", function() local a, b; return a .. b end)
try("right nil", function() local a, b = "x"; return a .. b end)
try("three", function() local a, b = "x"; return b .. a .. b end)
try("inside", function() local a, b = "x"; return a .. a .. b .. a end)
try("globals", function() return "x" .. absent1 .. absent2 end)
try("fields", function() local t = {}; return "x" .. t.first .. t.second end)
try("same table", function() local t = {}; return t .. t.y .. t end)
try("a result", function()
  local joined = setmetatable({}, {__concat = function() return {} end})
  local s = "s"
  return s .. joined .. s
end)

-- A value that an index chain ends at is not the operand.
try("chain get", function()
  local _ENV = setmetatable({}, {__index = 5})
  return (function() return x end)()
end)
try("chain set", function()
  local _ENV = setmetatable({}, {__newindex = 5})
  return (function() x = 1 end)()
end)
try("no chain", function()
  local _ENV = nil
  return (function() return x end)()
end)

-- Names that lie far back in the list of constants.
local many = {}
for i = 1, 1000 do many[i] = "g = name" .. i end
many = table.concat(many, "; ") .. "; "
for _, code in ipairs {
  "g = unknown + 1", "local t = {}; t:unknown()", "local s = 's'; s:unknown()", "('s'):unknown()",
  "local n = 2; n:unknown()", "math:unknown()", "math.unknown()", "local t = {}; return t.unknown .. 's'",
  "local t = {}; t.unknown.y = 1", "unknown.y = 1", "return 'word' + 1", "return {} + 'word'",
  "return 2 & 1.75", "local x = 2; return x | 'word'", "unknown()", "unknown:unknown()",
} do
  try(code, assert(load(many .. code, "=many")))
end
