-- Sizes at the edges of every integer type: an error or a result, never a crash.
local edges = {0, 1, -1, 2^31 - 1, 2^31, -2^31, 2^32, 2^53, 2^63, -2^63, math.maxinteger, math.mininteger, math.maxinteger - 1, 1/0, 0/0, -0.0}
local function int(v) return math.tointeger(v) or v end
for _, a in ipairs(edges) do a = int(a) for _, b in ipairs(edges) do b = int(b)
  pcall(string.sub, "abc", a, b) pcall(string.byte, "abc", a, b) pcall(string.find, "abc", "b", a) pcall(utf8.offset, "abc", a, b) pcall(utf8.codepoint, "abc", a, b) pcall(utf8.len, "abc", a, b) pcall(select, a, 1, 2) pcall(string.char, a) pcall(utf8.char, a) pcall(math.random, a, b) pcall(math.fmod, a, b) pcall(math.ult, a, b) pcall(debug.getlocal, a, b) pcall(debug.getinfo, a) pcall(debug.getupvalue, print, a) pcall(string.pack, "i16", a) pcall(string.unpack, "b", "abc", a) pcall(tonumber, "10", a) pcall(error, "x", a) pcall(table.remove, {}, a) pcall(table.insert, {}, a, 1) pcall(io.read, a) pcall(rawset, {}, a, b) pcall(string.format, "%d %x", a, b) pcall(coroutine.wrap(function() return a end)) pcall(os.date, "%Y", a) pcall(os.time, {year = a, month = b, day = 1}) pcall(setmetatable({}, {__index = function() end}).x, a)
  local ok, n = pcall(function() return select("#", table.unpack({}, a, b)) end) assert(not ok or n < 1e6)
end pcall(string.rep, "x", -1) end
for _, n in ipairs {2^62, math.maxinteger, math.maxinteger - 1} do n = int(n) assert(not pcall(string.rep, "abc", n)) assert(not pcall(string.rep, "abc", n, ",")) assert(not pcall(table.concat, {}, "x", 1, n)) assert(not pcall(table.unpack, {}, 1, n)) end
for _, f in ipairs {"%99999d", "%.99999f", "%123s", "%-+ #0-+ #0d", "%", "%5", "%.", "%.5", ("%"):rep(1001), "%99.99f"} do pcall(string.format, f, 1) end
for _, p in ipairs {("a?"):rep(5000), ("%b"):rep(100), ("["):rep(1000), ("(.)"):rep(33), ("()"):rep(33), "%f", "%", "[%", ("%1"):rep(10), ("."):rep(100000)} do pcall(string.find, ("a"):rep(100), p) pcall(string.gsub, ("a"):rep(100), p, "%1") end
print "ok"
