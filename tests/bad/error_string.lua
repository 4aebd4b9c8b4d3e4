-- stderr: luas: error_string.lua:4: an error
-- stderr: stack traceback:
-- stderr: in main chunk
error("an error")
