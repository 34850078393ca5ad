def run():
    x = 42
    i = 0
    while i < 50000:
        x = (x * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        i = i + 1
    return x - (1 << 64) if x >= 1 << 63 else x
