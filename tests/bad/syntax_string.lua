-- stderr: luas: syntax_string.lua:2: unfinished string near ''abc'
local s = 'abc
