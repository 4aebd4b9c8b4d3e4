-- stderr: luas: syntax_near.lua:2: unexpected symbol near '+'
local x = + 1
