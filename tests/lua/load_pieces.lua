-- A chunk in pieces: read as far as the compiler needs it, and understood wherever a piece ends.

local function reader(text, size)
  local position, calls = 1, 0
  return function()
    calls = calls + 1
    if position > #text then return nil end
    local piece = text:sub(position, position + size - 1)
    position = position + size
    return piece
  end, function() return calls end
end

local texts = {
  "x = = 1", "return 1 + 2", "return [==[\n\na]b]=]c]]d]==]", "-- comment\r\nreturn 5",
  "--[[ long\ncomment ]] return 7 --[==[ more ]] ]==]", "return 'a\\z  \n  b' .. 'c\\\r\nd' .. '\\x41\\u{48}\\065'",
  "return 0x1F, 0x.8p1, 1e+2, 3., .5, 0xA.8", "return 3x", "return 0x", "return '\\q'", "return '\\u{110000000}'",
  "return 'a\nb'", "return 'abc", "return [[abc", "return [=abc", "--[[ abc", "for i = 1, 2 do x = i end return x",
  "return 1 .. 2", "return 1..2", "return 7 // 2 << 1 >> 1 ~= 3 == true", "\r\n\r\nerror('where')",
  "\n\r\n\r x = = y", "\r\r\n\n x = = y", "goto done; do ::done:: end ::done:: return 'there'", "return --1\n -", "x = @",
  ("x = 1 "):rep(50) .. "y = = 3", "return #[[" .. ("a\n"):rep(300) .. "]]",
}
for i, text in ipairs(texts) do
  local whole
  for size = 1, #text do
    local next_piece, calls = reader(text, size)
    local f, message = load(next_piece, "=text")
    local outcome = f and table.concat({tostring(select(2, pcall(f)))}) or message
    whole = whole or outcome
    assert(outcome == whole, outcome)
    if size <= 3 and #text < 200 then io.write(calls(), " ") end
  end
  print(i, whole)
end

-- A reader without an end is left when the text is wrong.
local n = 0
print(load(function() n = n + 1; return "x =" end, "=endless"))
print(n)
n = 0
print(load(function() n = n + 1; return n < 2000 and "local a = b;" or "?" end, "=endless"))
print(n)
n = 0
print(load(function() n = n + 1; return "x = 1 " end, "=text", "b"))
print(n)

-- Numbers are pieces too, and an empty string is the end.
do
  local pieces = {"return ", 1, "", "2"}
  local i = 0
  print(load(function() i = i + 1; return pieces[i] end)())
  print(load(function() return "" end)())
end

-- A reader that loads, collects, and runs what it has loaded.
print(load((function()
  local state = 0
  return function()
    state = state + 1
    collectgarbage()
    if state == 1 then return "return " end
    if state < 5 then return load(function() state = state + 1; return state < 4 and "return '1 + '" or nil end)() end
    if state == 5 then return "5" end
  end
end)())())
