"""The command line: words go in; results come out on standard output, all else on standard error.

    >>> from micrograd_opt.cli.main import main
    >>> main(["graph", "tanh(a*b + c)", "--set", "a=2", "--set", "b=-3", "--set", "c=6.5"])
    tanh(a*b + c) = 0.462117
    variable  value  gradient
    a             2  -2.35934
    b            -3    1.5729
    c           6.5  0.786448
    0

The last 0 is the exit status. `main.py` finds the command and makes one line of every expected
error. A command is a file with HELP, add_arguments(parser) and run(args): `train.py`, `graph.py`
(whose expressions `expression.py` reads), `race.py` (`digits.py` is the net that it races on),
`doctor.py`. `task.py` has the data sets that the first two know. What can be named on the command
line is derived from `optim`, `optim.schedules`, `data`.
Read next: `cli/main.py`.
"""
