function run()
  local sum, i = 0, 0
  while i < 200000 do
    sum = (sum + i * 3 - i // 2) % 1000003
    i = i + 1
  end
  return sum
end
