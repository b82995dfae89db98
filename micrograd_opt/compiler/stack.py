"""A walk over a function's bytecode: which objects its names, attributes and keys stand for.

Python runs a function on a stack: `self.cfg.kl` is LOAD_FAST self, LOAD_ATTR cfg, LOAD_ATTR kl. The
walk does the same once, from the first instruction to the last, with what is known in place of
what is computed: a value on its stack is a tuple of Known objects, those that it may be, and () for
anything else. So `c = self.cfg if x else other` leaves two in `c`, and `c.kl` reads both.

What a read means is the reader's (`reads.py`), who is asked with the objects in hand. A loop's body
is walked once; a branch adds to what a local name may be and takes nothing away: too many paths
cost a comparison, one too few is left to `check.py`. Instructions that are not listed here pop
and push as many values as `dis` says, all unknown. Read next: `codewalk.py`, the
instructions one by one; `reads.py`.
"""

import dis
from functools import lru_cache

from .known import Iteration, is_a, known

NOTHING = {
    "RESUME", "NOP", "CACHE", "PRECALL", "MAKE_CELL", "COPY_FREE_VARS", "EXTENDED_ARG", "TO_BOOL",
}  # fmt: skip


@lru_cache(maxsize=1000)
def instructions(code):
    return tuple(dis.get_instructions(code))


class Stack:
    """One function's code. local: {argument: its value}; function: the function, or around: for one
    that is made in it, the walk over the function that makes it."""

    def __init__(self, reader, code, namespace, local, function=None, around=None):
        self.reader, self.code, self.namespace = reader, code, namespace
        self.local, self.function, self.around = dict(local), function, around
        self.stack, self.keywords, self.returned = [], (), ()
        self.arriving = {}  # {offset: the stack that a jump brings there}
        self.cut = False  # whether the instruction before does not go on to this one

    def run(self):
        """What the function may return."""
        for i in instructions(self.code):
            self._arrive(i.offset)
            method = getattr(self, f"_{i.opname.lower()}", None)
            if method is not None:
                method(i)
            elif i.opcode in dis.hasjrel or i.opcode in dis.hasjabs:
                self._jump(i)
            elif i.opname not in NOTHING:
                self._other(i)
        return known(self.returned)

    # ---- the stack

    def _pop(self):
        return self.stack.pop() if self.stack else ()

    def _pops(self, n):
        """The n topmost values, the deepest first."""
        return [self._pop() for _ in range(n)][::-1]

    def _use(self, n=1):
        """Pop n values that the function computes with."""
        for value in self._pops(n):
            self.reader.use(value)

    def _other(self, i):
        effect = dis.stack_effect(i.opcode, i.arg, jump=False)
        self._use(max(1 - effect, 0) if effect < 1 else 0)
        self.stack += [()] * (1 if effect < 1 else effect)

    def _arrive(self, offset):
        stack = self.arriving.pop(offset, None)
        if self.cut:
            self.stack = stack or []
        elif stack is not None and len(stack) == len(self.stack):
            self.stack = [a + b for a, b in zip(self.stack, stack, strict=True)]
        self.cut = False

    def _jump(self, i):
        """A jump, to what it leaves on the stack."""
        name = i.opname
        if "POP_JUMP" in name:
            self._pop() if "NONE" in name else self._use()
        stack = list(self.stack)
        if name == "FOR_ITER" or name.startswith("SEND"):
            effect = dis.stack_effect(i.opcode, i.arg, jump=True)
            stack = stack[:effect] if effect < 0 else stack + [()] * effect
        if i.argval > i.offset:
            self.arriving[i.argval] = stack
        if name == "FOR_ITER":
            top = self.stack[-1] if self.stack else ()
            self.stack.append(sum((k.x.values for k in top if is_a(k, Iteration)), ()))
        elif name.endswith("OR_POP"):
            self._pop()
        elif name.startswith(("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_NO", "JUMP_ABS")):
            self.cut = True
