def run():
    hits = 0
    i = 0
    while i < 200000:
        if i > 1000 and i <= 150000 and i != 777:
            hits = hits + 1
        if i == 5 or i >= 199990:
            hits = hits + 2
        i = i + 1
    return hits
