def run():
    total = 0
    i = 0
    while i < 200000:
        total = (total + i * 3 - i // 2) % 1000003
        i = i + 1
    return total
