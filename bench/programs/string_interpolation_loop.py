def run():
    length = 0
    i = 0
    while i < 20000:
        line = f"item {i}: {i * 2}"
        length = length + len(line)
        i = i + 1
    return length
