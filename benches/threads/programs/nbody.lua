-- Many small systems of bodies that attract each other, each computed by one thread.
-- Size 1200
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local sqrt = math.sqrt

local function system(u)
  local random, bodies = job.random(u), {}
  for i = 1, 5 do
    bodies[i] = {
      x = random(100) / 10, y = random(100) / 10, z = random(100) / 10, vx = 0.0, vy = 0.0, vz = 0.0, mass = i * 0.1,
    }
  end
  return bodies
end

local function advance(bodies, dt)
  local n = #bodies
  for i = 1, n do
    local a = bodies[i]
    for j = i + 1, n do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      local d2 = dx * dx + dy * dy + dz * dz + 0.01
      local pull = dt / (d2 * sqrt(d2))
      a.vx, a.vy, a.vz = a.vx - dx * b.mass * pull, a.vy - dy * b.mass * pull, a.vz - dz * b.mass * pull
      b.vx, b.vy, b.vz = b.vx + dx * a.mass * pull, b.vy + dy * a.mass * pull, b.vz + dz * a.mass * pull
    end
  end
  for i = 1, n do
    local a = bodies[i]
    a.x, a.y, a.z = a.x + dt * a.vx, a.y + dt * a.vy, a.z + dt * a.vz
  end
end

job.finish(job.each(job.size, function(u)
  local bodies = system(u)
  for _ = 1, 800 do advance(bodies, 0.01) end
  local sum = 0.0
  for _, b in ipairs(bodies) do sum = sum + b.x + b.y + b.z end
  return (sum * 1e6) // 1 | 0
end))
