function run()
  local inside = 0
  for py = 0, 39 do
    for px = 0, 39 do
      local cx, cy = px * 0.075 - 2.0, py * 0.05 - 1.0
      local x, y, k = 0.0, 0.0, 0
      while k < 50 and x * x + y * y < 4.0 do
        local t = x * x - y * y + cx
        y = 2.0 * x * y + cy
        x = t
        k = k + 1
      end
      if k == 50 then inside = inside + 1 end
    end
  end
  return inside
end
