def risky(i):
    if i % 100 == 0:
        raise ValueError("hundred")
    return i
def run():
    total = 0
    i = 0
    while i < 20000:
        try:
            total = total + risky(i)
        except ValueError:
            total = total + 1
        i = i + 1
    return total
