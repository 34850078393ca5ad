local function countdown(n)
  if n == 0 then return 0 end
  return 1 + countdown(n - 1)
end
function run()
  local sum = 0
  for round = 1, 200 do sum = sum + countdown(400) end
  return sum
end
