-- sub, byte, char, rep, reverse, upper, lower, len with every sign of index.
local s = "hello world"
for i = -13, 13 do
  local line = {}
  for j = -13, 13 do line[#line + 1] = s:sub(i, j) end
  print(i, table.concat(line, "|"))
end
print(s:sub(3), s:sub(-3), s:sub(0), s:sub(100), s:sub(-100), s:sub(math.mininteger, math.maxinteger), s:sub(math.maxinteger), s:sub(2, math.mininteger))
for i = -12, 12 do print(i, s:byte(i), select("#", s:byte(i, i + 3)), s:byte(i, i + 3)) end
print(s:byte(), s:byte(100), select("#", s:byte(100)), s:byte(1, -1))
print(string.char(), string.char(72, 105), #string.char(0, 255, 128), pcall(string.char, 256))
print(pcall(string.char, -1)) print(pcall(string.char, "x")) print(pcall(string.char, 1.5))
for n = -1, 5 do print(n, ("ab"):rep(n), ("ab"):rep(n, ","), (""):rep(n), (""):rep(n, "-")) end
print(#("x"):rep(100000), #("ab"):rep(1000, "cd"), pcall(string.rep))
print(select(2, pcall(string.rep, "abc", math.maxinteger)))
print(select(2, pcall(string.rep, "abc", 1 << 60, ",")))
print(("abc"):reverse(), (""):reverse(), ("a\0b"):reverse() == "b\0a", ("x"):reverse())
print(("aBc1é"):upper(), ("AbC1É"):lower(), ("\0a"):upper() == "\0A", #("aé"):lower())
print(#"", #"a\0b", ("x"):len(), string.len("\0\0"), #"日本")
print(("%d"):format(3), ("x"):rep(3):upper():lower():len(), ("abc").len == string.len, #("abc"):sub(2))
print(pcall(string.len)) print(pcall(string.len, nil)) print(pcall(string.len, {})) print(string.len(12), ("x").y, pcall(function() return ("x").y.z end))
print(pcall(function() local s = "x"; s.y = 1 end))
print(pcall(function() return ("x"):nope() end))
print(pcall(string.sub)) print(pcall(string.sub, "x")) print(pcall(string.sub, "x", {})) print(pcall(string.sub, "x", 1.5)) print(pcall(("x").rep, "x"))
print("a\z
       b", "tab\tq\"q'", 'q\'q"', [[long
string]], [==[a]]b]=]c]==], "\65\066\x43\u{44}\u{20AC}\u{7FFFFFFF}" == "ABCD€\xfd\xbf\xbf\xbf\xbf\xbf")
print(#"\a\b\f\n\r\t\v\\\"\'\z   x", ("\a\b\f\n\r\t\v"):byte(1, -1))
print(#[[
skip first newline]], #[[

keeps second]], #"a\
b", "a\
b")
local acc = {}
for i = 0, 255 do acc[#acc + 1] = string.char(i) end
local all = table.concat(acc)
print(#all, all:upper():lower() == all:lower(), all:reverse():reverse() == all, all:byte(200), all:sub(66, 70))
local h = 0
for i = 1, #all do h = (h * 31 + all:byte(i)) & 0xffffffff end
print(h)
print(tostring("x") == "x", "abc" < "abd", "Z" < "a", "" < "a", "a" == "a\0", ("x"):rep(41) == ("x"):rep(41))
-- strings built in different ways are the same keys
local t = {}
t["key" .. 1] = 1; t[("KEY1"):lower()] = 2; t[table.concat {"k", "e", "y", 1}] = 3
print(t.key1, next(t, "key1"))
local long = ("long"):rep(50)
t[long] = "long"; print(t[("long"):rep(25) .. ("long"):rep(25)], t[long:sub(1, -2) .. "g"])
