def run():
    inside = 0
    for py in range(40):
        for px in range(40):
            cx = px * 0.075 - 2.0
            cy = py * 0.05 - 1.0
            x = 0.0
            y = 0.0
            k = 0
            while k < 50 and x * x + y * y < 4.0:
                t = x * x - y * y + cx
                y = 2.0 * x * y + cy
                x = t
                k = k + 1
            if k == 50:
                inside = inside + 1
    return inside
