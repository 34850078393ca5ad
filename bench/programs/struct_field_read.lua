function run()
  local p = { x = 1, y = 2, z = 3 }
  local sum, i = 0, 0
  while i < 200000 do
    sum = sum + p.x + p.y + p.z
    i = i + 1
  end
  return sum
end
