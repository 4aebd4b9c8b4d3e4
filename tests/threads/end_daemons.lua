-- stdout: daemon cleaned
-- Daemons are cancelled when only they are left.
local up = threads.channel() threads.run({daemon = true}, function() local c <close> = setmetatable({}, {__close = function() print "daemon cleaned" end}) up:send(1) threads.sleep(3600) end) up:recv()
