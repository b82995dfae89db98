"""The rules for σ, softplus and tanh: one exponential for what a loss and its gradient need.

Read next: `lower.py`.
"""


def logistic(graph, op, args):
    """σ and softplus by e = exp(−|x|), written out as in `ieee.py`: what needs both of them, or
    both of x and −x, as a loss and its gradient do, computes one exponential."""
    if op == "softplus":
        (x,) = args
        return graph.op("add", graph.op("relu", x), graph.op("log1p", _exp_of_minus_abs(graph, x)))
    if op == "sigmoid":
        (x,) = args
        e = _exp_of_minus_abs(graph, x)
        top = graph.op("where", graph.op("ge", x, 0.0), 1.0, e)
        return graph.op("quotient", top, graph.op("add", 1.0, e))
    return None


def _exp_of_minus_abs(graph, x):
    return graph.op("exp", graph.op("neg", graph.op("abs", x)))


def slope(graph, op, args):
    """σ(u)·σ(−u), in the derivatives of tanh and sigmoid, as e / (1 + e)² with e = exp(−|u|).

    In tanh's, where u = 2x and z = tanh x is known, 4σ(u)σ(−u) is 1 − z², which loses digits as z
    nears ±1, so only where z² < 0.998: to 1e-13.
    """
    if op != "mul":
        return None
    head, last = args
    rest, first = head.args if head.op == "mul" else (graph.const(1.0), head)
    u, v = _logit(first), _logit(last)
    if u is None or v is None or not _opposite(u, v):
        return None
    if u.op == "mul" and is_number(u.args[1], 2.0):
        z, fourth = graph.known.get(("tanh", u.args[0])), _fourth(graph, rest)
        if z is not None and fourth is not None:
            square = graph.op("mul", z, z)
            near, far = graph.op("sub", 1.0, square), graph.op("sigmoid_slope", u)
            far = graph.op("mul", 4.0, far)
            choice = graph.op("where", graph.op("lt", square, 0.998), near, far)
            return graph.op("mul", fourth, choice)
    e = _exp_of_minus_abs(graph, u)
    one = graph.op("add", 1.0, e)
    return graph.op("mul", rest, graph.op("quotient", e, graph.op("mul", one, one)))


def _fourth(graph, x):
    """x / 4, if that is a constant or x a product with 4; else None."""
    if x.op == "const":
        return graph.const(x.data / 4.0)
    return x.args[0] if x.op == "mul" and is_number(x.args[1], 4.0) else None


def _logit(x):
    """u where x is σ(u), in one piece or written out; else None."""
    if x.op == "sigmoid":
        return x.args[0]
    if x.op == "quotient" and x.args[0].op == "where" and x.args[0].args[0].op == "ge":
        return x.args[0].args[0].args[0]
    return None


def _opposite(u, v):
    """Whether v is −u: by neg, or as products of x with opposite constants."""
    if v.op == "neg" or u.op == "neg":
        return (v.op == "neg" and v.args[0] is u) or (u.op == "neg" and u.args[0] is v)
    if u.op == v.op == "mul" and u.args[0] is v.args[0]:
        a, b = u.args[1], v.args[1]
        return a.op == b.op == "const" and a.data == -b.data
    return False


def is_number(x, number):
    """Whether x is that constant."""
    return x.op == "const" and x.data == number
