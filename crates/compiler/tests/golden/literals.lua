-- Numerals, strings and constant expressions.
local ints = {0, 7, -7, 255, 256, 32767, 32768, 0x7f, 0xffffffffffffffff, 9223372036854775807, 9223372036854775808}
local floats = {0.0, 1.0, -1.5, 1e3, 1e100, .5, 5., 0x.8p1, 0xA.8, 3e-2}
local strings = {"a\n\t\"\\\065\x41\u{20AC}\z
   b", 'it\'s', [[
long]], [==[a]]b]==], "nul\0byte"}
local folded = 1 + 2 * 3 - 4 // 3 % 5, 2 ^ 10, 7 / 2, 1 << 62, ~0, -(-3), 5 & 6 | 7 ~ 1
local kept = 1 // 0, 1 % 0, 0 / 0, -0.0, 0.0 * -1, 1.5 & 1, "1" + 1, 2^1024 - 2^1024
local logic = not nil, not 1, nil and 1, 1 and 2, false or "x", nil == false
