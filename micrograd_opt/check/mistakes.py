"""Classic mistakes in optimizers: one row each, as a rewriting of the library's own formulas.

A row says what is wrong, in which line of the formula, and which pieces of `update` become what
(`rewriting.py`). It serves every optimizer that has these pieces and, in its docstring, that line.
So "g in place of g²" is told once for Adam, RMSprop and their kin, whose squares are averaged, and
once for Adagrad, which adds them up.

A new mistake is a new row. One that is not in the formula, as a gradient that is never set to zero,
is a row with a base class from `habits.py` in place of pieces.

In Adam, one r = √(1 − β₂ᵗ) corrects the rate and ε for all elements: α m̂ / (√v̂ + ε) is computed as
αr / (1 − β₁ᵗ) · m / (√v + εr). Hence its own rows: √(v̂ + ε), for one, is √(v + εr²) / r.
Read next: `check/problems.py`.
"""

from dataclasses import dataclass

from .habits import AtTheta, Filled, Forgetful, NotZeroed, OneCount, OneMemory

__all__ = []


@dataclass(frozen=True, eq=False)
class Mistake:
    """A row of the table."""

    what: str
    line: str  # a piece of the formula's line; "": it concerns no line
    changes: list = ()  # (before, after), or (before, after, nth) for one of several pieces
    habit: type = object  # a base class that goes before the optimizer


DESCENT, ASCENT = "[X - A * D for P in Z]", "[X + A * D for P in Z]"
L2 = "[D + L * X for P in Z]"
LR_INSIDE = "lr inside the buffer: outside, a change of lr reaches all that it holds"
LR_NOT_OUTSIDE = (DESCENT, "[X - (1.0 if group['momentum'] else A) * D for P in Z]")
OF_ADAM = ("G['betas']", "G['betas']")  # only where there are betas: RMSprop's first line is v's
SIGN = "(D > 0.0) - (D < 0.0)"

