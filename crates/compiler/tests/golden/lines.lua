-- Which line each instruction is attributed to.
local a =
  b
  .c
  .d
local e = a
  +
  b
f(
  a.b,
  c
)
local t = {
  a,
  b = c,
  [d] =
    e
}
if
  a.b
then
  c = 1
else
  c = 2
end
while
  a
do
  f
  (
  )
end
for i =
  a.b,
  c
do
end
for k
  in
  f(x)
do
  g()
end
repeat
until
  x
local function h(
  p,
  ...
)
  p = function() return p end

  return
    p
end
function a
  .b
  :c()
  return
end
return [[
long
string]] .. a
