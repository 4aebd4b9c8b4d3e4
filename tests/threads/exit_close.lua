-- status: 4
-- stdout: closed by exit
local up = threads.channel() threads.run(function() local c <close> = setmetatable({}, {__close = function() print "closed by exit" end}) up:send(1) threads.sleep(3600) end) up:recv() os.exit(4, true)
