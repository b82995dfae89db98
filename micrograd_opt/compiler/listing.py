"""The generated function in whole lists: a statement an op, for what one loop over rows cannot do.

Attention, the statistics of a batch, rows picked by index, or nets too wide to be spelt out number
by number: each op of the graph becomes a statement over flat lists, chains of elementwise ops
together one loop. Read next: `runtime.py`, what the statements call; `compiled.py`.
"""

import builtins
import keyword
import math
import textwrap
from collections import Counter

from .. import ieee
from ..array import Array
from ..tensor import Tensor
from . import runtime
from .frame import Frame
from .items import LANES, Lists
from .loops import Loop
from .opened import opened
from .passes import turned
from .places import as_axes, as_slice, each, repeated
from .program import Program, defined
from .scalars import order
from .text import CONDITIONS, SPELLINGS, WIDTH, wrapped

SHORT = 60  # letters of an expression that is written in place
# A product unrolled over names, ns for each multiply-add, against sum(map(mul, …)) or, from 3.12,
# sumprod. 3.11: 14 to 25 at 16 numbers, 13 to 17 at 64, 14 to 16 at 128. 3.12 and 3.13: 14 to 16 at
# 16 numbers, 12 to 11 at 32, 13 to 9 at 64.
UNROLLED = 16 if hasattr(math, "sumprod") else 64
CALLED = {*dir(math), *vars(ieee), *vars(runtime)} - {*SPELLINGS, *CONDITIONS}
TAKEN = {*keyword.kwlist, *dir(builtins), *CALLED, "step", "row", "i"}


def kernel_program(traced, groups, forward_only=False, off=()):
    """The Program of a trace in whole lists. groups: (name, leaves) of each argument, in order."""
    return Listing(traced, groups, forward_only, off).program()


