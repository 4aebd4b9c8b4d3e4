-- The library utf8.
local cases = {}
local function case(name, setup, body)
  cases[#cases + 1] = {name, setup, body}
end
local ASCII = "local s = ('the quick brown fox '):rep(5) "
local MIXED = "local s = ('gr\u{fc}n \u{2192} \u{1f600} \u{4e2d}\u{6587} '):rep(5) "

case("utf8.char(65)", "local f = utf8.char", "local x = f(65)")
case("utf8.char(0x4e2d)", "local f = utf8.char", "local x = f(0x4e2d)")
case("utf8.char(5 code points)", "local f = utf8.char", "local x = f(72, 0xe9, 0x4e2d, 0x1f600, 33)")
case("utf8.codepoint(s)", MIXED .. "local f = utf8.codepoint", "local x = f(s, 3)")
case("utf8.codepoint(s, 1, 20)", ASCII .. "local f = utf8.codepoint", "local x = f(s, 1, 20)")
case("{utf8.codepoint(s, 1, -1)}", MIXED .. "local f = utf8.codepoint", "local x = {f(s, 1, -1)}")
case("utf8.len(ascii, 100)", ASCII .. "local f = utf8.len", "local x = f(s)")
case("utf8.len(mixed, 100)", MIXED .. "local f = utf8.len", "local x = f(s)")
case("utf8.len(mixed, 10 KB)", MIXED .. "s = s:rep(100) local f = utf8.len", "local x = f(s)")
case("utf8.len(ascii, 10 KB)", ASCII .. "s = s:rep(100) local f = utf8.len", "local x = f(s)")
case("utf8.len(5)", "local s, f = 'h\u{e9}llo', utf8.len", "local x = f(s)")
case("utf8.len(invalid)", "local s, f = 'abc\\xff', utf8.len", "local x, y = f(s)")
case("utf8.offset(s, 10)", MIXED .. "local f = utf8.offset", "local x = f(s, 10)")
case("utf8.offset(s, -10)", MIXED .. "local f = utf8.offset", "local x = f(s, -10)")
case("utf8.offset(s, 0, i)", MIXED .. "local f = utf8.offset", "local x = f(s, 0, 20)")
case("utf8.codes(ascii, 100)", ASCII .. "local codes = utf8.codes", "for p, c in codes(s) do end")
case("utf8.codes(mixed, 100)", MIXED .. "local codes = utf8.codes", "for p, c in codes(s) do end")
case("gmatch utf8.charpattern", MIXED .. "local p = utf8.charpattern", "for c in s:gmatch(p) do end")
return cases
