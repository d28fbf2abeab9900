"""From published rows to a suite: every row becomes an item or an issue, and the datasheet says how many became which."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from llmxsite.base.diagnostics import Issues, Problem, several
from llmxsite.base.foreign_text import ENCODING_HINT
from llmxsite.study.suite.model import LETTERS, Item, Suite, content, tidy
from llmxsite.study.suite_formats import rows
from llmxsite.study.suite_formats.rows import Row

SEED = 0
"""Seed of everything that is shuffled or drawn when none is given."""


_NAMED = 5
"""Rows of each kind of fault that the datasheet names."""


class BadRow(Exception):  # noqa: N818 - a row that is no item, which is nothing exceptional
    """Why a row gives no item. `kind` is the same words for all rows with the same fault, for counting."""

    def __init__(self, kind: str, detail: str | None = None) -> None:
        super().__init__(detail or kind)
        self.kind = kind


class SuiteFormat(NamedTuple):
    """A published format."""

    name: str
    suite: Suite
    """What is true of every suite made from it: id, title, description, licence, source, language, datasheet."""
    recognises: Callable[[dict[str, Any]], bool]
    """Whether a row is of this format, by its keys."""
    item: Callable[[dict[str, Any], Row, int], Item]
    """The item of a row, with a seed for what is shuffled. Raises `BadRow`."""


def convert(
    format: SuiteFormat,  # noqa: A002
    path: Path,
    issues: Issues,
    *,
    id: str | None = None,  # noqa: A002
    limit: int | None = None,
    seed: int = SEED,
    member: str | None = None,
) -> Suite:
    """The suite in a published file. A row that gives no item is a warning, and counted in the datasheet.

    With a limit, items are drawn by seed, categories keeping their shares; the id then says how many there are.
    Raises `Problem` when no row gives an item.
    """
    items: list[Item] = []
    seen: dict[str, list[Any]] = {}
    faults: dict[str, list[int]] = {}
    total = 0
    by_line = False
    for row in rows.read(path, issues, member):
        total += 1
        by_line = row.line is not None
        try:
            if row.fault is not None:
                raise BadRow(row.fault.partition(":")[0], row.fault)
            if not isinstance(row.value, dict):
                raise BadRow("not an object", f"{type(row.value).__name__}, not an object")
            item = format.item(row.value, row, seed)
            key = content(item)
            if item.id in seen:
                raise BadRow(
                    "repeats an earlier row" if seen[item.id] == key else "has the id of another question",
                    f"id '{item.id}' again",
                )
            seen[item.id] = key
        except BadRow as fault:
            faults.setdefault(fault.kind, []).append(row.number if row.line is None else row.line)
            message = f"row {row.number:,} left out: {fault}"
            hint = ENCODING_HINT if "utf-8" in message.lower() else None
            issues.add(row.path, "import-row", message, line=row.line, hint=hint, severity="warning")
            continue
        items.append(item)
    if not items:
        hint = "is it another format? `auto` in its place goes by the names of the columns"
        why = max(faults, key=lambda kind: len(faults[kind])) if faults else None
        said = f"none of {total:,} rows is an item of format '{format.name}'" + (f": {why}" if why else "")
        raise Problem.at(path, "import-nothing", said, hint=hint)
    return _suite(format, items, total, faults, by_line, id=id, limit=limit, seed=seed)


def _suite(
    format: SuiteFormat,  # noqa: A002
    items: list[Item],
    total: int,
    faults: dict[str, list[int]],
    by_line: bool,
    *,
    id: str | None,  # noqa: A002
    limit: int | None,
    seed: int,
) -> Suite:
    suite = copy.deepcopy(format.suite)
    drawn = sample(items, limit, seed) if limit is not None and limit < len(items) else items
    suite.items = drawn
    suite.id = id or (suite.id if drawn is items else f"{suite.id}-{len(drawn)}")
    steps = [f"Converted from the release by llmxsite: {total:,} rows gave {len(items):,} items."]
    if faults:
        counts = "; ".join(
            f"{len(places):,} {kind} ({_places(places, by_line)})" for kind, places in sorted(faults.items())
        )
        steps.append(f"Left out: {counts}.")
    own = suite.datasheet.get("preprocessing", {})
    if own.get("steps"):
        steps.append(own["steps"].format(seed=seed))
    if drawn is not items:
        suite.title += f", a sample of {len(drawn):,}"
        steps.append(
            f"{len(drawn):,} of {len(items):,} items were drawn with seed {seed}, categories keeping their shares."
        )
    suite.datasheet["preprocessing"] = {**own, "steps": " ".join(steps), "raw": "The file of the release."}
    return suite


def _places(numbers: list[int], by_line: bool) -> str:
    """`lines 3, 9, 12 and 40 more`."""
    first = ", ".join(f"{number}" for number in numbers[:_NAMED])
    more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
    return f"{'line' if by_line else 'row'}{'s' if len(numbers) > 1 else ''} {first}{more}"


def sample(items: list[Item], count: int, seed: int) -> list[Item]:
    """`count` items in their old order, each category keeping its share (largest remainders), the same on every machine."""
    groups: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(item.category or "", []).append(index)
    shares = {name: count * len(group) / len(items) for name, group in groups.items()}
    quotas = {name: int(share) for name, share in shares.items()}
    for name in sorted(groups, key=lambda n: (quotas[n] - shares[n], n))[: count - sum(quotas.values())]:
        quotas[name] += 1
    kept = {
        index
        for name, group in groups.items()
        for index in sorted(group, key=lambda i: order_key(seed, items[i].id))[: quotas[name]]
    }
    return [item for index, item in enumerate(items) if index in kept]


def order_key(seed: int, *parts: str) -> str:
    """A key to sort by that looks random and is the same for every version of Python."""
    return hashlib.sha256("\0".join((str(seed), *parts)).encode()).hexdigest()


def text(row: dict[str, Any], key: str) -> str:
    """The text under `key`. Raises `BadRow` when there is none."""
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadRow(f"without {key}")
    return tidy(value)


def name(row: dict[str, Any], key: str) -> str:
    """The text or whole number under `key`, which some releases write as a number. Raises `BadRow` when there is none."""
    number = whole(row.get(key))
    return text(row, key) if number is None else str(number)


def whole(value: Any) -> int | None:
    """A whole number, also as pandas writes it where a column has gaps (4.0); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value == value // 1 else None


def optional(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    return tidy(value) if isinstance(value, str) and value.strip() else None


def label(value: str | None) -> str | None:
    """A category that can stand in a table: one line, no pipes."""
    return " ".join(value.replace("|", "/").split()) or None if value else None


def options(value: Any, key: str = "options") -> list[str]:
    """Two to 26 options. Raises `BadRow` otherwise."""
    if not isinstance(value, list) or not all(isinstance(option, str) for option in value):
        raise BadRow(f"without a list of {key}")
    choices = [tidy(option) for option in value]
    if any(not choice for choice in choices):
        raise BadRow("with an empty option")
    if not 2 <= len(choices) <= len(LETTERS):
        raise BadRow(f"with {several(len(choices), 'option')}")
    return choices


def letter(index: int, choices: list[str]) -> str:
    """The letter of the right option. Raises `BadRow` when it is no option, or when another option is the same."""
    if not 0 <= index < len(choices):
        raise BadRow("with a key that is no option")
    if choices.count(choices[index]) > 1:
        raise BadRow("with the right option twice")
    return LETTERS[index]
