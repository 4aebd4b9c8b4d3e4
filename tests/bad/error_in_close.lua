-- stderr: luas: error_in_close.lua:2: in close
local x <close> = setmetatable({}, {__close = function() error("in close") end})
