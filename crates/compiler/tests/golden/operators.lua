-- Operands in registers, constants and immediates.
local a, b
local sums = a + b, a + 1, a + 127, a + 128, a - 1, 1 + a, 1 - a, a + 1.5, a + "1"
local products = a * 2, 2 * a, a / 2, a // 2, a % 2, a ^ 2, 2 ^ a
local bits = a & 1, a | 1.0, a ~ b, a << 1, a >> 1, 1 << a, a << 0, a >> -1, a << 200, 300 >> a, 1 & a, ~a
local others = -a, not a, #a, - -a, not not a
local texts = a .. b, a .. 1 .. "x" .. b, (a .. b) .. a, a .. (b .. a)
local chain = a + b * a - b / a
local globals = x + y * x.y[a][1].z
