-- Threads that run the same instructions at the same moment, each with its own kinds of numbers.
local scale = os.getenv("LUAS_TEST_SCALE") == "small" and 20 or 10000
local function calculate(x, y, n)
  local sum = x
  for _ = 1, n do
    sum = sum + y
    if sum - x < y then sum = sum * 2 end
    sum = sum - y * 3
    if not (x <= sum) then sum = x end
  end
  return sum
end
local kinds = {{1, 2}, {1.5, 0.25}, {1 << 60, (1 << 58) + 1}, {1, 0.5}, {0.5, 3}, {-(1 << 49), 1}, {0.5, 1e300}, {math.mininteger, 7}}
local source = string.dump(calculate)
for round = 1, 20 do
  -- A fresh function each time, in the compiler's forms.
  local f, wanted, running = load(source), {}, {}
  for i, kind in ipairs(kinds) do
    -- Another copy says what is right.
    wanted[i] = load(source)(kind[1], kind[2], scale)
    running[i] = threads.run(function()
      local last
      for _ = 1, 5 do last = f(kind[1], kind[2], scale) end
      return last
    end)
  end
  for i, thread in ipairs(running) do
    local got = thread:join()
    assert(got == wanted[i] and math.type(got) == math.type(wanted[i]), i)
  end
end
print "ok"
