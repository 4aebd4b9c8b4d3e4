-- Patterns: find, match, gmatch, gsub.
local cases = {}
local function case(name, setup, body)
  cases[#cases + 1] = {name, setup, body}
end
local TEXT = "local s = ('the quick brown fox '):rep(5) .. 'jumps 42' "
local LONG = "local s = ('the quick brown fox '):rep(500) .. 'jumps 42' "
local KV = "local s = 'key = value, other = thing, third=  last' "
local WORDS = "local s = ('the quick brown fox '):rep(50) "

case("find plain short, 'jumps'", TEXT, "local x = s:find('jumps', 1, true)")
case("find plain long, 'jumps'", LONG, "local x = s:find('jumps', 1, true)")
case("find without specials", TEXT, "local x = s:find('jumps')")
case("find without specials, long", LONG, "local x = s:find('jumps')")
case("find one byte, ','", KV, "local x = s:find(',', 1, true)")
case("find at once", TEXT, "local x = s:find('the')")
case("find missing", TEXT, "local x = s:find('zebra', 1, true)")
case("find missing, long", LONG, "local x = s:find('zebra', 1, true)")
case("find missing, frequent first byte", "local s = ('a'):rep(1000)", "local x = s:find('ab', 1, true)")
case("find from init", TEXT, "local x = s:find('the', 50, true)")
case("find %d+", TEXT, "local x = s:find('%d+')")
case("find %d+, long", LONG, "local x = s:find('%d+')")
case("find [0-9]+, long", LONG, "local x = s:find('[0-9]+')")
case("find (%a+) (%d+)", TEXT, "local x = s:find('(%a+) (%d+)')")
case("find ^%s*$ (no)", TEXT, "local x = s:find('^%s*$')")
case("find ^the", TEXT, "local x = s:find('^the')")
case("find .-42", TEXT, "local x = s:find('.-42')")
case("find jump.*2", TEXT, "local x = s:find('jump.*2')")
case("find j%a+, long", LONG, "local x = s:find('j%a+')")
case("find q.-x", LONG, "local x = s:find('q.-x')")
case("find a-b on a^200", "local s = ('a'):rep(200)", "local x = s:find('a-b')")
case("find a*b on a^200", "local s = ('a'):rep(200)", "local x = s:find('a*b')")
case("find .*.*x on 40", "local s = ('a'):rep(40)", "local x = s:find('.*.*x')")
case("find %b()", "local s = 'call(a, (b + c), d) + 1'", "local x = s:find('%b()')")
case("find %f[%w]%w+", KV, "local x = s:find('%f[%w]other')")
case("find (.)%1", "local s = 'abcdefghijklmnopqrstuvwxyzz'", "local x = s:find('(.)%1')")
case("find a?b?c?d", "local s = 'abdabdabcd'", "local x = s:find('a?b?c?d$')")

case("match ^(%w+)%s*=%s*(%w+)", KV, "local k, v = s:match('^(%w+)%s*=%s*(%w+)')")
case("match %d+", TEXT, "local x = s:match('%d+')")
case("match (%d+)-(%d+)-(%d+)", "local s = '2024-01-02'", "local y, m, d = s:match('(%d+)-(%d+)-(%d+)')")
case("match ^%s*(.-)%s*$ (trim)", "local s = '   some text with blanks   '", "local x = s:match('^%s*(.-)%s*$')")
case("match [^,]*", KV, "local x = s:match('[^,]*')")
case("match [%w_]+", KV, "local x = s:match('[%w_]+')")
case("match .*/(.*)", "local s = '/usr/local/share/lua/5.4/file.lua'", "local x = s:match('.*/(.*)')")
case("match ([^/]*)$", "local s = '/usr/local/share/lua/5.4/file.lua'", "local x = s:match('([^/]*)$')")
case("match ()", KV, "local x = s:match('()=')")
case("match ^[+-]?%d+%.?%d*$", "local s = '-123.25'", "local x = s:match('^[+-]?%d+%.?%d*$')")
case("match failing at once", TEXT, "local x = s:match('^%d')")
case("match with 8 captures", "local s = '1 2 3 4 5 6 7 8'",
  "local a = s:match('(%d) (%d) (%d) (%d) (%d) (%d) (%d) (%d)')")

case("gmatch %a+ over 200 words", WORDS, "for w in s:gmatch('%a+') do end")
case("gmatch [^%s]+ over 200 words", WORDS, "for w in s:gmatch('[^%s]+') do end")
case("gmatch (%w+)%s*=%s*(%w+)", KV, "for k, v in s:gmatch('(%w+)%s*=%s*(%w+)') do end")
case("gmatch . over 1000", WORDS, "for c in s:gmatch('.') do end")
case("gmatch ([^,]*),?", KV, "for c in s:gmatch('([^,]*),?') do end")
case("gmatch ()", KV, "for p in s:gmatch('()') do end")
case("gmatch, none", "local s = 'x'", "for p in s:gmatch('%d') do end")
case("gmatch lines", "local s = ('a line of text\\n'):rep(100)", "for l in s:gmatch('[^\\n]*') do end")

case("gsub byte by string", WORDS, "local x = s:gsub(' ', '_')")
case("gsub word by string", WORDS, "local x = s:gsub('quick', 'slow')")
case("gsub %s+ by ''", WORDS, "local x = s:gsub('%s+', '')")
case("gsub %w+ by <%0>", WORDS, "local x = s:gsub('%w+', '<%0>')")
case("gsub (%w+) (%w+) by %2 %1", WORDS, "local x = s:gsub('(%w+) (%w+)', '%2 %1')")
case("gsub by table", WORDS .. "local t = {the = 'a', fox = 'dog'}", "local x = s:gsub('%w+', t)")
case("gsub by function", WORDS .. "local function f(w) return w end", "local x = s:gsub('%w+', f)")
case("gsub by function, nil", WORDS .. "local function f(w) end", "local x = s:gsub('%w+', f)")
case("gsub by native function", WORDS .. "local f = string.upper", "local x = s:gsub('%w+', f)")
case("gsub . by function", WORDS .. "local function f(c) return c end", "local x = s:gsub('.', f)")
case("gsub missing", WORDS, "local x = s:gsub('zebra', 'x')")
case("gsub missing class", WORDS, "local x = s:gsub('%d', 'x')")
case("gsub escape of html", "local s = 'a < b && c > d' local t = {['<'] = '&lt;', ['>'] = '&gt;', ['&'] = '&amp;'}",
  "local x = s:gsub('[<>&]', t)")
case("gsub trim", "local s = '   some text   '", "local x = s:gsub('^%s+', ''):gsub('%s+$', '')")
case("gsub with limit 1", WORDS, "local x = s:gsub('o', '0', 1)")
case("gsub '' by '-'", KV, "local x = s:gsub('', '-')")
case("gsub $name by table", "local s = 'hello $name, you are $age' local t = {name = 'x', age = 'y'}",
  "local x = s:gsub('%$(%w+)', t)")
case("gsub url decode", "local s = 'a%20b%3Dc%26d' local char, tonumber = string.char, tonumber local function f(h) return char(tonumber(h, 16)) end",
  "local x = s:gsub('%%(%x%x)', f)")
return cases
