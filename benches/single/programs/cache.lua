-- Hash tables: a cache of limited size, its keys made while it runs, its entries in a list from old to new.
-- Size 900000
local n = tonumber((...)) or 200

local Cache = {}
Cache.__index = Cache
function Cache.new(room)
  local head = {}
  head.before, head.after = head, head
  return setmetatable({room = room, count = 0, entries = {}, head = head, hits = 0}, Cache)
end
local function unlink(e)
  e.before.after, e.after.before = e.after, e.before
end
function Cache:push(e)
  local head = self.head
  e.before, e.after = head.before, head
  head.before.after = e
  head.before = e
end
function Cache:get(key)
  local e = self.entries[key]
  if not e then return nil end
  self.hits = self.hits + 1
  unlink(e)
  self:push(e)
  return e.value
end
function Cache:put(key, value)
  local e = {key = key, value = value}
  self.entries[key] = e
  self:push(e)
  self.count = self.count + 1
  if self.count > self.room then
    local oldest = self.head.after
    unlink(oldest)
    self.entries[oldest.key] = nil
    self.count = self.count - 1
  end
end

local cache, seed, sum = Cache.new(300), 99, 0
for _ = 1, n do
  seed = (seed * 16807) % 2147483647
  local key = "key" .. seed % 400
  local value = cache:get(key)
  if not value then
    value = seed % 1000
    cache:put(key, value)
  end
  sum = (sum + value) % 1000003
end
print(string.format("cache %d %d", sum, cache.hits))
