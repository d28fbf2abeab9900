"""What a chart of paired differences says in words: beside its rows, under it, and to those who do not see it."""

from __future__ import annotations

import math
from typing import Any

from llmxsite.analysis.measure import Form
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, words
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.summary import records


def label(row: dict[str, Any], by: list[str], pixels: float) -> str:
    """`A − B` within `pixels`, with the group in front where there is one."""
    front = f"{words.shorten(words.clean(levels.text(row[by[0]])), pixels * 0.34)}: " if by else ""
    each = (pixels - words.width(front) - 22) / 2
    a, b = (words.clean(levels.text(row[side])) for side in ("a", "b"))
    spare = each - min(words.width(a), words.width(b), each)
    return f"{front}{words.shorten(a, each + spare)} − {words.shorten(b, each + spare)}"


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
    largest = max(rows, key=lambda r: abs(r["difference"]))
    said.append(f"Largest: {row_text(largest, factor, by, form)}.")
    return said


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
    if len(data) and int(data["n"].min()) < 30:
        said.append("Fewer than 30 shared items in a row: ranking suppressed.")
    few = data["clusters"] if "clusters" in data else pd.Series(dtype="float64")
    if len(few) and int(few.min()) < 10:
        said.append("Few clusters: fewer than 10 independent items, intervals use t.")
    return said
