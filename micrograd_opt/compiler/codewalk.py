"""A walk over a function's bytecode: which objects its names, attributes and keys stand for.

Python runs a function on a stack: `self.cfg.kl` is LOAD_FAST self, LOAD_ATTR cfg, LOAD_ATTR kl. The
walk does the same once, from the first instruction to the last, with what is known in place of
what is computed: a value on its stack is a tuple of Known objects, those that it may be, and () for
anything else. So `c = self.cfg if x else other` leaves two in `c`, and `c.kl` reads both.

What a read means is the reader's (`reads.py`), who is asked with the objects in hand. A loop's body
is walked once; a branch adds to what a local name may be and takes nothing away: too many paths
cost a comparison, one too few is left to `check.py`. Instructions that are not listed here pop
and push as many values as `dis` says, all unknown. Read next: `reads.py`.
"""

import dis
from functools import lru_cache
from types import CodeType


class Known:
    """An object that a name or a path stands for. slot: where it was read, if it can change."""

    __slots__ = ("x", "path", "slot")

    def __init__(self, x, path, slot=None):
        self.x, self.path, self.slot = x, path, slot


class Updated:
    """The result of arithmetic with what was read from `slot`, as in `self.calls += 1`."""

    __slots__ = ("slot",)

    def __init__(self, slot):
        self.slot = slot


class Inner:
    """A function that the walked code makes: its code, and the walk that knows its variables."""

    __slots__ = ("code", "walk")

    def __init__(self, code, walk):
        self.code, self.walk = code, walk


class Iteration:
    """An iterator, over these values."""

    __slots__ = ("values",)

    def __init__(self, values):
        self.values = values


@lru_cache(maxsize=1000)
def instructions(code):
    return tuple(dis.get_instructions(code))


def known(value):
    """Those of a value that are Known, each once."""
    return tuple({id(k.x): k for k in value if type(k) is Known}.values())


class Super:
    """super(kind, x)."""

    __slots__ = ("kind", "x")

    def __init__(self, kind, x):
        self.kind, self.x = kind, x


def supers(kinds, objects):
    return tuple([
        Known(Super(kind.x, k.x), k.path)
        for kind in known(kinds) for k in known(objects) if kind.x in type(k.x).__mro__
    ])  # fmt: skip


def unslotted(value):
    """The same under a name, or twice: arithmetic with it is no mere update of its slot."""
    return tuple([Known(k.x, k.path) for k in known(value)])


