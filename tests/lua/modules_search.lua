-- Searchers, loaders and their messages.
local name = os.tmpname()
local folder, base = name:match("^(.*/)([^/]*)$")
package.path, package.cpath = folder .. "?", ""
local function write(text)
  local f = assert(io.open(name, "wb"))
  f:write(text)
  f:close()
end
local function show(...)
  local line = {}
  for i = 1, select("#", ...) do
    line[i] = tostring((select(i, ...))):gsub(name, "FILE"):gsub(base, "NAME"):gsub(folder, "FOLDER"):gsub("0x%x+", "ADDRESS")
  end
  print(table.concat(line, "\t"))
end
local function fresh(text)
  package.loaded[base] = nil
  write(text)
  show(pcall(require, base))
  show(package.loaded[base])
end

-- What a loader returns and does.
fresh "return 5, 6"
fresh "return false"
show(require(base))
fresh "return nil"
fresh ""
fresh "local a, b = ... print(a == (...), b ~= nil, select('#', ...)) package.loaded[a] = 7"
fresh "package.loaded[...] = 7 return 8"
fresh "error({})"
fresh "error('text')"
fresh "x ="
fresh "#!first line\nreturn 'second'"
os.remove(name)

-- Searchers: what they may return.
local searchers = package.searchers
local function with(...)
  package.searchers = {...}
  show(pcall(require, "nowhere"))
  package.loaded.nowhere = nil
end
with()
with(function() end)
with(function() return nil, "ignored" end)
with(function() return 12 end)
with(function() return "one" end, function() return false end, function() return "two" end)
with(function() return {}, "ignored" end)
with(function(...) return function(...) return select("#", ...) end end)
with(function(...) return function(...) return (select(2, ...)) end, "data" end)
with(function() error("searcher fails", 0) end)
with(function(n) return coroutine.wrap(function() end), n end)
package.searchers = setmetatable({}, {__index = function() error "never asked" end})
show(pcall(require, "nowhere"))
package.searchers = "no table"
show(pcall(require, "nowhere"))
package.searchers = searchers

-- Paths.
package.path, package.cpath = "?.x;./?/y.x", "?.none"
show(pcall(require, "no.such.module"))
show(pcall(require, "-x"))
package.path = ";;;"
show(pcall(require, "nowhere"))
package.path = nil
show(pcall(require, "nowhere"))
package.path = 5
show(pcall(require, "nowhere"))
package.path, package.cpath = "", {}
show(pcall(require, "nowhere"))
package.cpath = ""
show(pcall(require, "no.where"))
show(package.searchpath("a.b.c", "?.x;y/?;;z"))
show(package.searchpath("a.b", "?", ".", "_"))
show(package.searchpath("a.b", "?", ""))
show(package.searchpath("a.b", "?;?", "b", "%1"))
show(package.searchpath("", ""))
show(pcall(package.searchpath, "f"))
show((package.config:gsub("\n", "|")))

-- A value that is false does not count as loaded; other keys and metamethods of the tables are looked at.
package.loaded.off, package.preload.off = false, function(...) print(...) return "on" end
show(require "off")
show(require "off")
setmetatable(package.preload, {__index = function(_, k) return k == "made" and function() return "made up" end or nil end})
show(require "made")
setmetatable(package.preload, nil)
setmetatable(package.loaded, {__index = function(_, k) return k == "virtual" and "there" or nil end})
show(require "virtual", rawget(package.loaded, "virtual"))
setmetatable(package.loaded, nil)
local p = package
package = {}
p.preload.hidden = function() return "found" end
show(require "hidden")
package = p
show(pcall(require))
show(pcall(require, 12))
