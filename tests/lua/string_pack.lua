-- string.pack, unpack, packsize: sizes, endianness, alignment, limits, errors.
local function hex(s) return (s:gsub(".", function(c) return string.format("%02x", c:byte()) end)) end
local function pk(fmt, ...)
  local ok, r = pcall(string.pack, fmt, ...)
  print(fmt, ok and hex(r) or r)
  if ok then print("", pcall(string.unpack, fmt, r)) end
end
for _, e in ipairs {"<", ">", "="} do
  for _, v in ipairs {0, 1, -1, 127, -128, 1000} do
    for _, k in ipairs {"b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "i1", "i2", "i3", "i7", "i8", "i9", "i16", "I1", "I3", "I16"} do pk(e .. k, v) end
  end
  for _, v in ipairs {0.0, -0.0, 1.5, -1e100, 1/0, 1e-40} do pk(e .. "f", v) pk(e .. "d", v) pk(e .. "n", v) end
  pk(e .. "s", "hello") pk(e .. "s1", "hello") pk(e .. "s2", "hello") pk(e .. "z", "hello") pk(e .. "c5", "hello") pk(e .. "c8", "hello") pk(e .. "c0", "")
  pk(e .. "!4 i1 i4 i1", 1, 2, 3) pk(e .. "!8 b d", 1, 2) pk(e .. "!2 b i8", 1, 2) pk(e .. "! b j", 1, 2) pk(e .. "b Xi4 i4", 1, 2) pk(e .. "!4 b Xi4 b", 1, 2) pk(e .. "bxb", 1, 2) pk(e .. "bxxxb", 1, 2)
end
pk("i17", 1) pk("i0", 1) pk("c", "x") pk("c3", "toolong") pk("z", "a\0b") pk("s1", ("x"):rep(300)) pk("b", 128) pk("b", -129) pk("B", 256) pk("B", -1) pk("i2", 40000) pk("I2", 65536) pk("i3", 1 << 23) pk("q", 1) pk("!3 i4", 1) pk("!17 i4", 1) pk("X", 1) pk("Xz", 1) pk("b", "x") pk("b", 1.5) pk("b") pk("d", "1.5") pk("d", {}) pk("z", 5) pk("i", "10") pk(" < b > h = i ", 1, 2, 3) pk("") pk("<!4>i2", 5)
pk("j", math.maxinteger) pk("j", math.mininteger) pk("J", -1) pk("i16", math.mininteger) pk("I16", -1) pk(">i9", -2)
for _, f in ipairs {"b", "h", "i", "l", "j", "T", "f", "d", "n", "i3", "i16", "c10", "!4 i1 i4", "!8 b d b", "<i4>i8", "bXi8", "!8 b Xd", "s", "z", "i17", "", "c2147483647c2147483647", "b x b"} do print(f, pcall(string.packsize, f)) end
print(pcall(string.unpack, "i4", "abc")) print(pcall(string.unpack, "i4", "abcdefgh", 3)) print(pcall(string.unpack, "b", "abc", 4)) print(pcall(string.unpack, "b", "abc", 5)) print(pcall(string.unpack, "b", "abc", -1)) print(pcall(string.unpack, "b", "abc", -10)) print(pcall(string.unpack, "z", "abc")) print(pcall(string.unpack, "s1", "\5abc")) print(pcall(string.unpack, "i9", ("\255"):rep(8) .. "\1")) print(pcall(string.unpack, "I9", ("\255"):rep(8) .. "\1")) print(string.unpack("<i9", ("\255"):rep(9))) print(string.unpack("<I9", ("\255"):rep(8) .. "\0")) print(string.unpack("bbb", "\1\2\3")) print(string.unpack("<i2 >i2", "\1\0\0\1", 1)) print(pcall(string.unpack, "c-1", "x")) print(pcall(string.unpack)) print(pcall(string.unpack, "b"))
print(string.unpack("<d", string.pack("<d", 0/0)) ~= string.unpack("<d", string.pack("<d", 0/0)))
-- any NaN pattern comes in as a number
for hi = 0xfff0, 0xffff do local v = string.unpack("<d", string.pack("<I8", hi << 48 | 5)); io.write(math.type(v), v ~= v and "n" or "o", " ") end print()
for hi = 0x7ff0, 0x7fff do local v = string.unpack(">d", string.pack(">I8", hi << 48 | 5)); io.write(math.type(v), v ~= v and "n" or "o", " ") end print()
local t = {} for i = 1, 100 do t[i] = string.pack("<s2i4d", "k" .. i, i * i, i / 4) end local all, pos, n = table.concat(t), 1, 0 while pos <= #all do local k, v, d k, v, d, pos = string.unpack("<s2i4d", all, pos) n = n + v + d + #k end print(n, #all)
