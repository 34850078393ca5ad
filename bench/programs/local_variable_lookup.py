def run():
    a = 1
    b = 2
    c = 3
    d = 4
    i = 0
    while i < 200000:
        t = a
        a = b
        b = c
        c = d
        d = t + i % 3
        i = i + 1
    return a + b + c + d
