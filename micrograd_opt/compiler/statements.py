"""Items as statements: what gets a name, what is written in place, which ops share a loop.

Read next: `spelled.py`, the expression of each op; `loops.py`, of elementwise chains.
"""

from collections import Counter

from . import lines
from .items import LANES
from .loops import Loop
from .passes import turned
from .scalars import order
from .spelled import SPELLED, stretched
from .text import wrapped

SHORT = 60  # letters of an expression that is written in place


class Statements:
    """Writes `lines`, and above the function `head`, for the Items that results need."""

    def __init__(self, frame, lists, given, off):
        self.frame, self.names, self.off = frame, frame.names, off
        self.own = lists.functions
        self.given = given  # {Item: its name}
        self.head, self.lines = [], []
        self.functions = set()  # the names of the functions that the text calls
        self.takes = {}  # {places: the name of the function that takes them}
        self.unrolled = {}  # {k: the name of the function of products of k numbers}
        self._elements = {}  # {Item: the name of an element}
        self._texts = {}  # {Item that is written in place: (text, whether that is a list)}
        self._commented = set()

    def write(self, results):
        live = order(results)
        if "turned" not in self.off:
            turned(live, results)
            live = order(results)
        chains = self._chains(live, set(results))
        loops = {root: Loop(members, self.own, self.off) for root, members in chains.items()}
        inner = {m for members in chains.values() for m in members[:-1]}
        live = [x for x in live if x not in inner]
        self._count_uses(live, loops, results)
        for x in live:
            if x in self.given or x.op == "const":
                continue
            if x in loops:
                self._loop(x, loops[x])
            elif x.op == "literal":
                name = self.given[x] = self.names.new("constant")
                self.head += [*wrapped(list(map(repr, x.data)), "", f"{name} = [", "]"), ""]
            else:
                self._put(x, *SPELLED[x.op](self, x))

    def _chains(self, live, results):
        """{root: members} of the elementwise Items that are computed together.

        An Item joins the chain of those that use it if that is one chain, of its own size.
        """
        root_of, users = {}, {}
        for x in reversed(live):
            if x.elementwise:
                roots = users.get(x, ())
                (root,) = roots if len(roots) == 1 else (None,)
                joins = root is not None and root.size == x.size and x not in results
                root_of[x] = root if joins and "fuse" not in self.off else x
            for y in x.args:
                users.setdefault(y, set()).add(root_of.get(x))
        chains = {}
        for x in live:
            if x in root_of:
                chains.setdefault(root_of[x], []).append(x)
        return chains

    def _count_uses(self, live, loops, results):
        """How often each Item is read, and by whom: that decides which get a name."""
        self._uses = Counter(results)
        self._kept = set(results)  # what needs a name whatever it is
        takes = {x for x in live if x.op == "take"} - self._kept
        for x in live:
            if x not in loops:
                self._uses.update(x.args)
                takes.difference_update(x.args)
            else:
                outside = loops[x].outside
                self._uses.update(outside)
                numbers = [y for y in outside if y.size == 1]  # the same in each turn of the loop
                self._kept.update(y for y in numbers if x.size != 1 or y.elementwise)
        self._streams = {x for x in takes if stretched(x)}  # each loop walks them anew
        for x in self._streams:
            if self._uses[x] > 1:
                self._kept.update(x.args)

    # ---- statements

    def _put(self, x, text, is_list=True):
        """Write an expression in place where its Item is used, or as a statement."""
        named = x in self._kept or self._uses[x] > 1 or len(str(text)) > SHORT
        if x not in self._streams and (named or "inline" in self.off):
            self._state(x, text, is_list)
        else:
            self._texts[x] = text, is_list

    def _state(self, x, text, is_list):
        lanes = x.op in LANES
        name = f"{self._stem(x.args[0])}_{x.op}" if lanes else x.name or "t"
        self._name(x, name, comment=not lanes)
        if not is_list and (x.size != 1 or lanes):
            text = f"[*{text}]"
        self.lines += lines.statement(f"{self.given[x]} = ", text)

    def _name(self, x, name, comment=True):
        self.given[x] = self.names.new(name)
        if comment and x.origin is not None and x.origin not in self._commented:
            self._commented.add(x.origin)
            comment = self.frame.comment(x.origin)
            self.lines += [f"    # {comment}"] if comment else []

    def _loop(self, x, loop):
        """A chain of elementwise ops: numbers, a comprehension, or a loop of several statements."""
        before, expression, functions = loop.written(self.names, self.element)
        self.functions |= functions
        if x.size == 1:
            for head, text in before:
                self.lines += lines.statement(head, text)
            if before:
                self._kept.add(x)
            self._put(x, expression)
            return
        targets, sources = ([f(y) for y in loop.streams] for f in (self.element, self.text))
        if not before:
            over = f"zip({', '.join(sources)})" if len(sources) > 1 else sources[0]
            self._put(x, lines.comprehension(expression, (", ".join(targets), over)))
            return
        self._name(x, x.name or "t")
        self.lines += [f"    {self.given[x]} = []", *lines.loop(targets, sources)]
        last = f"{self.given[x]}.append", lines.Bracketed("(", ")", expression)
        for head, text in [*before, last]:
            self.lines += lines.statement(head, text, "        ")

    # ---- what an Item is called where it is used

    def text(self, x):
        """An expression for a number, or for a list that is walked once."""
        if x.op == "const":
            return repr(x.data)
        return self.given[x] if x in self.given else str(self._texts[x][0])

    def list(self, x):
        """An expression for a list."""
        if x.op not in LANES and x.size == 1:
            return f"[{self.text(x)}]"
        if x in self._texts and not self._texts[x][1]:
            return f"[*{self._texts[x][0]}]"
        return self.text(x)

    def walk(self, x):
        """An expression for a list that is walked once, if it is a number too."""
        return self.list(x) if x.size == 1 else self.text(x)

    def element(self, x):
        """The name of a number, or of the elements of a list."""
        if x.size == 1:
            return self.text(x)
        if x not in self._elements:
            self._elements[x] = self.names.new(f"{self._stem(x)}_i")
        return self._elements[x]

    def _stem(self, x):
        """The name of a list; of one that only moves another's elements, the other's."""
        while x not in self.given and x.op in ("take", "fill"):
            x = x.args[0]
        return self.given.get(x) or x.name or "t"
