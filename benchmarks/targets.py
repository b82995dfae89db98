"""What the compiler set out to reach, beside what was measured."""

from dataclasses import dataclass

from .contenders import EAGER, MICROGRAD, TORCH, WHOLE
from .harness import ratio


@dataclass(frozen=True)
class Target:
    """A step of `name` shall be at least so many times faster than `than`, or at most slower."""

    case: str
    name: str
    times: float
    how: str  # faster or slower
    than: str

    def __str__(self):
        bound = {"faster": "at least", "slower": "at most"}[self.how]
        return f"{self.case}, {self.name}: {bound} {self.times:g} times {self.how} than {self.than}"

    def measured(self, results):
        """(ratio, whether it is met); None where one of the two was not measured."""
        times = results[self.case].times if self.case in results else {}
        if self.name not in times or self.than not in times:
            return None
        if self.how == "faster":
            found = ratio(times, self.than, self.name)
            return found, found >= self.times
        found = ratio(times, self.name, self.than)
        return found, found <= self.times


TARGETS = (
    Target("moons", WHOLE, 600, "faster", MICROGRAD),
    Target("moons", WHOLE, 2.5, "slower", TORCH),
    Target("xor", WHOLE, 10, "faster", TORCH),
    Target("digits", WHOLE, 12, "slower", TORCH),
    Target("digits", EAGER, 25, "slower", TORCH),
)
COMPILE_CASE, COMPILE_SECONDS = "digits", 1.0
