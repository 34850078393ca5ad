function run()
  local hits, i = 0, 0
  while i < 200000 do
    if i > 1000 and i <= 150000 and i ~= 777 then hits = hits + 1 end
    if i == 5 or i >= 199990 then hits = hits + 2 end
    i = i + 1
  end
  return hits
end
