-- Errors: protected calls that succeed, that fail with tables and with messages, and that fail inside each other.
-- Size 320000
local n = tonumber((...)) or 30

local function parse(text)
  if text == "" then error("nothing to parse") end
  local value = tonumber(text)
  if not value then error({code = #text, text = text}) end
  return value
end

local function attempt(text, fallback)
  local ok, result = pcall(parse, text)
  if ok then return result end
  if type(result) == "table" then return result.code end
  return fallback
end

local function nested(level, i)
  if level == 0 then
    if i % 3 == 0 then error("deep", 0) end
    return i
  end
  local ok, result = pcall(nested, level - 1, i)
  if not ok then error(result, 0) end
  return result
end

local sum = 0
for i = 1, n do
  sum = sum + attempt("12", 1) + attempt("twelve", 2) + attempt("7", 3)
  if i % 8 == 0 then sum = sum + attempt("", 4) end
  local ok, result = pcall(nested, 2, i)
  if ok then sum = sum + result % 10 else sum = sum + #result end
  local _, length = pcall(string.rep, "ab", i % 5)
  sum = sum + #length
end
print(string.format("retry %d", sum))
