"""The house: what its sizes may be, that the core names no task, and that docs/architecture.md names the rooms there are."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from llmxsite.base import registry

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "llmxsite"
MODULES = sorted(HOUSE.rglob("*.py"))
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LONGEST, LARGEST = 300, 0.15
"""Lines of a module; share of all lines that a room may have."""
DEFAULTS = {("log/log_formats/imported.py", "task"), ("study/scaffold/__init__.py", "DEFAULT")}
"""Where a task may be named: what an imported log is of, and what `new report` starts."""


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def room(path: Path) -> str:
    """`press/site`; of a module that stands in its wing itself, the module."""
    return "/".join(path.relative_to(HOUSE).with_suffix("").parts[:2])


def rooms() -> dict[str, set[str]]:
    """Wing to its rooms: folders, and modules that stand in the wing itself."""
    found: dict[str, set[str]] = {}
    for wing in sorted(p for p in HOUSE.iterdir() if (p / "__init__.py").is_file()):
        inside = {p.stem for p in wing.glob("*.py")} | {p.name for p in wing.iterdir() if (p / "__init__.py").is_file()}
        found[wing.name] = inside - {"__init__", "__main__"}
    return found


def test_no_module_is_longer_than_a_reader_holds_in_mind() -> None:
    assert {p.relative_to(HOUSE).as_posix(): lines(p) for p in MODULES if lines(p) > LONGEST} == {}


def test_no_room_has_more_than_its_share_of_the_lines() -> None:
    count: Counter[str] = Counter()
    for path in MODULES:
        count[room(path)] += lines(path)
    assert {name: n for name, n in count.items() if n > LARGEST * count.total()} == {}


def test_every_wing_and_every_task_stands_in_the_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [c for c in contracts if c["type"] == "layers"]
    assert all(c.get("exhaustive") for c in layers if c["name"] != "Inside a task, as outside")
    held = {container for c in layers for container in c.get("containers", ())}
    # What parses, calls and prints, what is above the log and what makes schemas have no rooms to order.
    assert {f"llmxsite.{wing}" for wing in rooms()} - held == {
        "llmxsite.cli",
        "llmxsite.library",
        "llmxsite.schema",
        "llmxsite.task",
    }
    tasks = {f"llmxsite.task.{name}" for name in registry.built_in()}
    named = {c["name"]: c for c in contracts}
    assert set(named["Tasks are independent"]["modules"]) == tasks
    assert set(named["Inside a task, as outside"]["containers"]) == tasks


def strings(node: ast.AST | None) -> Iterator[str]:
    """Texts that stand in an expression as they are: not those that are parts of a longer one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for part in node.elts:
            yield from strings(part)


def decided(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, name and text of each place where a text decides: comparisons, cases, `Literal`, keys of mappings, defaults, assignments."""
    for node in ast.walk(tree):
        found: list[tuple[str, ast.AST | None]] = []
        if isinstance(node, ast.Compare):
            found = [("", part) for part in (node.left, *node.comparators)]
        elif isinstance(node, ast.MatchValue):
            found = [("", node.value)]
        elif isinstance(node, ast.Subscript):
            found = [("", node.slice)]  # of `Literal`, and of a mapping
        elif isinstance(node, ast.Dict):
            found = [("", key) for key in node.keys]
        elif isinstance(node, ast.arguments):
            found = [("", default) for default in (*node.defaults, *node.kw_defaults)]
        elif isinstance(node, ast.Assign):
            found = [(t.id if isinstance(t, ast.Name) else "", node.value) for t in node.targets]
        elif isinstance(node, ast.AnnAssign):
            found = [(node.target.id if isinstance(node.target, ast.Name) else "", node.value)]
        elif isinstance(node, ast.keyword):
            found = [(node.arg or "", node.value)]
        for name, part in found:
            for text in strings(part):
                yield getattr(node, "lineno", getattr(part, "lineno", 0)), name, text


def named_in(text: str, place: str, tasks: set[str]) -> list[str]:
    return [
        f"{place}:{line} '{said}'"
        for line, name, said in decided(ast.parse(text))
        if said in tasks and (place, name) not in DEFAULTS
    ]


def test_nothing_outside_a_task_is_decided_by_a_tasks_name() -> None:
    tasks = set(registry.built_in())
    found = []
    for path in MODULES:
        place = path.relative_to(HOUSE).as_posix()
        if not place.startswith("task/"):
            found += named_in(path.read_text(encoding="utf-8"), place, tasks)
    assert found == []


def test_a_tasks_name_would_be_found_wherever_it_decides() -> None:
    for text in (
        "if task == 'x': pass",
        "if task in ('y', 'x'): pass",
        "kind: Literal['x', 'y']",
        "find = {'x': 1}",
        "find['x']",
        "def f(task='x'): pass",
        "def f(*, task='x'): pass",
        "TASK = 'x'",
        "task: str = 'x'",
        "Experiment(task='x')",
        "match task:\n case 'x': pass",
    ):
        assert named_in(text, "a.py", {"x"}), text
    assert named_in("say(f'of x'); print('x y')", "a.py", {"x"}) == []


def told() -> dict[str, set[str]]:
    """Wing to its rooms, as the page's tables have them: a heading names the wing, a table's first cells the rooms."""
    found: dict[str, set[str]] = {}
    for heading, text in re.findall(r"^### `(\w+)`[^\n]*\n(.*?)(?=^##)", PAGE, flags=re.M | re.S):
        cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, flags=re.M)
        found[heading] = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    return found


def test_the_page_names_every_room_and_none_too_many() -> None:
    real = rooms()
    assert set(told()) == set(real)
    for wing, named in told().items():
        assert named == real[wing], f"{wing}: {named ^ real[wing]}"


def test_the_page_names_no_file_that_is_not_there() -> None:
    for name in re.findall(r"`((?:llmxsite|tests|docs|benchmarks)/[\w./-]+)`", PAGE):
        assert (ROOT / name).exists(), name


def test_the_page_is_as_short_as_it_says() -> None:
    """One page: what is longer is said where it belongs."""
    assert len(PAGE.split()) < 3000
