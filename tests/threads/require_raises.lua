-- An `__index` of package.loaded that raises while a module is being asked for leaves nobody waiting.
local looks = 0
setmetatable(package.loaded, {__index = function(_, name)
  if name ~= "wanted" then return nil end
  looks = looks + 1
  if looks == 2 then error("at the second look", 0) end
end})
package.preload.wanted = function() return {here = true} end
threads.run(function() end):join()
local ok, e = pcall(require, "wanted")
assert(not ok and e == "at the second look", e)
local other = threads.run(function() return require "wanted".here end)
assert(other:join() == true)
assert(require "wanted".here)
print "ok"
