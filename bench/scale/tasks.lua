-- The same as `harn-tasks.mjs` with coroutines: tasks.lua <count>.
local count = tonumber(arg[1])
collectgarbage()
local before = collectgarbage("count")
local started = os.clock()
local tasks = {}
for i = 0, count - 1 do
  local task = coroutine.create(function(n)
    coroutine.yield()
    return n
  end)
  coroutine.resume(task, i)
  tasks[#tasks + 1] = task
end
local parked = os.clock()
collectgarbage()
local bytes = (collectgarbage("count") - before) * 1024 / count
local waking = os.clock()
local sum = 0
for _, task in ipairs(tasks) do
  local _, value = coroutine.resume(task)
  sum = sum + value
end
local done = os.clock()
assert(sum == count * (count - 1) / 2)
print(string.format('{"bytes": %f, "parkUs": %f, "wakeUs": %f}', bytes, (parked - started) * 1e6 / count, (done - waking) * 1e6 / count))
