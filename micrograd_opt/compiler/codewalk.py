"""The instructions of Python's bytecode, 3.11 to 3.13: what each does to the stack of a walk.

A method for each, named after it: LOAD_ATTR is `_load_attr`. Only those are here that read a name,
an attribute or a key, call or make a function, or move what is on the stack; `stack.py` has the
rule for all others. Read next: `reads.py`, which says what a read finds.
"""

import dis
from types import CodeType

from .known import Inner, Iteration, Known, Updated, is_a, known, supers, unslotted
from .stack import Stack

FLAGGED = "LOAD_METHOD" not in dis.opmap  # from 3.12 on LOAD_ATTR says whether it is for a call
CLOSURE_APART = "SET_FUNCTION_ATTRIBUTE" in dis.opmap  # 3.13


class Walk(Stack):
    """A walk over one function."""

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
            Known(Inner(k.x, self), k.x.co_name) for k in known(code) if is_a(k, CodeType)
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
