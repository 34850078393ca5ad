def run():
    d = {"hot": 1, "warm": 2, "cold": {"deep": 3}}
    total = 0
    i = 0
    while i < 200000:
        total = total + d["hot"] + d["warm"] + d["cold"]["deep"]
        i = i + 1
    return total
