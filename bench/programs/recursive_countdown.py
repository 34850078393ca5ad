def countdown(n):
    if n == 0:
        return 0
    return 1 + countdown(n - 1)
def run():
    total = 0
    for _ in range(200):
        total = total + countdown(400)
    return total
