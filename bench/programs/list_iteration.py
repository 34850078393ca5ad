def run():
    xs = list(range(1000))
    total = 0
    for _ in range(100):
        for x in xs:
            total = total + x
    return total
