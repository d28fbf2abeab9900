"""Tables as a person sees them: in a real terminal, at the widths that terminals have."""

from __future__ import annotations

import csv
import io
import os
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from llmxsite.cli import app, columns, terminal
from llmxsite.cli.columns import GAP, TerminalColumn, aligned, fitting

CASES = Path(__file__).parent / "cases" / "interchange"
posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


def on_a_terminal(width: int, *words: str) -> str:
    """What a command prints into a pseudo-terminal of this width, escape codes taken out."""
    import fcntl
    import pty
    import termios

    child, end = pty.fork()
    if child == 0:  # pragma: no cover - another process
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        # Not this process's own: readline, where it was loaded, has put a width into it.
        around = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")} | {"TERM": "xterm-256color"}
        os.execve(sys.executable, [sys.executable, "-m", "llmxsite", *words], around)
    said = b""
    while True:
        try:
            piece = os.read(end, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(end)
    os.waitpid(child, 0)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode("utf-8", "replace")).replace("\r\n", "\n")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("study")
    (root / "content").mkdir()
    (root / "content" / "site.yaml").write_text("title: Trial\n", encoding="utf-8")
    for words in (
        ("mmlu-pro", str(CASES / "mmlu-pro-untidy" / "input")),
        ("llmxray", str(CASES / "llmxray-export" / "input")),
    ):
        assert CliRunner().invoke(app, ["--study", str(root), "import", *words]).exit_code == 0
    terminal.choose_study(None)
    yield root


def fractions(study: Path, by: str) -> list[dict[str, str]]:
    result = CliRunner().invoke(app, ["--study", str(study), "results", "--by", by, "--format", "csv"])
    terminal.choose_study(None)
    return list(csv.DictReader(io.StringIO(result.stdout)))


def squeezed(text: str) -> str:
    return " ".join(text.split())


@posix
@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("by", ["model,category", "experiment,model,num_ctx,category"])
def test_results_never_lose_what_they_are_grouped_by_nor_n_nor_the_interval(width: int, by: str, study: Path) -> None:
    said = on_a_terminal(width, "--study", str(study), "results", "--by", by)
    rows = fractions(study, by)
    assert rows
    for row in rows:
        for key in by.split(","):
            assert (row[key] or "–") in said, f"{key} {row[key]} is gone"
        low, high = (f"{100 * float(row[end]):.1f}" for end in ("ci_low", "ci_high"))
        assert f"{100 * float(row['accuracy']):.1f}% [{low}, {high}]" in said
    assert "…" not in said
    head = said.partition("·")[0]
    numbers = re.findall(r"\]\s+(?:n )?([\d,]+)", head)
    assert numbers == [f"{int(row['n']):,}" for row in rows]
    assert not [line for line in head.splitlines() if cell_len(line) > width]
    left = re.search(r"^(\d+) more columns?: --wide$", said, re.MULTILINE)
    assert left or width > 40


@posix
def test_wide_shows_every_column(study: Path) -> None:
    narrow = on_a_terminal(60, "--study", str(study), "results", "--by", "model")
    wide = on_a_terminal(60, "--study", str(study), "results", "--by", "model", "--wide")
    left = re.search(r"(\d+) more", narrow)
    assert left and "more column" not in wide
    heads = next(line for line in wide.splitlines() if line.startswith("model"))
    shown = next(line for line in narrow.splitlines() if line.startswith("model"))
    assert len(re.split(r"\s{2,}", heads)) == len(re.split(r"\s{2,}", shown.strip())) + int(left[1])


@posix
@pytest.mark.parametrize("width", [60, 80])
def test_titles_of_suites_stand_on_one_line(width: int, tmp_path: Path) -> None:
    root = tmp_path / "study"
    assert CliRunner().invoke(app, ["init", str(root), "--title", "Trial"]).exit_code == 0
    said = on_a_terminal(width, "--study", str(root), "suite", "list")
    title = re.search(r"^title: (.+)$", (root / "suites" / "everyday-numbers.yaml").read_text("utf-8"), re.MULTILINE)
    assert title and title[1] in said and "…" not in said


@posix
@pytest.mark.parametrize("width", [60, 80])
def test_help_breaks_no_choice_apart(width: int) -> None:
    said = on_a_terminal(width, "run", "--help")
    words = squeezed(re.sub(r"[│╭╮╰╯─]", " ", said))
    for choice in ("auto", "ollama", "openai", "embedded"):
        assert re.search(rf"\b{choice}\b", words), choice


TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=24)


@st.composite
def tables(draw: st.DrawFn) -> list[TerminalColumn]:
    rows = draw(st.integers(1, 5))
    made = []
    for role, least, most in (("key", 1, 3), ("kept", 1, 3), ("more", 0, 6)):
        for _ in range(draw(st.integers(least, most))):
            cells = draw(st.lists(TEXTS, min_size=rows, max_size=rows))
            made.append(TerminalColumn(draw(TEXTS), cells, role, draw(st.booleans())))  # type: ignore[arg-type]
    return made


@settings(max_examples=300, deadline=None)
@given(tables(), st.integers(40, 200), st.booleans())
def test_no_table_at_any_width_shortens_what_must_stay(table: list[TerminalColumn], width: int, headed: bool) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None, highlight=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "out", lambda: console)
        columns.print_columns(table, above=["over"] * len(table[0].cells) if headed else None)
    said = stream.getvalue()
    for column in table:
        if column.role != "more":
            for cell in column.cells:
                assert cell in said
    shown, folded = fitting(table, width - 2 * headed)
    if shown is not None:
        taken = sum(c.width(folded=folded) for c in shown) + len(GAP) * (len(shown) - 1)
        assert taken <= width - 2 * headed
        assert all(cell_len(line) <= width for line in said.splitlines())
    left = len(table) - len(shown if shown is not None else [c for c in table if c.role != "more"])
    assert (f"{left} more column" in said) == bool(left)


def test_percent_signs_stand_below_each_other() -> None:
    assert aligned(["9.0% [4.1, 17.2]", "62.0% [55.1, 68.7]", "–"]) == [
        " 9.0% [4.1, 17.2]",
        "62.0% [55.1, 68.7]",
        "    –",
    ]
