local function risky(i)
  if i % 100 == 0 then error("hundred", 0) end
  return i
end
function run()
  local sum, i = 0, 0
  while i < 20000 do
    local ok, value = pcall(risky, i)
    if ok then sum = sum + value else sum = sum + 1 end
    i = i + 1
  end
  return sum
end
