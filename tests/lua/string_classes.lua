-- torture: light
-- Every character class over all 256 bytes, sets, ranges, %b and %f.
for _, c in ipairs {"a", "c", "d", "g", "l", "p", "s", "u", "w", "x", "A", "C", "D", "G", "L", "P", "S", "U", "W", "X"} do
  local n, h = 0, 0
  for b = 0, 255 do
    if string.char(b):find("%" .. c) then n = n + 1; h = (h * 33 + b) % 1000003 end
  end
  local n2 = 0
  for b = 0, 255 do if string.char(b):find("[%" .. c .. "]") then n2 = n2 + 1 end end
  local n3 = 0
  for b = 0, 255 do if string.char(b):find("[^%" .. c .. "]") then n3 = n3 + 1 end end
  print(c, n, h, n2, n3)
end
for _, set in ipairs {"[a-z]", "[^a-z]", "[%a%d]", "[-a]", "[a-]", "[a%-z]", "[]]", "[^]]", "[]-]", "[%]]", "[a-cx-z]", "[\128-\255]", "[%w_]", "[.]", "[%.]", "[^%s]", "[+-/]", "[%z]", "[\0-\31]", "[^\0]", "[a-a]", "[z-a]", "."} do
  local n, h = 0, 0
  for b = 0, 255 do
    if string.char(b):find("^" .. set .. "$") then n = n + 1; h = (h * 33 + b) % 1000003 end
  end
  print(set:gsub("%c", "?"), n, h)
end
for _, s in ipairs {"f(a(b)c)d(e)", "((()))", "(()", "())", "", "no", "if then end", "{a{b}c}", "<<>>", "''", "'a'b'"} do
  print(s, s:match("%b()"), s:match("%b{}"), s:match("%b<>"), s:match("%b''"), s:gsub("%b()", "X"))
end
for _, s in ipairs {"THE (quick) fox", "hello world", "a", "", " a ", "x1y2", "[[]]", "foo.bar"} do
  print(s, (s:gsub("%f[%a]%a+", string.upper)), (s:gsub("%f[%A]", "|")), (s:gsub("%f[%w]%w+%f[%W]", "<%0>")), s:find("%f[%z]"), s:find("%f[^%z]"))
end
print(("aaab"):find("a-b"), ("aaab"):match("^(a-)(a?)b"), ("a,b,,c"):gsub(",", ";"), ("x=1, y=2"):gsub("(%w+)=(%w+)", "%2=%1"))
print(("abcabc"):match("(a)(b)(c)%1%2%3"), ("abab"):find("(ab)%1"), ("xx"):match("(x)%1"), ("xy"):match("(x)%1"), ("\"q\" 'r'"):match("([\"'])(.-)%1"))
print(("äöü"):len(), ("äöü"):upper(), ("äöü"):find("ö"), ("äöü"):gsub("[\128-\191]", ""))
