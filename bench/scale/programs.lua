-- The programs of the scale section: programs.lua <program>.
local items, depth, rounds = 10000000, 10000, 100

local function down(n, sum)
  if n == 0 then return sum end
  return down(n - 1, sum + n)
end

local function range(last)
  local i = -1
  return function()
    i = i + 1
    if i < last then return i end
  end
end

local function filter(source, keep)
  return function()
    for item in source do
      if keep(item) then return item end
    end
  end
end

local function take(source, count)
  return function()
    if count == 0 then return nil end
    count = count - 1
    return source()
  end
end

local programs = {
  tail_calls = function()
    local total = 0
    for _ = 1, rounds do total = total + down(depth, 0) end
    return total
  end,
  range_sum = function()
    local sum = 0
    for i in range(items) do sum = sum + i end
    return sum
  end,
  range_filter_take = function()
    local sum = 0
    for i in take(filter(range(items), function(i) return i % 3 == 0 end), items // 4) do sum = sum + i end
    return sum
  end,
}

local run = programs[arg[1]]
collectgarbage()
local before = collectgarbage("count")
local started = os.clock()
local result = run()
local ms = (os.clock() - started) * 1000
print(string.format('{"result": "%d", "ms": %f, "grownMb": %f}', result, ms, (collectgarbage("count") - before) / 1024))
