"""The README and the examples do what they say.

In README.md every ```python block runs alone, as a reader copies it; one with the words "from
above" goes on in the namespace of the block before. What a block prints must be, to the letter, the
```text block that follows it directly; without one it must print nothing.
A ```sh run and a ```sh tests block hold one command each: .ci/run runs those very lines.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = [  # those that tests/examples does not run
    path
    for path in sorted((ROOT / "examples").glob("[0-9][0-9]_*.py"))
    if not (ROOT / "examples" / "exercises" / f"{path.stem[3:]}.py").exists()
]


def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(kind, text):
    """The fenced blocks whose fence says ```kind: (line of the first code line, code) each."""
    fenced = re.finditer(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text[: m.start(1)].count("\n") + 1, m[1]) for m in fenced]


def examples_in(text):
    """Every python block: (line, code, the output that the README shows for it)."""
    shown = dict(blocks("text", text))
    for line, code in blocks("python", text):
        after = line + code.count("\n") + 1  # the line below the closing fence
        yield line, code, shown.get(after + 1) or shown.get(after + 2, "")


def run_blocks(text):
    """Run the python blocks of `text`; raise AssertionError where the output is not as shown."""
    namespace = {}
    for line, code, shown in examples_in(text):
        if "from above" not in code:
            namespace = {"__name__": "__readme__"}
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * (line - 1) + code, "README.md", "exec"), namespace)
        assert printed.getvalue() == shown, f"README.md:{line} prints something else"


def test_the_readmes_python_prints_what_the_readme_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(list(examples_in(readme()))) > 0
    run_blocks(readme())


def test_a_wrong_output_in_a_readme_is_found():
    fine = (
        "# A\n\n```python\nx = 1 + 1\n```\n\n"
        "```python\nprint(x)  # from above\n```\n\n```text\n2\n```\n"
    )
    run_blocks(fine)
    with pytest.raises(AssertionError, match="README.md:8 prints something else"):
        run_blocks(fine.replace("\n2\n", "\n3\n"))
    with pytest.raises(AssertionError, match="README.md:8"):
        run_blocks(fine.replace("```text", "and so\n\n```text"))
    with pytest.raises(NameError):
        run_blocks(fine.replace("  # from above", ""))


def test_every_picture_and_file_the_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\":]+)\"", readme())
    missing = [a or b for a, b in links if not (ROOT / (a or b)).exists()]
    assert missing == []


@pytest.mark.parametrize("name", ["run", "tests"])
def test_ci_runs_the_command_that_the_readme_gives(name):
    [(_, command)] = blocks(f"sh {name}", readme())
    assert command.count("\n") == 1, "one line, to be pasted as it is"
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    [extract] = re.findall(r"^ *(sed .*README\.md)$", ci, re.MULTILINE)
    found = subprocess.run(
        ["bash", "-c", extract, "bash", name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == command
    assert f"\nreadme {name}\n" in ci


def test_every_page_exercise_and_room_is_linked():
    text = readme()
    for path in sorted((ROOT / "examples").glob("**/*.py")):
        name = path.relative_to(ROOT).as_posix()
        if path.name not in ("page.py", "notebook.py") and path.parent.name != "solutions":
            assert f"]({name})" in text, name


def test_every_slide_of_a_page_is_in_the_table():
    table = readme().partition("| slide of Lecture 6 |")[2].partition("\n\n")[0]
    for path in sorted((ROOT / "examples").glob("[0-9][0-9]_*.py")):
        (slides,) = re.findall(r"^SLIDE +(.*)$", path.read_text(encoding="utf-8"), re.M) or [""]
        for slide in filter(None, slides.split("; ")):
            title = slide.partition(":")[0].partition(" (")[0]
            (row,) = [row for row in table.splitlines() if title in row] or [""]
            assert path.stem in row, f"{path.stem}: {slide}"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_an_example_runs_to_its_end(path, tmp_path):
    done = subprocess.run(
        [sys.executable, path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout, f"{path.name} shows nothing"