class Listing(Frame):
    def __init__(self, traced, groups, forward_only, off):
        super().__init__(traced, groups, forward_only, False, None, TAKEN)
        self.off = off
        self.lists = Lists(off)
        self.items = {}  # {node: its Item}
        self.given = {}  # {Item: its name}
        self.elements = {}  # {Item: the name of an element}
        self.texts = {}  # {Item that is written in place: (text, whether that is a list)}
        self.head, self.lines = [], []
        self.functions = set()
        self._takes = {}  # {places: the name of the function that takes them}
        self._commented = set()

    def program(self):
        self._leaves()
        for node in self.order:
            if node not in self.items:
                self.items[node] = self._item(node)
        outputs = [self._result(node, self.items[node]) for node in self.traced.outputs]
        gradients = [] if self.forward_only else self._gradients()
        self._write([x for x in outputs + gradients if x is not None])
        source = self._source(outputs, gradients)
        own = {name: getattr(runtime, name) for name in vars(runtime) if name[0] != "_"}
        fast, careful = defined(source, self.functions, own | self.lists.functions)
        return Program(source, self.inputs, self.checks, fast, careful, self.functions)

    # ---- the graph as Items

    def _leaves(self):
        for made in self.inputs:
            for leaf in made.leaves:
                size = getattr(leaf, "size", 1)
                name = self.base[leaf]
                if size == 1 and isinstance(leaf, Tensor):
                    name = self.names.new(f"{name}_0")
                item = self.items[leaf] = self.lists.leaf(size, name)
                self.given[item] = name
                made.scalars.append(item)

    def _item(self, node):
        if node.op is None:
            data = 1.0 if node is self.traced.seed else node._data
            return self.lists.literal(data.flat if isinstance(data, Array) else [data])
        if node._op in ("gather", "index_select"):
            self.check_index(node)
        before = len(self.lists.made)
        item = opened(self.lists, node, [self.items[x] for x in node._prev])
        name = self.called(node)
        for made in self.lists.made[before:]:
            made.name, made.origin = name, node
        return item

    def _result(self, node, item):
        """The Item of an output, whole."""
        return self.lists.whole(item, getattr(node, "size", 1))

    def _gradients(self):
        found = []
        for leaf, g in zip(self.traced.wanted, self.traced.gradients, strict=True):
            item = None if g is None else self._result(leaf, self.items[g])
            if item is not None and item not in self.given:
                item.name = f"d_{self.called(leaf)}"
            found.append(item)
        return found

    # ---- Items as statements

    def _write(self, results):
        live = order(results)
        if "turned" not in self.off:
            turned(live, results)
            live = order(results)
        chains = self._chains(live, set(results))
        inner = {m for members in chains.values() for m in members[:-1]}
        loops = {x: Loop(chains[x], self.lists.functions, self.off) for x in chains}
        self._count_uses(live, inner, loops, results)
        for x in live:
            if x in inner or x in self.given or x.op == "const":
                continue
            if x.op == "literal":
                self._literal(x)
            elif x in loops:
                self._loop(x, loops[x])
            else:
                self._put(x, *getattr(self, f"_{x.op}")(x))

    def _count_uses(self, live, inner, loops, results):
        """How often each Item is read, and by whom: that decides which get a name."""
        self.uses = Counter(results)
        self.kept = set(results)  # what needs a name whatever it is
        self.streams = {x for x in live if x.op == "take" and x not in self.kept}
        for x in live:
            if x in loops:
                self.uses.update(loops[x].outside)
                if x.size != 1:
                    self.kept.update(y for y in loops[x].outside if y.size == 1)
            elif x not in inner:
                self.uses.update(x.args)
                self.streams.difference_update(x.args)
        for x in self.streams:
            if self.uses[x] > 1 and _stretched(x):
                self.kept.update(x.args)

    def _put(self, x, text, is_list):
        """Write an expression in place where its Item is used, or as a statement."""
        if x in self.streams and _stretched(x):
            named = False  # each loop that reads it walks it anew
        else:
            named = (
                x in self.kept or self.uses[x] > 1 or len(str(text)) > SHORT or "inline" in self.off
            )
        if named:
            self._state(x, text, is_list)
        else:
            self.texts[x] = text, is_list

    def _chains(self, live, results):
        """{root: members} of the elementwise Items that are computed together."""
        root_of, users = {}, {}
        for x in reversed(live):
            if self._is_elementwise(x):
                roots = users.get(x, ())
                together = (
                    len(roots) == 1 and x not in results and "fuse" not in self.off
                )
                root = next(iter(roots)) if together else None
                root_of[x] = root if root is not None and root.size == x.size else x
            for y in x.args:
                users.setdefault(y, set()).add(root_of.get(x))
        chains = {}
        for x in live:
            if x in root_of:
                chains.setdefault(root_of[x], []).append(x)
        return chains

    def _is_elementwise(self, x):
        return x.op not in WHOLE

    def _state(self, x, text, is_list):
        """A statement: the Item gets a name."""
        lanes = x.op in LANES
        name = f"{self._base_name(x.args[0])}_{x.op}" if lanes else x.name or "t"
        name = self.given[x] = self.names.new(name)
        if not lanes:
            self._comment(x)
        if not is_list and (x.size != 1 or lanes):
            text = f"[*{text}]"
        self.lines += laid_out(f"{name} = ", text, "    ")

    def _comment(self, x):
        if x.origin is not None and x.origin not in self._commented:
            self._commented.add(x.origin)
            self.lines.append(f"    # {self.comment(x.origin)}")

    # ---- what an Item is called where it is used

    def text(self, x):
        """An expression for the Item, that can be walked once if it is a list."""
        if x.op == "const":
            return repr(x.data)
        return self.given[x] if x in self.given else str(self.texts[x][0])

    def list(self, x):
        """An expression for a list."""
        if x.op not in LANES and x.size == 1:
            return f"[{self.text(x)}]"
        if x in self.texts and not self.texts[x][1]:
            return f"[*{self.texts[x][0]}]"
        return self.text(x)

    def element(self, x):
        """The name of a number, or of the elements of a list."""
        if x.size == 1:
            return self.text(x)
        if x not in self.elements:
            self.elements[x] = self.names.new(f"{self._base_name(x)}_i")
        return self.elements[x]

    def _base_name(self, x):
        """The name of a list; of one that only moves another's elements, the other's."""
        while x not in self.given and x.op in ("take", "fill"):
            x = x.args[0]
        return self.given.get(x) or x.name or "t"

    # ---- elementwise

    def _loop(self, x, loop):
        """A chain of elementwise ops: numbers, a comprehension, or a loop of several statements."""
        before, expression, functions = loop.written(self.names, self.element)
        self.functions |= functions
        if x.size == 1:
            for head, text in before:
                self.lines += laid_out(head, text, "    ")
            if before:
                self.kept.add(x)
            self._put(x, expression, True)
            return
        targets, sources = ([f(y) for y in loop.streams] for f in (self.element, self.text))
        over = f"zip({', '.join(sources)})" if len(sources) > 1 else sources[0]
        if not before:
            self._put(x, Bracketed("[", "]", expression, f"for {', '.join(targets)} in {over}"), True)
            return
        name = self.given[x] = self.names.new(x.name or "t")
        self._comment(x)
        self.lines += [f"    {name} = []", *loop_over(targets, sources, over)]
        for head, text in [*before, (f"{name}.append", Bracketed("(", ")", expression))]:
            self.lines += laid_out(head, text, "        ")

    # ---- whole lists: a method for each op, (expression, whether it is a list)

    def _literal(self, x):
        name = self.given[x] = self.names.new("constant")
        self.head += [*wrapped([repr(i) for i in x.data], "", f"{name} = [", "]"), ""]

    def _call(self, x):
        self.functions.add(x.params[0])
        return f"{x.params[0]}({', '.join(map(self.list, x.args))})", True

    def _fill(self, x):
        return f"[{self.text(x.args[0])}] * {x.size}", True

    def _take(self, x):
        (y,), (places,) = x.args, x.params
        if x.size == 1:
            return f"{self.list(y)}[{places[0]}]", True
        part, n = as_slice(places), repeated(places, y.size)
        if part is not None:
            bounds = f"{part.start or ''}:{part.stop if part.stop < y.size else ''}"
            return f"{self.list(y)}[{bounds}{f':{part.step}' if part.step > 1 else ''}]", True
        if n is not None:
            return f"{self.list(y)} * {n}", True
        n = each(places, y.size)
        if n is not None:
            return f"each({self.text(y)}, {n})", False
        return f"{self._taker(places)}({self.list(y)})", False

    def _taker(self, places):
        """The name of a function of a list that gives its elements at places."""
        name = self._takes.get(places)
        if name is None:
            name = self._takes[places] = self.names.new("take")
            regular = as_axes(places)
            if regular:
                start, axes = regular
                self.head.append(f"{name} = itemgetter(*offsets({start}, {axes}))")
            else:
                self.head += wrapped([*map(str, places)], "", f"{name} = itemgetter(", ")")
            self.head.append("")
        return name

    def _join(self, x):
        parts = [self.text(y) if y.size == 1 else f"*{self.text(y)}" for y in x.args]
        return f"[{', '.join(parts)}]", True

    def _rows(self, x):
        return f"rows({self._iterable(x.args[0])}, {x.params[0]})", False

    def _iterable(self, y):
        return f"[{self.text(y)}]" if y.size == 1 else self.text(y)

    def _columns(self, x):
        return f"columns({self.list(x.args[0])}, {x.params[0]})", True

    def _total(self, x):
        return f"sum({self.text(x.args[0])})", True

    def _dot(self, x):
        return f"dot({self.text(x.args[0])}, {self.text(x.args[1])})", True

    def _sums(self, x):
        return self._each_lane(x, "sum")

    def _dots(self, x):
        return self._each_lane(x, "dot")

    def _argmax(self, x):
        return self._each_lane(x, "place_of_max")

    def _each_lane(self, x, function):
        """A number for each lane."""
        text = f"map({', '.join([function, *map(self.text, x.args)])})"
        return (f"[*{text}][0]", True) if x.size == 1 else (text, False)

    def _lists(self, x, function, *more):
        """A list for each lane."""
        return self._one(x, f"joined(map({', '.join([function, *map(self.text, x.args), *more])}))")

    def _one(self, x, text):
        """A list that is made; its element, if it is only one."""
        return (f"{text}[0]" if x.size == 1 else text), True

    def _products(self, x):
        left, right = x.args
        k, n, m, batches = x.params
        name = "products" if k > UNROLLED else self._unrolled(k)
        if batches == 1:
            return self._one(x, f"{name}({self.text(left)}, {self.list(right)})")
        lefts, rights = f"rows({self.text(left)}, {n})", f"rows({self.text(right)}, {m})"
        return f"joined(map({name}, {lefts}, {rights}))", True

    def _unrolled(self, k):
        name = f"products_{k}"
        if name not in self.names.taken:
            self.names.new(name)
            x, y = ([f"{letter}{i}" for i in range(k)] for letter in "xy")
            terms = " + ".join(f"{a} * {b}" for a, b in zip(x, y, strict=True))
            lefts, rights = (", ".join(names) + "," * (k == 1) for names in (x, y))
            over = f"left for {rights} in right"
            self.head += [
                f"def {name}(left, right):",
                *laid_out("return ", Bracketed("[", "]", terms, f"for {lefts} in {over}"), "    "),
                "",
            ]
        return name

    def _softmax(self, x):
        return self._lists(x, "softmax")

    def _log_softmax(self, x):
        return self._lists(x, "log_softmax")

    def _gather(self, x):
        return self._lists(x, "pick")

    def _scatter_add(self, x):
        return self._lists(x, "scatter", f"repeat({x.params[0]})")

    def _picked(self, x):
        lanes, index = self.text(x.args[0]), self._iterable(x.args[1])
        return self._one(x, f"[row[int(i)] for row, i in zip({lanes}, {index})]")

    def _top(self, x):
        return f"top({self.list(x.args[0])})", True

    def _index_select(self, x):
        return self._one(x, f"joined(pick({self.list(x.args[0])}, {self._iterable(x.args[1])}))")

    def _index_add(self, x):
        lanes, index = self.text(x.args[0]), self._iterable(x.args[1])
        return self._one(x, f"add_rows({lanes}, {index}, {x.params[0]}, {x.params[1]})")

    # ---- the text

    def _source(self, outputs, gradients):
        lines = [*self.head]
        lines += wrapped([made.name for made in self.inputs], "", "def step(", "):")
        for made in self.inputs:
            tensor = isinstance(made.leaves[0], Tensor)
            if not tensor or made.scalars[0].size == 1:
                lines += wrapped([x.name for x in made.scalars], "    ", "[", f"] = {made.name}")
        lines += self.lines
        for name, results, nodes in (
            ("outputs", outputs, self.traced.outputs), ("gradients", gradients, self.traced.wanted)
        ):
            shown = [self._shown(x, node) for x, node in zip(results, nodes)]
            lines += wrapped(shown, "    ", f"{name} = [", "]")
        lines.append("    return outputs, gradients")
        return "\n".join(lines) + "\n"

    def _shown(self, x, node):
        if x is None:
            return "None"
        return self.list(x) if isinstance(node, Tensor) else self.text(x)


