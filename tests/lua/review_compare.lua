-- `__lt` stands in for `__le`, also across yields.
local mt={__lt=function(a,b) local function v(x) return type(x)=="table" and x.v or x end return v(a)<v(b) end} local function N(v) return setmetatable({v=v},mt) end
print(pcall(function() return N(1)<=N(2),N(2)<=N(1),N(1)>=N(2),N(1)<N(2),N(2)<=N(2) end))
print(pcall(function() return N(1)<=3,3<=N(1),N(1)>=3,3>=N(1),N(3)<=3,N(1)<3,N(4)>3,3<N(4),3>N(4) end))
mt.__le=function(a,b) return "le" end print(N(1)<=N(2),N(2)<=N(1), N(1)>=N(5))
mt.__le=function() return nil end print(N(1)<=N(2),N(2)<=N(1), N(1)>=N(5)) mt.__le=nil
mt.__lt=function(a,b) return coroutine.yield("y") end
local co=coroutine.wrap(function() local r={} r[1]=N(1)<=N(2) r[2]=N(1)<N(2) if N(1)<=N(2) then r[3]="t" else r[3]="f" end return r[1],r[2],r[3] end)
print(co()) print(co(true)) print(co(true)) print(co(nil))
print(pcall(function() return {}<={} end)) print(pcall(function() return 1<={} end)) print(pcall(function() return N(1)<=N(2) end))
