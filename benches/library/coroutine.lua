-- The library coroutine.
return {
  {"coroutine.resume and yield", [[
    local yield, resume = coroutine.yield, coroutine.resume
    local c = coroutine.create(function() while true do yield() end end)]], "resume(c)"},
  {"resume and yield of 3 values", [[
    local yield, resume = coroutine.yield, coroutine.resume
    local c = coroutine.create(function(a, b, c) while true do a, b, c = yield(a, b, c) end end)]],
    "local ok, a, b, c = resume(c, i, i, i)"},
  {"coroutine.wrap, a step", [[
    local yield = coroutine.yield
    local f = coroutine.wrap(function() local n = 0 while true do n = n + 1 yield(n) end end)]], "local x = f()"},
  {"coroutine.wrap as an iterator of 10", [[
    local wrap, yield = coroutine.wrap, coroutine.yield
    local function body() for n = 1, 10 do yield(n) end end]], "for n in wrap(body) do end"},
  {"create and run to the end", [[
    local create, resume = coroutine.create, coroutine.resume
    local function body(x) return x end]], "local ok, x = resume(create(body), i)"},
  {"coroutine.create alone", "local create = coroutine.create local function body() end", "local c = create(body)"},
  {"create, yield once, drop", [[
    local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
    local function body() yield() end]], "local c = create(body) resume(c)"},
  {"create, yield once, close", [[
    local create, resume, yield, close = coroutine.create, coroutine.resume, coroutine.yield, coroutine.close
    local function body() yield() end]], "local c = create(body) resume(c) close(c)"},
  {"coroutine.status", "local status = coroutine.status local c = coroutine.create(print)", "local x = status(c)"},
  {"coroutine.running", "local running = coroutine.running", "local c, main = running()"},
  {"coroutine.isyieldable", "local f = coroutine.isyieldable", "local x = f()"},
  {"error in a coroutine", [[
    local create, resume = coroutine.create, coroutine.resume
    local function body() error("x", 0) end]], "local ok, x = resume(create(body))"},
  {"yield across pcall", [[
    local yield, resume = coroutine.yield, coroutine.resume
    local c = coroutine.create(function() while true do pcall(yield) end end)]], "resume(c)"},
}
