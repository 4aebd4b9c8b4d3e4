-- loadfile and dofile: first lines, byte order marks, names in messages.
local name = os.tmpname()
local function show(...)
  local line = {}
  for i = 1, select("#", ...) do line[i] = tostring((select(i, ...))):gsub(name, "FILE") end
  print(table.concat(line, "\t"))
end
local function try(text)
  local f = assert(io.open(name, "wb"))
  f:write(text)
  f:close()
  local chunk, why = loadfile(name)
  if chunk then show("loaded", pcall(chunk, 1)) else show(why) end
  show(pcall(dofile, name))
end
local line = "return debug.getinfo(1, 'l').currentline"
for _, text in ipairs {"return 1", "return ...", "#x\n" .. line, "#!x\n\n" .. line, "#x", "#", "", "\n#x", "#a\r\nreturn 3",
  "##\n##\n", "#\n\n\nerror'x'", "x=", "\n\n=1", "return 'a\0b'", "return 1\n#"} do
  try(text)
  try("\xEF\xBB\xBF" .. text)
end
for _, text in ipairs {"\xEF", "\xEF\xBB", "\xEFreturn 1", "\xEF\xBBreturn 1", " \xEF\xBB\xBFreturn 1", "\xEF\xBB\xBF\xEF\xBB\xBF"} do try(text) end
try("x = 1 return x")
local env = {}
show(loadfile(name, "t", env)() == 1, env.x)
show(loadfile(name, "b"))
show(loadfile(name, "x"))
show(pcall(loadfile, name, {}))
show(pcall(loadfile, {}))
os.remove(name)
show(pcall(dofile, name))
show(loadfile(name))
show(loadfile("/"))
