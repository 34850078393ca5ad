class Counter:
    def __init__(self, step):
        self.step = step
    def next(self, n):
        return n + self.step
def run():
    counter = Counter(3)
    n = 0
    i = 0
    while i < 100000:
        n = counter.next(n)
        i = i + 1
    return n
