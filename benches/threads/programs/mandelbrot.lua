-- The Mandelbrot set: rows of very different length, taken from a shared counter.
-- Size 1000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local size = job.size
job.finish(job.take(size, function(row)
  local sum, ci = 0, 2.0 * row / size - 1.0
  for column = 1, size do
    local cr, zr, zi, n = 2.0 * column / size - 1.5, 0.0, 0.0, 0
    while n < 200 and zr * zr + zi * zi < 4.0 do
      zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
      n = n + 1
    end
    sum = sum + n
  end
  return sum
end))
