-- stderr: resulting string too large
local s = ("xxxxxxxx"):rep(math.maxinteger)