# fmt: off
MISTAKES = [
    # ---- the step
    Mistake("ascent: the step goes up the gradient", "θ ← θ −", [(DESCENT, ASCENT)]),
    Mistake("lr is missing in the step", "θ ← θ −", [("G['lr']", "1.0")]),
    Mistake("a gradient that is never set to zero", "", habit=NotZeroed),
    Mistake("one memory for all parameters", "", habit=OneMemory),
    Mistake("a gradient that is None counted as 0", "", habit=Filled),
    # ---- momentum: b of SGD and RMSprop, g of the lecture's forms
    Mistake("the buffer overwritten: μb is missing", "b ←",
            [("b = g if B is None else [M * B + R * D for P in Z]", "b = [R * d for d in g]")]),
    Mistake("the buffer overwritten: μb is missing", "b ←",
            [("[M * B + D for B, D in Z]", "[D for B, D in Z]")]),
    Mistake("the buffer overwritten: μg is missing", "g ←",
            [("[D + M * B for D, B in zip(G, S['g'], strict=True)]", "list(G)")]),
    Mistake("a running mean, μb + (1 − μ)g, in place of μb + g", "b ←", [
        ("1.0 - G['dampening']", "1.0 - G['momentum']"),
        ("g if B is None else F",
         "[(1.0 - group['momentum']) * d for d in g] if B is None else F")]),
    Mistake("a running mean, μb + (1 − μ)g, but for the first step", "b ←",
            [("1.0 - G['dampening']", "1.0 - G['momentum']")]),
    Mistake("a running mean, μb + (1 − μ)g, in place of μb + g", "b ←",
            [("[M * B + D for B, D in Z]", "[M * B + (1.0 - M) * D for B, D in Z]")]),
    Mistake("the first buffer damped: it is g itself", "b ←",
            [("g if B is None else F",
              "[(1.0 - group['dampening']) * d for d in g] if B is None else F")]),
    Mistake("dampening ignored", "b ←", [("1.0 - G['dampening']", "1.0")]),
    Mistake(LR_INSIDE, "b ←", [
        ("M * B + R * D", "M * B + group['lr'] * R * D"), LR_NOT_OUTSIDE,
        ("g if B is None else F", "[group['lr'] * d for d in g] if B is None else F"),
        ("[D + M * B for D, B in Z]", "[group['lr'] * D + M * B for D, B in Z]")]),
    Mistake(LR_INSIDE, "b ←", [
        ("[M * B + D for B, D in Z]", "[M * B + group['lr'] * D for B, D in Z]"),
        LR_NOT_OUTSIDE]),
    Mistake(LR_INSIDE, "θ ← θ − αg", [
        ("[D + M * B for D, B in Z]", "[group['lr'] * D + M * B for D, B in Z]"),
        LR_NOT_OUTSIDE]),
    Mistake("plain momentum where Nesterov's was asked for", "g ← g + μb",
            [("N if G['nesterov'] else F", "F")]),
    Mistake("Nesterov's look-ahead without μ: g + b in place of g + μb", "g ← g + μb",
            [("[D + M * B for D, B in Z]", "[D + B for D, B in Z]")]),
    Mistake("Nesterov's look-ahead from b: b + μb in place of g + μb", "g ← g + μb",
            [("[D + M * B for D, B in Z]", "[B + M * B for D, B in Z]")]),
    Mistake("the gradient taken at θ, not ahead at θ − αμg", "g ← ∇ℓ(θ − αμg)", habit=AtTheta),
    # ---- the running means
    Mistake("the factor 1 − β₁ is missing", "m ←", [("B * M + R * D", "B * M + D", 1), OF_ADAM]),
    Mistake("the factor 1 − β is missing", "v ←", [("R * D * D", "D * D")]),
    Mistake("β and 1 − β swapped", "m ←", [("B * M + R * D", "R * M + B * D", 1), OF_ADAM]),
    Mistake("β and 1 − β swapped", "v ←", [("B * V + R * D * D", "R * V + B * D * D")]),
    Mistake("m overwritten: β₁m is missing", "m ←", [("B * M + R * D", "R * D", 1), OF_ADAM]),
    Mistake("v overwritten: what it was is missing", "v ←", [("B * V + R * D * D", "R * D * D")]),
    Mistake("v overwritten: what it was is missing", "v ←", [("V + D * D", "D * D")]),
    Mistake("squares added up, as Adagrad's, in place of their running mean", "v ←",
            [("B * V + R * D * D", "V + D * D")]),
    Mistake("m and v are one list: what is written into one is read from the other", "v ←", [
        ("zip(S['v'], G, strict=True)", "zip(m, G, strict=True)"),
        ("S.update(t=T, m=M, v=V)", "S.update(t=T, m=V, v=V)"),
        ("zip(theta, M, V, strict=True)", "zip(theta, V, V, strict=True)")]),
    Mistake("β₁ and β₂ swapped", "m ←", [("G['betas']", "G['betas'][::-1]")]),
    Mistake("g in place of g²", "v ←", [("R * D * D", "R * D")]),
    Mistake("g in place of g²", "v ←", [("V + D * D", "V + D")]),
    Mistake("|g| in place of g²", "v ←", [("R * D * D", "R * abs(D)")]),
    Mistake("|g| in place of g²", "v ←", [("V + D * D", "V + abs(D)")]),
    Mistake("the memory starts anew at every step", "", habit=Forgetful),
    # ---- the bias correction
    Mistake("no bias correction", "v̂ = v / (1 − β", [("1.0 - B**T", "1.0")]),
    Mistake("no bias correction of m", "m̂ =", [("A * R / (1.0 - B**T)", "A * R")]),
    Mistake("no bias correction of v", "v̂ = v / (1 − β", [("sqrt(1.0 - B**T)", "1.0")]),
    Mistake("the step count starts at 0: it is 1 in the first step", "v̂ = v / (1 − β",
            [("S['t'] + 1", "S['t']")]),
    Mistake("the step count starts at 2: it is 1 in the first step", "v̂ = v / (1 − β",
            [("1.0 - B**T", "1.0 - B ** (T + 1)")]),
    Mistake("the step count never goes up", "v̂ = v / (1 − β", [("S['t'] + 1", "1")]),
    Mistake("the step count goes up with each parameter, not with each step", "v̂ = v / (1 − β",
            [("S['t'] + 1", "next(self.calls)")], OneCount),
    Mistake("one step count for all: t counts the steps in which this one had a gradient",
            "v̂ = v / (1 − β",
            [("S['t'] + 1", "self.steps + 1")]),
    Mistake("v̂ from the largest v so far, as AMSGrad's", "v̂ = v / (1 − β",
            [("G['amsgrad']", "True")]),
    Mistake("the last v where AMSGrad takes the largest", "v̂ = v / (1 − β",
            [("G['amsgrad']", "False")]),
    Mistake("lr_decay counts from the first step on: it is t − 1, not t", "(t − 1)",
            [("(T - 1) * D", "T * D")]),
    # ---- the denominator
    Mistake("ε inside the root", "(√v",
            [("sqrt(V) + E", "sqrt(V + E)"), ("A * R / B, E * R", "A * R / B, E * R * R")]),
    Mistake("ε inside the root", "(√v",
            [("sqrt(V) + E", "sqrt(V + E)"), ("A * R, E * R", "A * R, E * R * R")]),
    Mistake("ε inside the root", "(√v", [("sqrt(V) + E", "sqrt(V + E)")]),
    Mistake("ε before the bias correction: √v + ε", "(√v", [("A * R / B, E * R", "A * R / B, E")]),
    Mistake("ε before the bias correction: √v + ε", "(√v", [("A * R, E * R", "A * R, E")]),
    Mistake("ε is missing", "(√v", [("sqrt(V) + E", "sqrt(V)")]),
    Mistake("the root is missing", "(√v",
            [("sqrt(V) + E", "V + E"), ("A * R / B, E * R", "A * R * R / B, E * R * R")]),
    Mistake("the root is missing", "(√v",
            [("sqrt(V) + E", "V + E"), ("A * R, E * R", "A * R * R, E * R * R")]),
    Mistake("the root is missing", "(√v", [("sqrt(V) + E", "V + E")]),
    Mistake("the sign is missing: g itself is taken", "sign(g)", [(SIGN, "D")]),
    Mistake("sign(0) is 0", "sign(g)", [(SIGN, "1.0 if D >= 0.0 else -1.0")]),
    Mistake("sign(0) is 0", "sign(g)", [(SIGN, "1.0 if D > 0.0 else -1.0")]),
    # ---- weight decay
    Mistake("the weight decay is missing", "g ← ∇ℓ(θ) + λθ", [("G['weight_decay']", "0.0")]),
    Mistake("the weight decay is missing", "θ ← (1 − αλ)θ", [("G['weight_decay']", "0.0")]),
    Mistake("decoupled weight decay, (1 − αλ)θ, where λθ is added to g", "g ← ∇ℓ(θ) + λθ",
            [("g = [D + L * X for P in Z]",
              "theta = [(1.0 - group['lr'] * L) * x for x in theta]")]),
    Mistake("coupled weight decay, g + λθ, where θ is shrunk by 1 − αλ", "θ ← (1 − αλ)θ",
            [("G['decoupled_weight_decay']", "False")]),
    Mistake("the weight decay after the step: it comes before", "θ ← (1 − αλ)θ", [
        ("theta, g = decayed(theta, g, group)", "pass"),
        (DESCENT, "[(1.0 - group['lr'] * group['weight_decay']) * (X - A * D) for P in Z]")]),
    Mistake("the weight decay not scaled by lr", "θ ← (1 − αλ)θ", [("1.0 - A * L", "1.0 - L")]),
    Mistake("the weight decay with its sign flipped", "θ ← (1 − αλ)θ",
            [("1.0 - A * L", "1.0 + A * L")]),
    Mistake("the weight decay with its sign flipped", "g ← ∇ℓ(θ) + λθ",
            [(L2, "[D - L * X for P in Z]")]),
    Mistake("the weight decay with a factor 2, as that of λ‖θ‖²", "g ← ∇ℓ(θ) + λθ",
            [(L2, "[D + 2.0 * L * X for P in Z]")]),
    Mistake("the factor 2 is missing: λ‖θ‖² has the gradient 2λθ", "∇ ←", [("2.0 * L", "L")]),
]
# fmt: on
