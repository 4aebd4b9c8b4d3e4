-- status: 1
-- stderr: main fails
-- An error in main cancels the others; their cleanup runs; a thread that ignores it is left after the grace.
-- stdout: cleaned
local up = threads.channel() threads.run(function() local c <close> = setmetatable({}, {__close = function() print "cleaned" end}) up:send(1) threads.sleep(3600) end) up:recv() error("main fails")
