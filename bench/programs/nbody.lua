local function advance(bs, dt)
  local n = #bs
  for i = 1, n do
    local a = bs[i]
    for j = i + 1, n do
      local b = bs[j]
      local dx, dy = a.x - b.x, a.y - b.y
      local d2 = dx * dx + dy * dy + 0.01
      local mag = dt / (d2 * math.sqrt(d2))
      a.vx = a.vx - dx * b.m * mag
      a.vy = a.vy - dy * b.m * mag
      b.vx = b.vx + dx * a.m * mag
      b.vy = b.vy + dy * a.m * mag
    end
  end
  for i = 1, n do
    local b = bs[i]
    b.x = b.x + dt * b.vx
    b.y = b.y + dt * b.vy
  end
end
function run()
  local bodies = {
    { x = 0.0, y = 0.0, vx = 0.0, vy = 0.0, m = 40.0 },
    { x = 4.8, y = 1.1, vx = 0.6, vy = 2.8, m = 0.04 },
    { x = 8.3, y = 4.1, vx = 1.0, vy = 1.8, m = 0.01 },
    { x = 12.9, y = 15.1, vx = 1.1, vy = 0.9, m = 0.002 },
    { x = 15.4, y = 25.9, vx = 1.0, vy = 0.6, m = 0.002 },
  }
  for step = 1, 200 do advance(bodies, 0.01) end
  return math.tointeger((math.modf(bodies[2].x * 1000000.0)))
end
