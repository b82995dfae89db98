"""What a function uses beside its arguments: numbers and objects of its closure and its globals.

Where one of them changes, a number or which object a name stands for, the function is traced again.
The functions that it calls are looked into too, where they are known by name: plain functions,
partials, and the methods of an object that can be called, such as a model. Not seen: what is inside
lists, dicts and other objects. The attributes of a module that is called `entry.py` looks at.
Only `training/frozen.py` still asks it; a compiled function has `paths.py`. Read next: `paths.py`.
"""

from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType

MOST_FUNCTIONS = 50


class Surroundings:
    """Reads them. Who keeps what `read` answers keeps the `objects` too, so that no new one can
    have the identity of one of them."""

    def __init__(self, function):
        self._cells, self._globals = [], []
        self._seen = set()
        self._look(function)
        self._known = self._answer = None

    def _look(self, x):
        """Note what `x` uses, if it can be called."""
        if isinstance(x, FunctionType):
            self._function(x)
        elif isinstance(x, partial):
            for part in (x.func, *x.args, *x.keywords.values()):
                self._look(part)
        elif isinstance(x, MethodType):
            self._look(x.__func__)
            self._look(x.__self__)
        elif callable(x) and not isinstance(x, type):
            for kind in type(x).__mro__:  # with the overridden methods, which super() calls
                for method in vars(kind).values():
                    if isinstance(method, FunctionType):
                        self._function(method)

    def _function(self, function):
        ours = (function.__module__ or "").startswith("micrograd_opt.")
        if ours or function in self._seen or len(self._seen) == MOST_FUNCTIONS:
            return
        self._seen.add(function)
        self._cells += function.__closure__ or ()
        names, found = function.__globals__, []
        for name in _names(function.__code__):
            if name in names and not isinstance(names[name], (ModuleType, type)):
                found.append(name)
        self._globals += [(names, name) for name in found]
        for x in [names[name] for name in found] + self._contents(function.__closure__ or ()):
            self._look(x)
        for x in function.__defaults__ or ():
            self._look(x)

    def _contents(self, cells):
        found = []
        for cell in cells:
            try:
                found.append(cell.cell_contents)
            except ValueError:  # not assigned yet
                found.append(None)
        return found

    def objects(self):
        """What the names stand for now."""
        return [names.get(name) for names, name in self._globals] + self._contents(self._cells)

    def read(self):
        """A tuple that changes where one of them does: numbers and strings, identities."""
        if self._known is None or not self._same():
            plain, objects = (int, float, str), self.objects()
            self._answer = tuple([x if isinstance(x, plain) else id(x) for x in objects])
            x = iter(objects)
            in_globals = [(names, name, next(x)) for names, name in self._globals]
            self._known = in_globals, [(cell, next(x)) for cell in self._cells]
        return self._answer

    def _same(self):
        """Whether the names still stand for the very objects of the last answer."""
        in_globals, in_cells = self._known
        for names, name, x in in_globals:
            if names.get(name) is not x:
                return False
        try:
            for cell, x in in_cells:
                if cell.cell_contents is not x:
                    return False
        except ValueError:  # not assigned
            return False
        return True


def _names(code):
    """The names that a function's code mentions, and the functions inside it."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return dict.fromkeys([*code.co_names, *[name for c in inner for name in _names(c)]])
