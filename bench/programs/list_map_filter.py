from functools import reduce
def run():
    xs = list(range(1000))
    total = 0
    for _ in range(50):
        ys = list(filter(lambda x: x % 2 == 0, map(lambda x: x * 3, xs)))
        total = total + reduce(lambda a, b: a + b, ys, 0)
    return total
