function run()
  local x, i = 42, 0
  while i < 50000 do
    x = x * 6364136223846793005 + 1442695040888963407
    i = i + 1
  end
  return x
end
