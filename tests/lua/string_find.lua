-- torture: light
-- string.find and string.match: plain, anchors, init positions, captures.
local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end print(table.concat(t, " ")) end
local subjects = {"", "a", "hello", "hello world", "aaa", "a.b", "a\0b", "  trim  ", "key = value", "2024-01-31", "f(a(b)c)d", "THE (quick) fox"}
local patterns = {"", "a", "l", "lo", ".", "%.", "^h", "o$", "^$", "%s", "%S+", "%w+", "(%w+)", "(%w+) (%w+)", "()", "()l()", "a*", "a+", "a-", "a?", "^a*$", "%d+", "(%d+)-(%d+)-(%d+)",
  "%b()", "%f[%w]%w+", "[aeiou]", "[^aeiou]+", "[a-c]+", "[%a_][%w_]*", "%s*=%s*", "^%s*(.-)%s*$", "(a)(b)?", "%((%a+)%)", ".-o", ".*o", "\0", "[%z]", "%%", "[]]", "[^]]+", "[a-]", "[%-a]", "(.)%1", "((.)(.))", "%u+", "%l+", "%p", "%x+", "%c", "%g+"}
for _, s in ipairs(subjects) do
  for _, p in ipairs(patterns) do
    show(string.format("%q %q", s, p):gsub("\\\n", "N"), "")
    show(s:find(p)) show(s:match(p))
    show(s:find(p, 2)) show(s:match(p, -2))
    show(s:find(p, 1, true))
  end
end
show(("hello"):find("l", 4)) show(("hello"):find("l", 5)) show(("hello"):find("", 6)) show(("hello"):find("", 7)) show(("hello"):find("", 100)) show(("hello"):find("h", -100)) show(("hello"):find("", -1))
show(("hello"):find("xyz")) show(("a+b"):find("+", 1, true)) show(("a+b"):find("+b", 1, true)) show(("aXb"):find("x", 1, true)) show((""):find("", 1, true)) show(("abc"):find("c", -1, true))
show((("x"):rep(1000) .. "y"):find("y")) show((("x"):rep(1000) .. "y"):find("xy", 1, true)) show((("ab"):rep(500)):find("ba", 1, true)) show((("x"):rep(3000)):find(".-y"))
show(#((("a"):rep(1000)):match("^(a*)a$"))) show(#((("x"):rep(100)):match(("x?"):rep(20))))
