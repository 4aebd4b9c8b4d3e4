-- Labels and jumps to them.
::top::
local a
goto forward
do ::forward_inner:: goto forward_inner end
::forward:: ;
do
  goto last
  local b
  ::last:: ::also_last:: ;
end
do
  local c
  ::loop::
  local f = function() return c end
  c = f()
  if a then goto loop end
  if c then goto top end
end
while a do
  do goto continue end
  a = nil
  ::continue::
end
