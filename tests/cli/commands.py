"""A command of micrograd-opt, run in this process."""

from micrograd_opt.cli.main import main


def run(capsys, *arguments):
    """(exit status, standard output, standard error) of `micrograd-opt` with these arguments."""
    try:
        status = main([*map(str, arguments)])
    except SystemExit as stopped:  # argparse
        status = stopped.code
    return (status, *capsys.readouterr())


def refused(capsys, *arguments):
    """The one line on standard error of a call that is refused."""
    status, out, err = run(capsys, *arguments)
    assert status in (1, 2) and out == "" and err.count("\n") == 1, (status, out, err)
    return err
