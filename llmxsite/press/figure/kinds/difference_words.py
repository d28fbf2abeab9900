"""What a chart of paired differences says in words: beside its rows, under it, and to those who do not see it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from llmxsite.analysis.measure import Form
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, ranking, words
from llmxsite.press.figure.draft import FEW
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.summary import records


def label(row: Mapping[str, Any], data: pd.DataFrame, factor: str, by: list[str]) -> str:
    """What stands beside a row: no more than tells it from the others, since the ends of the axis say the rest."""
    front = levels.label(by[0], row[by[0]]) if by else ""
    same_a, same_b = ((data[side].map(levels.text) == levels.text(row[side])).all() for side in ("a", "b"))
    if same_a and same_b and front:
        return front
    a, b = (levels.label(factor, row[side]) for side in ("a", "b"))
    pair = f"{a} − {b}" if not same_b or same_a else levels.named(factor, row["a"])
    return f"{front} · {pair}" if front else pair


def sides_of(data: pd.DataFrame, factor: str, shown: Metric, baseline: Any = None) -> tuple[str, str]:
    """What the two ends of the axis mean: `← smollm2 better`, `gemma3 better →`."""
    a, b = (
        levels.named(factor, data[side].iloc[0]) if data[side].map(levels.text).nunique() == 1 else name
        for side, name in (("a", "the other" if baseline is not None else "first"), ("b", "second"))
    )
    if shown.better == "lower":
        return f"← {a} better (lower)", f"{b} better (lower) →"
    word = "better" if shown.better == "higher" else "higher"
    return f"← {b} {word}", f"{a} {word} →"


def p_text(row: dict[str, Any]) -> str:
    """What stands beside a row."""
    if row["verdict"] == "identical":
        return "identical"
    if math.isnan(row["p_holm"]):
        return "p undefined"
    shown = words.show(row["p_holm"], "p")
    return f"p {shown}" if shown.startswith("<") else f"p = {shown}"


def row_text(row: dict[str, Any], factor: str, by: list[str], form: Form = "points") -> str:
    """One row as a sentence without its end: the two levels, the difference, its interval and p."""
    front = f"{levels.named(by[0], row[by[0]])}: " if by else ""
    interval = words.measured(row["difference"], row["ci_low"], row["ci_high"], int(row["n"]), form, signed=True)
    return f"{front}{levels.named(factor, row['a'])} minus {levels.named(factor, row['b'])}, {interval}, {p_text(row)}"


def caption(data: pd.DataFrame, factor: str, by: list[str], alpha: float, form: Form = "points") -> list[str]:
    """Sentences under the chart: how many differences show, and the largest."""
    rows = records(data)
    different = [r for r in rows if r["verdict"] == "different"]
    said = [
        f"{len(different)} of {several(len(rows), 'difference')} {'has' if len(rows) == 1 else 'have'} a Holm-adjusted p below {alpha:g}."
    ]
    ranked = [r for r in rows if ranking.enough(r, "n")]
    if not ranked:
        return [*said, f"No row rests on {FEW} shared items or more, so none is called the largest."]
    largest = max(ranked, key=lambda r: abs(r["difference"]))
    return [*said, f"{'Largest: ' if len(rows) > 1 else ''}{row_text(largest, factor, by, form)}."]


def notes(data: pd.DataFrame, form: Form = "points") -> list[str]:
    """What a reader has to know of the comparison: what it could have seen, what was lost, what else differs."""
    said = []
    known = data[data["mde"].notna()]
    if len(known):
        blind = known[known["mde"] > known["difference"].abs()]
        least, most = (words.size(float(end), form) for end in (known["mde"].min(), known["mde"].max()))
        reach = (
            f"{least}{words.unit(form)}" if least == most else f"{least} to {most}{words.unit(form)}, each row its own"
        )
        said.append(f"Smallest difference that could be seen here with power 80%: {reach}.")
        if len(blind):
            said.append(f"{len(blind)} of {len(data)} observed differences are smaller than what their row could show.")
    unshown = int((data["verdict"] == "not shown").sum())
    if unshown:
        said.append(f"{unshown} of {len(data)} are not shown to differ, which is not the same as being equal.")
    lost = int(data["lost"].max())
    if lost:
        said.append(
            f"Up to {several(lost, 'item')} a row lost: only one of the two answered them, or their content differs."
        )
    if "confounded" in data and bool(data["confounded"].any()):
        said.append("Some levels share no other condition: the difference is also that of those conditions.")
    if scarce := int((data["n"] < FEW).sum()):
        said.append(
            f"{scarce} of {several(len(data), 'row')} rest on fewer than {FEW} shared items: none of them is called the largest."
        )
    few = data["clusters"] if "clusters" in data else pd.Series(dtype="float64")
    if len(few) and int(few.min()) < 10:
        said.append("Few clusters: fewer than 10 independent items, intervals use t.")
    return said
