function run()
  local xs = {}
  for i = 0, 999 do xs[#xs + 1] = i end
  local sum = 0
  for round = 1, 100 do
    for _, x in ipairs(xs) do sum = sum + x end
  end
  return sum
end
