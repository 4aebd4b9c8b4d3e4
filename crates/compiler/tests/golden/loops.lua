-- The kinds of for.
for i = 1, 10 do f(i) end
for i = a, b, -1 do local x = i; g(x) break end
for k in next, t do f(k) end
for k, v, w in pairs(t) do
  if k then goto continue end
  for i = 1, 2 do if v then break end if i then goto out end end
  ::continue::
end
::out::
repeat
  local x <close> = f()
  if x then break end
until x == y
while f() do
  local x <close>, y = f()
  if x then goto done end
  local function use() return x, y end
end
::done::
do
  ::again::
  local z <close> = f()
  if z then goto again end
end
