-- status: 1
-- stderr: main fails
local up = threads.channel() threads.run(function() up:send(1) while true do end end) up:recv() error("main fails")