class Walk:
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
            self.stack.append(sum((k.x.values for k in top if _is(k, Iteration)), ()))
        elif name.endswith("OR_POP"):
            self._pop()
        elif name.startswith(("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_NO", "JUMP_ABS")):
            self.cut = True

    # ---- names

    def _load_fast(self, i):
        cells = (*self.code.co_cellvars, *self.code.co_freevars)  # read so only to make a closure
        for name in i.argval if isinstance(i.argval, tuple) else (i.argval,):
            self.stack.append(() if name in cells else self.local.get(name, ()))

    _load_fast_check = _load_fast_and_clear = _load_fast_load_fast = _load_fast
    _load_closure = _load_fast

    def _store_fast(self, i):
        self._keep(i.argval)

    def _keep(self, name):
        self.local[name] = known(self.local.get(name, ()) + unslotted(self._pop()))

    def _store_fast_store_fast(self, i):
        for name in i.argval:
            self._keep(name)

    def _store_fast_load_fast(self, i):
        self._keep(i.argval[0])
        self.stack.append(self.local.get(i.argval[1], ()))

    def variable(self, name):
        """What a variable of this function, or of one around it, may be."""
        if name in self.local:
            return self.local[name]
        if self.around is not None:
            return self.around.variable(name)
        cell = self.cell(name)
        return () if cell is None else self.reader.variable(cell, name)

    def cell(self, name):
        """Where Python keeps a variable of the functions around; None for one that is still to
        be."""
        if name in self.local or self.around is not None:
            return None if name in self.local else self.around.cell(name)
        free = self.code.co_freevars
        return self.function.__closure__[free.index(name)] if name in free else None

    def _load_deref(self, i):
        self.stack.append(self.variable(i.argval))

    _load_classderef = _load_deref

    def _store_deref(self, i):
        if i.argval in self.code.co_freevars:
            cell, value = self.cell(i.argval), self._pop()
            if cell is not None:
                self.reader.store_variable(cell, value)
        else:
            self._keep(i.argval)

    def _load_global(self, i):
        value = self.reader.named(self.namespace, i.argval)
        self.stack += [value, ()] if i.arg & 1 else [value]

    def _load_name(self, i):
        self.stack.append(self.reader.named(self.namespace, i.argval))

    def _store_global(self, i):
        self.reader.store_name(self.namespace, i.argval, self._pop())

    def _load_const(self, i):
        self.stack.append((Known(i.argval, repr(i.argval)),))

    def _return_const(self, i):
        self.returned += (Known(i.argval, repr(i.argval)),)
        self.cut = True

    # ---- attributes and keys

    def _load_attr(self, i):
        value = sum((self.reader.attribute(k, i.argval) for k in known(self._pop())), ())
        method = i.opname == "LOAD_METHOD" or (FLAGGED and i.arg & 1)
        self.stack += [value, ()] if method else [value]

    _load_method = _load_attr

    def _load_super_attr(self, i):
        _, kind, x = self._pops(3)
        above = supers(kind, x)
        value = sum((self.reader.attribute(k, i.argval) for k in above), ())
        self.stack += [value, ()] if i.arg & 1 else [value]

    def own_super(self):
        """What super() without arguments may be here."""
        first = self.local.get(self.code.co_varnames[0], ()) if self.code.co_argcount else ()
        return supers(self.variable("__class__"), first)

    def _binary_subscr(self, i):
        container, key = self._pops(2)
        self.stack.append(self.reader.item(container, key))

    def _store_attr(self, i):
        value, x = self._pops(2)
        for k in known(x):
            self.reader.store_attribute(k, i.argval, value)

    def _store_subscr(self, i):
        value, container, key = self._pops(3)
        for k in known(container):
            self.reader.store_item(k, known(key), value)

    # ---- what is computed, and what is only moved

    def _pop_top(self, i):
        self._pop()

    def _push_null(self, i):
        self.stack.append(())

    def _copy(self, i):
        value = unslotted(self.stack[-i.arg]) if len(self.stack) >= i.arg else ()
        if value:
            self.stack[-i.arg] = value
        self.stack.append(value)

    def _swap(self, i):
        if len(self.stack) >= i.arg:
            self.stack[-1], self.stack[-i.arg] = self.stack[-i.arg], self.stack[-1]

    def _binary_op(self, i):
        values = self._pops(2)
        for value in values:
            self.reader.use(value)
        slots = [k.slot for value in values for k in known(value) if k.slot is not None]
        self.stack.append(tuple(map(Updated, slots)))

    def _is_op(self, i):
        self._pops(2)
        self.stack.append(())

    def _build_tuple(self, i):
        self._use(i.arg)
        self.stack.append(())

    _build_list = _build_set = _build_string = _build_tuple

    def _list_append(self, i):
        self._use()

    _set_add = _list_append

    def _get_iter(self, i):
        values = sum((self.reader.elements(k) for k in known(self._pop())), ())
        self.stack.append((Known(Iteration(values), "an iteration"),))

    def _unpack_sequence(self, i):
        values = sum((self.reader.elements(k) for k in known(self._pop())), ())
        self.stack += [values] * i.arg

    def _unpack_ex(self, i):
        containers = known(self._pop())
        values = sum((self.reader.elements(k) for k in containers), ())
        rest = [Known(list(k.x), k.path) for k in containers if isinstance(k.x, (list, tuple))]
        self.stack += [values] * (i.arg >> 8) + [tuple(rest)] + [values] * (i.arg & 0xFF)

    def _end_for(self, i):
        self._pops(-dis.stack_effect(i.opcode, i.arg, jump=False))

    def _before_with(self, i):
        for k in known(self._pop()):
            self.reader.call(self.reader.attribute(k, "__enter__"), [], {}, self)
        self.stack += [(), ()]

    def _return_value(self, i):
        self.returned += self._pop()
        self.cut = True

    def _yield_value(self, i):
        self.returned += self._pop()
        self.stack.append(())

    def _raise_varargs(self, i):
        self._pops(i.arg)
        self.cut = True

    def _reraise(self, i):
        self.cut = True

    # ---- calls

    def _make_function(self, i):
        (code,) = self._pops(1)
        if i.arg and not CLOSURE_APART:
            self._use(i.arg.bit_count())
        self.stack.append(tuple(
            Known(Inner(k.x, self), k.x.co_name) for k in known(code) if _is(k, CodeType)
        ))  # fmt: skip

    def _set_function_attribute(self, i):
        made = self._pop()
        self._use()
        self.stack.append(made)

    def _kw_names(self, i):
        self.keywords = self.code.co_consts[i.arg]

    def _call(self, i, names=None):
        names, self.keywords = names or self.keywords, ()
        (*args,) = self._pops(i.arg)
        first, second = self._pops(2)
        if known(first) and known(second):  # a comprehension, and what it goes through
            args = [second, *args]
        callee = known(first) or known(second)
        n = len(args) - len(names)
        keywords = dict(zip(names, args[n:], strict=True))
        self.stack.append(self.reader.call(callee, args[:n], keywords, self))

    def _call_kw(self, i):
        names = known(self._pop())
        self._call(i, names[0].x if names else ())

    def _call_function_ex(self, i):
        self._use(2 if i.arg & 1 else 1)
        first, second = self._pops(2)
        self.stack.append(self.reader.call(known(first) + known(second), [], {}, self))


FLAGGED = "LOAD_METHOD" not in dis.opmap  # from 3.12 on LOAD_ATTR says whether it is for a call
CLOSURE_APART = "SET_FUNCTION_ATTRIBUTE" in dis.opmap  # 3.13
NOTHING = {
    "RESUME", "NOP", "CACHE", "PRECALL", "MAKE_CELL", "COPY_FREE_VARS", "EXTENDED_ARG", "TO_BOOL",
}  # fmt: skip


def _is(k, kind):
    return type(k) is Known and isinstance(k.x, kind)
