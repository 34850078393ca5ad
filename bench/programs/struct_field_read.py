class Point:
    __slots__ = ("x", "y", "z")
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z
def run():
    p = Point(1, 2, 3)
    total = 0
    i = 0
    while i < 200000:
        total = total + p.x + p.y + p.z
        i = i + 1
    return total