WHOLE = {
    "const", "leaf", "literal", "call", "fill", "take", "join", "rows", "columns", "total", "dot",
    "sums", "dots", "products", "softmax", "log_softmax", "argmax", "top", "picked", "gather",
    "scatter_add", "index_select", "index_add",
}  # fmt: skip


def _stretched(x):
    """Whether a list is another one repeated, which costs next to nothing to walk."""
    (places,), size = x.params, x.args[0].size
    return repeated(places, size) is not None or each(places, size) is not None


class Bracketed:
    """An expression in brackets, in parts that may stand on lines of their own."""

    def __init__(self, opening, closing, *parts):
        self.opening, self.closing, self.parts = opening, closing, parts

    def __str__(self):
        return f"{self.opening}{' '.join(self.parts)}{self.closing}"


def laid_out(head, text, indent):
    """The lines of a statement: a head such as `x = `, and an expression."""
    line = f"{indent}{head}{text}"
    if len(line) <= WIDTH:
        return [line]
    if isinstance(text, str):
        text = Bracketed("(", ")", text)
    inner = [line for part in text.parts for line in filled(part, indent + "    ")]
    return [indent + head + text.opening, *inner, indent + text.closing]


def loop_over(targets, sources, over):
    """The lines of a `for` statement in the function."""
    line = f"    for {', '.join(targets)} in {over}:"
    if len(line) <= WIDTH:
        return [line]
    opening, closing = (") in zip(", "    ):") if len(sources) > 1 else (") in (", "    ):")
    inner = filled(", ".join(sources), "            ")
    return [*wrapped(targets, "    ", "for (", opening), *inner, closing]


def filled(text, indent):
    """A text as lines; it has brackets around it, so it may break at any space."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
