def add(a, b):
    return a + b
def run():
    total = 0
    i = 0
    while i < 100000:
        total = add(total, i)
        i = add(i, 1)
    return total
