"""The same as `harn-tasks.mjs` with asyncio tasks and one future each: tasks.py <count>."""
import asyncio
import json
import sys
import time
import tracemalloc

count = int(sys.argv[1])


async def task(number, future):
    await future
    return number


async def measure():
    loop = asyncio.get_running_loop()
    started = time.process_time()
    futures = [loop.create_future() for _ in range(count)]
    tasks = [loop.create_task(task(i, future)) for i, future in enumerate(futures)]
    await asyncio.sleep(0)
    parked = time.process_time()
    bytes_each = tracemalloc.get_traced_memory()[0] / count if tracemalloc.is_tracing() else None
    waking = time.process_time()
    for future in futures:
        future.set_result(None)
    total = sum(await asyncio.gather(*tasks))
    done = time.process_time()
    assert total == count * (count - 1) // 2
    return bytes_each, (parked - started) * 1e6 / count, (done - waking) * 1e6 / count


# Tracing memory is slow: once for the bytes, once for the time.
_, park_us, wake_us = asyncio.run(measure())
tracemalloc.start()
bytes_each, _, _ = asyncio.run(measure())
print(json.dumps({"bytes": bytes_each, "parkUs": park_us, "wakeUs": wake_us}))
