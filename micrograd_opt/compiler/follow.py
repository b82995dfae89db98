"""The calls of a function: whose code is walked, and with what in its arguments.

Walked is the user's code: functions, methods, the forward of a module, properties, the functions in
a partial, a list or a default. Of code of this library, of Python and of installed packages it is
assumed that it uses all that it is handed, and nothing else; a model of the library's layers counts
with the modules in it.
Read next: `paths.py`, which compares at each call what was read.
"""

import random
import sysconfig
from functools import partial
from types import BuiltinMethodType, FunctionType, MethodType, ModuleType

from .codewalk import Walk
from .containers import CONTAINERS, ContainerReads
from .held import is_module, is_plain
from .known import Inner, Known, known, unslotted
from .reads import in_class, is_ours, is_python
from .refusals import refuse_method

INSTALLED = ("<frozen", *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib")})
WRITES = {"append", "appendleft", "extend", "insert", "add", "update", "clear", "discard"}
MOST_WALKS = 2000


def is_walked(function):
    """Whether a function is the user's."""
    return not is_ours(function) and not function.__code__.co_filename.startswith(INSTALLED)


class Follower(ContainerReads):
    """Reads all that a call of `function` may read."""

    def __init__(self, function):
        super().__init__()
        self._walked = {}  # {code and arguments: what it may return}
        self.call((self._known(function, "self"),))

    def call(self, callee, args=(), keywords=None, walk=None):
        """What a call may return; `args` are values. walk: in which it is."""
        returned, all_walked = (), bool(callee)
        for k in known(callee):
            found = self._call(k, tuple(args), keywords or {}, walk)
            all_walked = all_walked and found is not None
            returned += found or ()
        if not all_walked:
            for value in (*args, *(keywords or {}).values()):
                self.use(value)
        return returned

    def _call(self, k, args, keywords, walk):
        """The same for one function; None where its code is not walked."""
        x = k.x
        if isinstance(x, Inner):
            return self._walk(x.code, x.walk.namespace, args, keywords, {}, None, x.walk)
        if isinstance(x, FunctionType):
            return self._function(x, args, keywords) if is_walked(x) else None
        if isinstance(x, MethodType):
            function = x.__func__
            if not isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
                return self._builtin(k, args)  # as Cython writes them
            owner = self._known(x.__self__, k.path.rpartition(".")[0] or k.path)
            if is_module(type(owner.x)) and is_ours(function):
                self._modules(owner)
            return self._call(self._known(function, k.path), ((owner,), *args), keywords, walk)
        if isinstance(x, partial):
            return self._partial(k, args, keywords, walk)
        if isinstance(x, BuiltinMethodType):
            return self._builtin(k, args)
        if isinstance(x, type):
            return self._made(x, args, keywords, walk)
        if hasattr(x, "__wrapped__"):  # functools.cache
            return self._call(self._known(x.__wrapped__, k.path), args, keywords, walk)
        if is_module(type(x)) and is_ours(in_class(type(x).__mro__, "__call__")):
            return self.call(self.attribute(k, "forward"), args, keywords, walk)
        if callable(x) and is_python(type(x)):
            return self.call(self.attribute(k, "__call__"), args, keywords, walk)
        return None

    def _function(self, function, args, keywords):
        code, path = function.__code__, function.__name__
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self._read("attribute", function, name, getattr(function, name), f"{path}.{name}")
        names, defaults = code.co_varnames[: code.co_argcount], function.__defaults__ or ()
        first = len(names) - len(defaults)
        local = {name: (self._known(x, name),) for name, x in zip(names[first:], defaults)}  # noqa: B905
        inside = function.__kwdefaults__ or {}
        local |= {name: self._read("name", inside, name, x, name) for name, x in inside.items()}
        return self._walk(code, function.__globals__, args, keywords, local, function, None)

    def _walk(self, code, namespace, args, keywords, local, function, around):
        names = code.co_varnames[: code.co_argcount]
        local |= {name: unslotted(value) for name, value in zip(names, args)}  # noqa: B905
        local |= {name: unslotted(value) for name, value in keywords.items()}
        held = [(name, *[id(k.x) for k in value]) for name, value in sorted(local.items())]
        key = (code, id(function), id(around), *held)
        if key not in self._walked and len(self._walked) < MOST_WALKS:
            self._walked[key] = ()  # meanwhile, for a function that calls itself
            self._alive.append(around)
            self._walked[key] = Walk(self, code, namespace, local, function, around).run()
        return self._walked.get(key, ())

    def _modules(self, k):
        """A model of the library's: the modules in it, and what those of the user read."""
        for path, module in k.x.named_modules():
            inner = self._known(module, f"{k.path}.{path}" if path else k.path)
            for name, x in vars(module).items():
                if isinstance(x, (list, dict, set)):
                    self._contents(Known(x, f"{inner.path}.{name}"))
            forward = vars(module).get("forward") or in_class(type(module).__mro__, "forward")
            if module is not k.x and not is_ours(forward):
                self.call((inner,))

    def _partial(self, k, args, keywords, walk):
        x, own = k.x, {}
        for name, y in x.keywords.items():
            own[name] = self._read("name", x.keywords, name, y, f"{k.path}({name}=)")
        first = [(self._known(y, f"{k.path}[{i}]"),) for i, y in enumerate(x.args)]
        function = self._known(x.func, k.path)
        return self.call((function,), (*first, *args), {**own, **keywords}, walk)

    def _made(self, kind, args, keywords, walk):
        """A call of a class."""
        if kind is super and walk is not None:
            return walk.own_super()
        start = in_class(kind.__mro__, "__init__")
        if not isinstance(start, FunctionType) or not is_walked(start):
            return None
        self._function(start, ((), *args), keywords)
        return ()

    def _builtin(self, k, args):
        """A function or method written in C."""
        owner, name = k.x.__self__, k.x.__name__
        if name == "getattr" and isinstance(owner, ModuleType) and len(args) > 1:
            names = [at.x for at in known(args[1]) if isinstance(at.x, str)]
            found = [self.attribute(at, name) for at in known(args[0]) for name in names]
            return sum(found, ()) if names else None
        if isinstance(owner, (ModuleType, type, type(None), random.Random)) or is_plain(owner):
            return None
        inside = self._known(owner, k.path.rpartition(".")[0])
        if not isinstance(owner, CONTAINERS):
            refuse_method(inside, k.x)
        elif name == "get" and isinstance(owner, dict) and args:
            return self.item((inside,), args[0]) + sum(args[1:], ())
        else:
            self.written.append((owner, None))
        if name not in WRITES:
            self.use((inside,))
        return None
