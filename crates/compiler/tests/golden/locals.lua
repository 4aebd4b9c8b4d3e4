-- Declarations, assignments and the conflicts between their sides.
local a, b, c
local d
local e <const>, f <const> = 10, "ten"
local g, h = a, b, c
local i, j = f()
local k, l = f(), 1
a = b
a, b = b, a
a, b, c = 1
a, b = 1, 2, 3
a, b = f()
a[b], b = 1, 2
a.x, a = 1, 2
a[1], a = a, 1
x, y = y, x
a = e + 1
local m <const> = e * 2
local n = m, f
_ENV.x, _ENV = 1, {}
