-- string.format: every directive with flags, widths, precisions; %q; errors.
local function f(...) local ok, r = pcall(string.format, ...) print(ok and "[" .. r .. "]" or r) end
local ints = {0, 1, -1, 42, -42, 255, 1 << 31, 1 << 49, math.maxinteger, math.mininteger, 3.0}
for _, spec in ipairs {"%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%8.3d", "%-8.3d|", "%+.0d", "%i", "%u", "%x", "%X", "%#x", "%08x", "%o", "%#o", "%c", "%20d", "%-20d|", "%020d", "%.20d"} do
  local line = {}
  for _, v in ipairs(ints) do
    local ok, r = pcall(string.format, spec, spec == "%c" and (v & 127) or v)
    line[#line + 1] = (ok and r or r:gsub("\n", "N")):gsub("%z", "0")
  end
  print(spec, table.concat(line, ","))
end
local floats = {0.0, -0.0, 1.0, -1.5, 0.1, 123456.789, 1e10, 1e100, 1e-10, 1/3, 1/0, -1/0, 2^53, 5}
for _, spec in ipairs {"%f", "%.0f", "%.1f", "%.10f", "%10.2f", "%-10.2f|", "%+f", "% f", "%010.3f", "%#.0f", "%e", "%.2e", "%E", "%g", "%.3g", "%G", "%#g", "%.14g", "%.17g", "%a", "%.3a", "%A", "%20.10g", "%-20g|", "%+.3e", "%5.1f"} do
  local line = {}
  for _, v in ipairs(floats) do line[#line + 1] = string.format(spec, v) end
  print(spec, table.concat(line, ","))
end
f("%s %s %s", 1, 2.5, "x") f("%s", nil) f("%s", true) f("%10s|", "abc") f("%-10s|", "abc") f("%.2s|", "abc") f("%10.2s|", "abc") f("%.0s|", "abc") f("%s", "a\0b") f("%5s|", "abcdefgh") f("%.20s", "abc") f("%99s|", "x") f("%%") f("%5%") f("100%%")
f("%s", setmetatable({}, {__tostring = function() return "custom" end})) f("%s", setmetatable({}, {__tostring = function() return 1 end})) f("%5s|%-8s|", setmetatable({}, {__tostring = function() return "cu" end}), "l")
f((("%s"):rep(3)), 1, 2, 3) f("%d", "10") f("%d", "0x10") f("%d", "1.0") f("%d", "1.5") f("%d", "x") f("%d") f("%d", nil) f("%d", {}) f("%d", 1.5) f("%d", 2^63) f("%d", 1/0) f("%x", 1.5) f("%c", "x") f("%f", "x") f("%f") f("%s")
f("%y", 1) f("%", 1) f("%10") f("%1000d", 1) f("%.1000d", 1) f("%0100d", 1) f("%ll", 1) f("%#d", 1) f("%+s", "x") f("%0s", "x") f("% s", "x") f("%.3c", 65) f("%5c|", 65) f("%-5c|", 65) f("%+x", 1) f("%#s", "x") f("%.5q", "x") f("%5q", "x") f("%.3i", 5) f("%a b", 1) f("%--5d|", 5) f("%+ 5d|", 5) f("%-+5d|", 5) f("%-05d|", 5) f("%1$d", 5) f("%n", 5) f("%p", 1) f("%p", nil) f("%10p|", 1) f("%-10p|", true) f("%p", 1.5) f("%p") f("%.3p", {})
for _, v in ipairs {0, 1, -1, 42, math.maxinteger, math.mininteger, 0.0, -0.0, 0.1, 1.5, 1e100, 2^63, 1/0, -1/0, "", "abc", "a\nb", "a\0b", "a\0001", "\r\t\\\"'", "\200\255", "\1272", "\127", true, false} do
  local q = string.format("%q", v)
  print(q, load("return " .. q)() == v)
end
f("%q", nil) f("%q", 0/0) f("%q", {}) f("%q", print) f("%q")
local t = {} print(string.format("%p", t) == string.format("%p", t), string.format("%p", t) ~= string.format("%p", {}), string.format("%p", print) == string.format("%p", print), string.format("%p", "abc") == string.format("%p", "ab" .. "c"), string.format("%s", t) == tostring(t), string.format("%p", t):match("^0x%x+$") ~= nil)
print(tostring(t):match("^table: 0x%x+$") ~= nil, tostring(print):match("^builtin: %x+$") == nil, tostring(print):match("^function: ") ~= nil, tostring(coroutine.create(print)):match("^thread: 0x") ~= nil, tostring(io.stdout):match("^file %(0x%x+%)$") ~= nil)
f(("x"):rep(500) .. "%d", 5) f("%s", ("y"):rep(1000)) f("%-200s|", "x") f("%99.99f", 1/3) f("%.99f", 1/3) f("%99d", 7)
print(#string.format("%99.99f", -1e308), #string.format("%s%s", ("a"):rep(5000), ("b"):rep(5000)))
print(pcall(string.format)) print(pcall(string.format, nil)) print(pcall(string.format, {})) print(string.format(5), string.format("no directives", 1, 2, 3))
