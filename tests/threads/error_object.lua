-- status: 1
-- stderr: custom text
threads.run(function() error(setmetatable({}, {__tostring = function() return "custom text" end})) end):wait()
