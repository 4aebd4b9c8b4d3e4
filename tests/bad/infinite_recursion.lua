-- stderr: stack overflow
-- stderr: stack traceback:
local function f() return 1 + f() end
f()
