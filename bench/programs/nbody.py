from math import sqrt
def advance(bs, dt):
    n = len(bs)
    for i in range(n):
        a = bs[i]
        for j in range(i + 1, n):
            b = bs[j]
            dx = a["x"] - b["x"]
            dy = a["y"] - b["y"]
            d2 = dx * dx + dy * dy + 0.01
            mag = dt / (d2 * sqrt(d2))
            a["vx"] = a["vx"] - dx * b["m"] * mag
            a["vy"] = a["vy"] - dy * b["m"] * mag
            b["vx"] = b["vx"] + dx * a["m"] * mag
            b["vy"] = b["vy"] + dy * a["m"] * mag
    for b in bs:
        b["x"] = b["x"] + dt * b["vx"]
        b["y"] = b["y"] + dt * b["vy"]
def run():
    rows = [(0.0, 0.0, 0.0, 0.0, 40.0), (4.8, 1.1, 0.6, 2.8, 0.04), (8.3, 4.1, 1.0, 1.8, 0.01),
            (12.9, 15.1, 1.1, 0.9, 0.002), (15.4, 25.9, 1.0, 0.6, 0.002)]
    bodies = [dict(zip(("x", "y", "vx", "vy", "m"), row)) for row in rows]
    for _ in range(200):
        advance(bodies, 0.01)
    return int(bodies[1]["x"] * 1000000.0)
