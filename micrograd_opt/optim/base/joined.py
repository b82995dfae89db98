"""All blocks of a group as one vector, for an optimizer whose step takes them together.

Read next: `lbfgs.py`.
"""


class Joined:
    """Blocks seen as one; a block without gradient counts as zeros where another one has some."""

    __slots__ = ("parts", "state")

    def __init__(self, parts):
        self.parts = parts
        self.state = {}

    @property
    def shape(self):
        return (self.size,)

    @property
    def size(self):
        return sum(part.size for part in self.parts)

    def name(self, place=0):
        for part in self.parts:
            if place < part.size:
                return part.name(place)
            place -= part.size

    def read(self):
        return [x for part in self.parts for x in part.read()]

    def write(self, theta):
        for part in self.parts:
            part.write(theta[: part.size])
            theta = theta[part.size :]

    def gradient(self):
        parts = [(part, part.gradient()) for part in self.parts]
        if all(g is None for _, g in parts):
            return None
        return [x for part, g in parts for x in (g or [0.0] * part.size)]
