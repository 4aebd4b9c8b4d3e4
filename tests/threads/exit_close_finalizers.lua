-- status: 3
-- stdout: of a shared object
-- stdout: of an object of main
-- stdout: of an object of the thread
-- stderr: thread cancelled: exit
-- os.exit(code, true) in a thread that is not the main one closes the state: all finalizers run.
local function object(text) return setmetatable({}, {__gc = function() print("of " .. text) end}) end
shared = object "a shared object"
local up, here = threads.channel(), object "an object of main"
threads.run(function() local own = object "an object of the thread" up:send(1) os.exit(3, true) end)
up:recv()
threads.sleep(3600)
