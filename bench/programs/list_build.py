def run():
    xs = []
    i = 0
    while i < 20000:
        xs.append(i)
        i = i + 1
    i = 0
    while i < 20000:
        xs[i] = xs[i] + 1
        i = i + 1
    return len(xs) + xs[19999]
