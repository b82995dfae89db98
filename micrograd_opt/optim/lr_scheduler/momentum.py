"""Schedulers that move the momentum too, against the rate: triangles, and one cycle for a run.

Read next: `optim/lr_scheduler/plateau.py`.
"""

from ...array.ieee import power
from ...engine.arguments import COUNT, POSITIVE, RATE, WHOLE, checked
from ..schedules.base import cosine, linear, through
from .base import Absolute

__all__ = ["CyclicLR", "OneCycleLR"]


class _WithMomentum(Absolute):
    """Those that can move the momentum, or the first of the betas, against the rate."""

    each = ("base_lr", "max_lr", "base_momentum", "max_momentum")
    ranges = {
        "max_lr": RATE,
        "cycle_momentum": bool,
        "base_momentum": "[0, 1]",
        "max_momentum": "[0, 1]",
    }

    def momentum(self, k):
        """Group k's momentum at `last_epoch`."""
        raise NotImplementedError

    def others(self, k):
        if not self.cycle_momentum:
            return {}
        defaults = self.optimizer.defaults
        name = next((name for name in ("betas", "momentum") if name in defaults), None)
        if name is None:
            raise ValueError(
                f"{type(self).__name__}: {type(self.optimizer).__name__} has no momentum and no "
                "betas to cycle; pass cycle_momentum=False"
            )
        if name == "momentum":
            return {name: self.momentum(k)}
        return {name: (self.momentum(k), *self.optimizer.param_groups[k][name][1:])}


class CyclicLR(_WithMomentum):
    """αᵢ = α_low + (α_high − α_low) · h · s

        h    from 0 to 1 in step_size_up epochs and back in step_size_down, again and again
        s    1 (triangular), ½ᶜ in cycle c = 0, 1, … (triangular2), or γⁱ (exp_range)

    α_low is base_lr and α_high max_lr, numbers or one for each group; the lr of before is lost.
    As in PyTorch, base_lr becomes the `initial_lr`, and a group that has one starts from that.
    With cycle_momentum the momentum, or the first of the betas, goes from max_momentum (0.9) down
    to base_momentum (0.8) and back, in the same way.

    step_size_up 2000, one of 1, 2, …; step_size_down the same, or one of 0, 1, …; gamma 1, in
    (0, inf). With scale_fn, s is scale_fn(c + 1), or scale_fn(i) if scale_mode is 'iterations',
    and mode is ignored. Source: Smith 2017.
    """

    ranges = _WithMomentum.ranges | {
        "base_lr": RATE,
        "step_size_up": COUNT,
        "step_size_down": WHOLE,
        "mode": ["triangular", "triangular2", "exp_range"],
        "gamma": POSITIVE,
        "scale_fn": object,
        "scale_mode": ["cycle", "iterations"],
    }

    def __init__(self, optimizer, base_lr, max_lr, step_size_up=2000, step_size_down=None,
                 mode="triangular", gamma=1.0, scale_fn=None, scale_mode="cycle",
                 cycle_momentum=True, base_momentum=0.8, max_momentum=0.9,
                 last_epoch=-1):  # fmt: skip
        step_size_down = step_size_up if step_size_down is None else step_size_down
        super().__init__(optimizer, last_epoch, locals())

    def height(self):
        """h · s"""
        cycle, i = divmod(self.last_epoch, self.step_size_up + self.step_size_down)
        if i <= self.step_size_up:
            return i / self.step_size_up * self.scale(cycle)
        return (1.0 - (i - self.step_size_up) / self.step_size_down) * self.scale(cycle)

    def scale(self, cycle):
        """s"""
        if self.scale_fn is not None:
            x = cycle + 1 if self.scale_mode == "cycle" else self.last_epoch
            return checked(self.scale_fn(x), "(-inf, inf)", f"CyclicLR: scale_fn({x})")
        if self.mode == "exp_range":
            return power(self.gamma, self.last_epoch)
        return 1.0 if self.mode == "triangular" else 0.5**cycle

    def initial_lr(self, group, k, last_epoch):
        return group.get("initial_lr", self.own("base_lr", k))

    def begin(self, last_epoch):
        super().begin(last_epoch)
        self.base_lrs = [self.own("base_lr", k) for k in range(len(self.base_lrs))]

    def rate(self, lr, k):
        return linear(lr, self.own("max_lr", k), self.height())

    def momentum(self, k):
        return linear(self.own("max_momentum", k), self.own("base_momentum", k), self.height())


class OneCycleLR(_WithMomentum):
    """Once from α₀ = max_lr / div_factor up to max_lr, then down to α₀ / final_div_factor.

    It is at max_lr in epoch pct_start · total_steps − 1 and at the end in total_steps − 1, and
    goes there on half cosines, or on lines with anneal_strategy 'linear': the schedule one_cycle.
    α₀ becomes the `initial_lr`.
    three_phase: from max_lr to α₀ as fast as it came, and only then to the end. The lr of before
    is lost. With cycle_momentum the momentum, or the first of the betas, goes from max_momentum
    (0.95) down to base_momentum (0.85) while the rate rises, and back while it falls.

    max_lr and both momenta are numbers, or one for each group. total_steps, or else epochs ·
    steps_per_epoch, must be given, each one of 1, 2, …; pct_start 0.3, in [0, 1); div_factor 25
    and final_div_factor 1e4, in (0, inf). The step to epoch total_steps changes nothing more, where
    PyTorch's overshoots; the one after it raises ValueError. Source: Smith and Topin 2018.
    """

    ranges = _WithMomentum.ranges | {
        "total_steps": COUNT,
        "pct_start": "[0, 1)",
        "anneal_strategy": ["cos", "linear"],
        "div_factor": POSITIVE,
        "final_div_factor": POSITIVE,
        "three_phase": bool,
    }

    def __init__(self, optimizer, max_lr, total_steps=None, epochs=None, steps_per_epoch=None,
                 pct_start=0.3, anneal_strategy="cos", cycle_momentum=True, base_momentum=0.85,
                 max_momentum=0.95, div_factor=25.0, final_div_factor=1e4, three_phase=False,
                 last_epoch=-1):  # fmt: skip
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            both = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
            epochs, steps = [checked(n, COUNT, f"OneCycleLR: {name}") for name, n in both.items()]
            total_steps = epochs * steps
        super().__init__(optimizer, last_epoch, locals())

    def initial_lr(self, group, k, last_epoch):
        first = self.own("max_lr", k) / self.div_factor
        return first if last_epoch < 0 else group["initial_lr"]

    def move(self, epoch):
        if epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step to epoch {epoch}, but total_steps is {self.total_steps}; "
                "make one scheduler.step() for each optimizer.step()"
            )
        super().move(epoch)

    def along(self, *values):
        """Where the path through these values, one at the end of each phase, is at `last_epoch`."""
        up, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        ends = (up, 2 * up, last) if self.three_phase else (up, last)
        curve = cosine if self.anneal_strategy == "cos" else linear
        return through(values, ends, self.last_epoch, curve)

    def rate(self, lr, k):
        high = self.own("max_lr", k)
        first = high / self.div_factor
        last = first / self.final_div_factor
        return self.along(first, high, *[first] * self.three_phase, last)

    def momentum(self, k):
        high, low = self.own("max_momentum", k), self.own("base_momentum", k)
        return self.along(high, low, *[high] * self.three_phase, high)
