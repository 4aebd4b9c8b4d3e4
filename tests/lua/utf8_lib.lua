-- The utf8 library.
local s = "aé€😀z"
print(#s, utf8.len(s), utf8.len(""), utf8.len("abc"), utf8.len(s, 2), utf8.len(s, -1), utf8.len(s, 1, 1), utf8.len(s, 3))
for i = -12, 12 do print(i, pcall(utf8.offset, s, i)) print("", pcall(utf8.len, s, i)) print("", pcall(utf8.codepoint, s, i)) end
for p, c in utf8.codes(s) do io.write(p, ":", c, " ") end print()
for p, c in utf8.codes("") do io.write(p) end print()
print(utf8.codepoint(s, 1, -1)) print(utf8.char(), utf8.char(72, 228, 8364, 128512), utf8.char(0) == "\0")
for _, c in ipairs {0, 1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdfff, 0xe000, 0xffff, 0x10000, 0x10ffff, 0x110000, 0x1fffff, 0x200000, 0x3ffffff, 0x4000000, 0x7fffffff} do
  local e = utf8.char(c) print(c, #e, e:byte(1, -1)) print("", utf8.len(e), pcall(utf8.codepoint, e)) print("", utf8.len(e, 1, -1, true), utf8.codepoint(e, 1, 1, true))
end
print(pcall(utf8.char, -1)) print(pcall(utf8.char, 0x80000000)) print(pcall(utf8.char, "x"))
for _, b in ipairs {"\xff", "\x80", "a\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "é\xc3", "\xe2\x82", "ok\xfe"} do
  print((b:gsub("[\128-\255]", "?")), utf8.len(b), utf8.len(b, 1, -1, true)) print("", pcall(utf8.codepoint, b, 1, -1))
  -- Stray continuation bytes are errors from 5.4.5 on only.
  if b ~= "\x80" and b ~= "a\x80" then print("", pcall(function() for _ in utf8.codes(b) do end end)) end
end
print(utf8.offset(s, 1), utf8.offset(s, 2), utf8.offset(s, 3), utf8.offset(s, 5), utf8.offset(s, 6), utf8.offset(s, 7), utf8.offset(s, 0, 3), utf8.offset(s, 0, 5), utf8.offset(s, -1), utf8.offset(s, -5), utf8.offset(s, -6))
print(pcall(utf8.offset, s, 1, 3)) print(pcall(utf8.offset, s, 1, 100)) print(pcall(utf8.offset)) print(pcall(utf8.len, s, 20)) print(pcall(utf8.len, s, 1, 20)) print(pcall(utf8.codepoint, s, 1, 20))
for c in s:gmatch(utf8.charpattern) do io.write("[", c, "]") end print() print(utf8.charpattern == "[\0-\x7F\xC2-\xFD][\x80-\xBF]*")
local t = {} for _, c in utf8.codes("日本語テキスト") do t[#t + 1] = string.format("U+%04X", c) end print(table.concat(t, " "))
local n = 0 for i = 0x20, 0x2fff do local c = utf8.char(i) n = n + #c assert(utf8.codepoint(c) == i) end print(n)
