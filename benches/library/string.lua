-- The library string without format and patterns, and what the operators on strings do.
local cases = {}
local function case(name, setup, body)
  cases[#cases + 1] = {name, setup, body}
end
local TEXT = "local s = ('the quick brown fox '):rep(5) "

case("#s", TEXT, "local x = #s")
case("s:len()", TEXT, "local x = s:len()")
case("string.len(s)", TEXT .. "local f = string.len", "local x = f(s)")
case("s:sub(i, i)", TEXT, "local k = i % 100 local x = s:sub(k, k)")
case("s:sub(1, 10)", TEXT, "local x = s:sub(1, 10)")
case("s:sub(2)", TEXT, "local x = s:sub(2)")
case("s:sub(-3)", TEXT, "local x = s:sub(-3)")
case("s:sub of 60 bytes", TEXT, "local x = s:sub(11, 70)")
case("s:sub of 10 KB", "local s = ('x'):rep(20000)", "local x = s:sub(11, 10010)")
case("s:byte(i)", TEXT, "local x = s:byte(i % 100)")
case("s:byte(1, 3)", TEXT, "local a, b, c = s:byte(1, 3)")
case("{s:byte(1, 100)}", TEXT, "local x = {s:byte(1, -1)}")
case("string.char(1 byte)", "local f = string.char", "local x = f(i & 127)")
case("string.char(5 bytes)", "local f = string.char", "local x = f(104, 101, 108, 108, 111)")
case("string.char(100 bytes)", TEXT .. "local f, b, unpack = string.char, {s:byte(1, -1)}, table.unpack",
  "local x = f(unpack(b))")
case("('x'):rep(10)", "local s = 'x'", "local x = s:rep(10)")
case("('ab'):rep(10)", "local s = 'ab'", "local x = s:rep(10)")
case("('ab'):rep(1000)", "local s = 'ab'", "local x = s:rep(1000)")
case("('ab'):rep(10, ', ')", "local s = 'ab'", "local x = s:rep(10, ', ')")
case("('x'):rep(100000)", "local s = 'x'", "local x = s:rep(100000)")
case("s:rep(0)", "local s = 'x'", "local x = s:rep(0)")
case("s:reverse() of 10", "local s = 'abcdefghij'", "local x = s:reverse()")
case("s:reverse() of 100", TEXT, "local x = s:reverse()")
case("s:upper() of 10", "local s = 'abcdefghij'", "local x = s:upper()")
case("s:upper() of 100", TEXT, "local x = s:upper()")
case("s:lower() of 10", "local s = 'ABCDEFGHIJ'", "local x = s:lower()")
case("s:lower() of 10 KB", "local s = ('AbcD'):rep(2500)", "local x = s:lower()")

case("s .. s", "local a, b = 'hello', 'world'", "local x = a .. b")
case("s .. s .. s", "local a, b, c = 'hello', ' ', 'world'", "local x = a .. b .. c")
case("8 strings", "local a, b = 'key', 'value'", "local x = a .. '=' .. b .. ', ' .. a .. '=' .. b .. ';'")
case("s .. int", "local a = 'key'", "local x = a .. i")
case("s .. int .. s", "local a, b = 'key', ','", "local x = a .. i .. b")
case("s .. 0.5", "local a = 'key'", "local x = a .. i + 0.5")
case("s .. float", "local a, pi = 'key', math.pi", "local x = a .. i * pi")
case("int .. ''", "", "local x = i .. ''")
case("s .. '' (no copy)", TEXT, "local x = s .. ''")
case("100 bytes .. 1", TEXT, "local x = s .. '!'")
case("60 KB .. 1", "local s = ('x'):rep(60000)", "local x = s .. '!'")
case("append 1 byte 100 times", "", "local s = '' for k = 1, 100 do s = s .. 'x' end")
case("s == s (same)", TEXT .. "local r = ('the quick brown fox '):rep(5)", "local x = s == r")
case("s == s (10 bytes, other)", "local a, b = 'abcdefghij', 'abcdefghik'", "local x = a == b")
case("s < s", "local a, b = 'abcdefghij', 'abcdefghik'", "local x = a < b")
case("s < s of 100", TEXT .. "local r = s:sub(1, -2) .. 'z'", "local x = s < r")
case("t[made key]", "local t = {} for k = 0, 63 do t['k' .. k] = k end", "local x = t['k' .. (i & 63)]")
case("t[made key] = v, new tables", "", "local t = {} for k = 1, 8 do t['k' .. k] = k end")
case("made key of 60 bytes", "local p = ('p'):rep(58) local t = {} for k = 0, 63 do t[p .. k] = k end",
  "local x = t[p .. (i & 63)]")

local packed = {
  {"i4", "<i4", "i"}, {"i8", "<i8", "i"}, {"I2", "<I2", "i & 0xffff"}, {"b", "b", "i & 127"}, {"d", "<d", "i + 0.5"},
  {"f", "<f", "0.5"}, {"s4", "<s4", "'hello world'"}, {"z", "z", "'hello world'"}, {"i3", ">i3", "i & 0xffff"},
  {"c10", "c10", "'hello'"}, {"j", "j", "i"}, {"!8 b i8", "!8 b i8", "1, i"}, {"i16", "<i16", "i"},
}
for _, p in ipairs(packed) do
  local value = p[3]
  case("string.pack " .. p[1], "local pack = string.pack", "local x = pack('" .. p[2] .. "', " .. value .. ")")
  case("string.unpack " .. p[1], "local unpack, i = string.unpack, 100 local s = string.pack('" .. p[2] .. "', "
    .. value .. ")", "local x = unpack('" .. p[2] .. "', s)")
end
case("string.pack of 8", "local pack = string.pack", "local x = pack('<i4i4i4i4ddbb', 1, 2, 3, 4, 0.5, 1.5, 6, 7)")
case("string.unpack of 8", "local unpack = string.unpack local s = string.pack('<i4i4i4i4ddbb', 1, 2, 3, 4, 0.5, 1.5, 6, 7)",
  "local x = unpack('<i4i4i4i4ddbb', s)")
case("string.packsize", "local f = string.packsize", "local x = f('<i4i4i4i4ddbb')")
return cases
