-- Numeric loops at the ends of the ranges of integers and floats, with limits and steps of both kinds.
local function run(a,b,c) local n,last=0 for i=a,b,c do n=n+1 last=i if n>6 then break end end io.write(n," ",tostring(last)," ") end
for _,a in ipairs{1,-3,10,1.0,0.5,(1<<49)-2,-(1<<49)+1,math.maxinteger-1,math.mininteger+1} do for _,b in ipairs{1,0,-10,12,3.5,-2.5,(1<<49)-1,-(1<<49),1<<62,math.maxinteger,math.mininteger,1/0,-1/0,0/0} do for _,c in ipairs{1,-1,3,-7,0.5,-0.25,1<<50,-(1<<50),math.maxinteger,math.mininteger} do run(a,b,c) end print() end end
for a=-2,2 do for b=-2,2 do local n=0 for i=a,b do n=n+i*10+1 end io.write(n," ") end end
for i=math.maxinteger-2,math.maxinteger do io.write(i," ") end for i=(1<<49)-2,(1<<49)+1 do io.write(i," ") end
for i=(1<<49)-2,1e15 do io.write(i," ") if i>(1<<49)+2 then break end end print()
