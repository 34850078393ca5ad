"""The programs of the scale section: programs.py <program>. There are no tail calls here, and none is measured."""
import itertools
import json
import resource
import sys
import time

ITEMS = 10_000_000


def range_sum():
    total = 0
    for i in range(ITEMS):
        total += i
    return total


def range_filter_take():
    total = 0
    for i in itertools.islice(filter(lambda i: i % 3 == 0, range(ITEMS)), ITEMS // 4):
        total += i
    return total


run = {"range_sum": range_sum, "range_filter_take": range_filter_take}[sys.argv[1]]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.process_time()
result = run()
ms = (time.process_time() - started) * 1000
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps({"result": str(result), "ms": ms, "grownMb": grown}))
