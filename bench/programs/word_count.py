def run():
    words = ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog"]
    counts = {}
    i = 0
    while i < 20000:
        word = words[i * 7 % 8]
        key = f"{word}{i % 100}" if i % 5 == 0 else word
        counts[key] = counts.get(key, 0) + 1
        i = i + 1
    return len(counts) * 100000 + counts["the"]
