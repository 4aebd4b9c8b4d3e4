-- stderr: luas: told by __tostring
error(setmetatable({}, {__tostring = function() return "told by __tostring" end}))
