-- status: 7
-- stdout: flushed
-- os.exit in any thread ends the process now, with buffers flushed and without __close.
local c <close> = setmetatable({}, {__close = function() print "not shown" end}) threads.run(function() io.write("flushed\n") os.exit(7) end) threads.sleep(3600)
