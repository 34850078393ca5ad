def run():
    total = 0
    i = 0
    while i < 50000:
        base = i
        add = lambda x: x + base
        total = total + add(1)
        i = i + 1
    return total
