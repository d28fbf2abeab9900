"""How a comparison of two runs looks in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from llmxsite.analysis.drift import fact_words, words
from llmxsite.analysis.drift.quantities import percent, points
from llmxsite.base.diagnostics import several
from llmxsite.cli.columns import TerminalColumn, print_columns
from llmxsite.cli.terminal import out

if TYPE_CHECKING:
    from llmxsite.analysis.drift import Drift, Fact, Likeness, Pair, RunRef, Slice
    from llmxsite.analysis.drift.findings import Change

UNBOUNDED = 200
"""Columns of a table that goes into a file or a pipe."""


def show(found: Drift, pairs: int, *, wide: bool = False) -> None:
    """Print all of it: the two runs, the findings, what changed, agreement, and the first `pairs` that differ."""
    if not out().is_terminal:
        out().width = UNBOUNDED
    _runs(found)
    _heading(words.headline(found))
    for sentence in found.summary:
        _say(f"· {sentence}")
    _facts(found)
    _lost(found)
    if found.paired.compared:
        _agreement(found, wide=wide)
        _speed(found)
        _rows("By condition", found.by_condition, wide=wide)
        _rows("By category", found.by_category, wide=wide)
        _pairs(found, pairs)


def _runs(found: Drift) -> None:
    table = _grid()
    for name, run in (("Before", found.before), ("After", found.after)):
        table.add_row(Text(name, style="bold"), Text(run.id), Text(_about(run)))
    out().print(table)


def _about(run: RunRef) -> str:
    parts = [(run.started or "no date")[:16].replace("T", " "), several(run.samples, "sample")]
    parts += [several(run.errors, "error")] if run.errors else []
    parts += ["taken up again " + ("once" if run.resumed == 1 else f"{run.resumed} times")] if run.resumed else []
    parts += [] if run.complete else ["not complete"]
    return ", ".join(parts)


def _facts(found: Drift) -> None:
    moved = found.of("changed", "mixed")
    if moved:
        _heading("What changed around them")
        table = _grid("", "before", "after")
        for fact in moved:
            differ = f" ({several(fact.pairs, 'pair')})" if fact.pairs else ""
            table.add_row(
                Text(fact_words.title(fact) + differ),
                Text(fact_words.value(fact, fact.before)),
                Text(fact_words.value(fact, fact.after)),
            )
        out().print(table)
    else:
        _heading("Around them nothing is known to have changed")
    table = _grid()
    for head, facts in (("unchanged", found.of("same")), *_unknown(found.of("not recorded"))):
        for index, (about, names) in enumerate(fact_words.grouped(facts)):
            table.add_row(*(Text(t, style="dim") for t in (head if index == 0 else "", about, ", ".join(names))))
    if table.row_count:
        out().print()
        out().print(table)


def _unknown(facts: Sequence[Fact]) -> list[tuple[str, list[Fact]]]:
    return [
        ("not recorded before", [f for f in facts if not f.before and f.after]),
        ("not recorded after", [f for f in facts if f.before and not f.after]),
        ("never on both sides", [f for f in facts if bool(f.before) == bool(f.after)]),
    ]


def _lost(found: Drift) -> None:
    sides = (("before", found.before, found.paired.lost_before), ("after", found.after, found.paired.lost_after))
    for name, run, lost in sides:
        if lost.total:
            _heading(f"Without a partner: {lost.total:,} of {several(run.samples, 'sample')} {name}")
            for n, why, items in words.reasons(lost):
                _say(f"{n:>6,}  {why}, such as {', '.join(items)}")


def _agreement(found: Drift, *, wide: bool) -> None:
    _heading("How far they agree")
    shares = [
        (name, share)
        for name, share in (
            ("requests", found.requests),
            ("replies, byte for byte", found.replies),
            ("answers", found.answers),
            ("log-probs of shared tokens", found.shift.pairs),
        )
        if share.n
    ]
    print_columns(
        [
            TerminalColumn("", [name for name, _ in shares], "key"),
            TerminalColumn("alike", [f"{share.alike:,}" for _, share in shares], "kept", right=True),
            TerminalColumn("of", [f"{share.n:,}" for _, share in shares], "kept", right=True),
            TerminalColumn("share", [percent(share.share) for _, share in shares], "kept", right=True),
            TerminalColumn("95% interval", [_span(share) for _, share in shares], "kept", right=True),
            TerminalColumn("items", [f"{share.units:,}" for _, share in shares], right=True),
        ],
        wide=wide,
    )
    parts = [(name, part) for name, part in (("accuracy", found.accuracy), ("confidence", found.confidence)) if part.n]
    if parts:
        out().print()
        print_columns(
            [
                TerminalColumn("", [name for name, _ in parts], "key"),
                TerminalColumn("before", [percent(part.before) for _, part in parts], "kept", right=True),
                TerminalColumn("after", [percent(part.after) for _, part in parts], "kept", right=True),
                TerminalColumn("difference", [points(part.difference) for _, part in parts], "kept", right=True),
                TerminalColumn("95% interval", [_range(part) for _, part in parts], "kept", right=True),
                TerminalColumn("of", [f"{part.n:,}" for _, part in parts], "kept", right=True),
            ],
            wide=wide,
        )
    f = found.fragile
    if f.turned:
        out().print()
        _say(
            f"{f.fragile:,} of {f.n:,} answers stood closer to the next likeliest token than twice the largest shift; "
            f"of the {f.turned:,} that turned, {f.foreseen:,} are among them."
        )


def _speed(found: Drift) -> None:
    s = found.speed
    if s.latency_ratio is None:
        return
    tokens = (
        f"; {s.tokens_per_second_before:,.1f} to {s.tokens_per_second_after:,.1f} tokens a second "
        f"(× {s.tokens_per_second_ratio:.2f})"
        if s.tokens_per_second_ratio is not None
        else ""
    )
    said = {True: "the same machine", False: "another machine", None: "it is not recorded on which machines"}
    _say(
        f"Median latency {s.latency_before:,.0f} to {s.latency_after:,.0f} ms (× {s.latency_ratio:.2f} in the median pair)"
        f"{tokens}; {said[s.same_machine]}."
    )


def _rows(title: str, rows: Sequence[Slice], *, wide: bool) -> None:
    """A table of the rows, under the first part of their label where that has two."""
    if not rows:
        return
    _heading(f"{title}: share of replies and answers that are the same, accuracy, answers lost and gained")
    first, *rest = list(rows[0].label)
    nested = bool(rest) and len({row.label[first] for row in rows}) < len(rows)
    names = rest if nested else [first, *rest]
    labels = [", ".join(_label(row.label[name]) for name in names) for row in rows]
    columns = [
        TerminalColumn(", ".join(names).replace("_", " "), labels, "key"),
        TerminalColumn("pairs", [f"{row.replies.n or row.answers.n:,}" for row in rows], "kept", right=True),
    ]
    same = [("replies", [row.replies.share for row in rows]), ("answers", [row.answers.share for row in rows])]
    columns += [TerminalColumn(head, [percent(share) for share in shares], right=True) for head, shares in same]
    scores = [_score(row) for row in rows] if any(row.accuracy.n for row in rows) else []
    for head in _SCORED if scores else ():
        columns.append(
            TerminalColumn(head, [score[head] for score in scores], "kept" if head in _KEPT else "more", right=True)
        )
    print_columns(columns, above=[_label(row.label[first]) for row in rows] if nested else None, wide=wide)


_SCORED = ["before", "after", "change", "lost", "gained", "p, Holm"]


_KEPT = ("before", "after", "change")
"""What a comparison cannot do without, in however narrow a terminal."""


def _score(row: Slice) -> dict[str, str]:
    a = row.accuracy
    p = "–" if row.p_holm is None else f"{row.p_holm:.3f}"
    cells = [percent(a.before), percent(a.after), points(a.difference), f"{a.lost:,}", f"{a.gained:,}", p]
    return dict(zip(_SCORED, cells if a.n else ["–"] * len(_SCORED), strict=True))


def _pairs(found: Drift, most: int) -> None:
    differing = found.differing
    chosen = differing[:most]
    if not chosen:
        return
    more = "" if len(chosen) == len(differing) else f", the first {len(chosen):,} of {len(differing):,}"
    _heading(f"Pairs that differ{more}")
    constant = _constant(found.pairs)
    for pair in chosen:
        out().print(Text(_title(pair, constant), style="bold"))
        for line in _parting(pair):
            _say(f"  {line}")


def _title(pair: Pair, constant: set[str]) -> str:
    under = [f"{k} {_label(v)}" for k, v in pair.condition.items() if k not in constant]
    under += [f"repeat {pair.repeat + 1}"] if pair.repeat else []
    flip = {"lost": "right, now wrong", "gained": "wrong, now right", None: ""}[pair.flip]
    return "  ".join(part for part in (pair.item, ", ".join(under), flip) if part)


def _parting(pair: Pair) -> list[str]:
    if pair.same_reply is not False:
        answers = f"answer {_label(pair.answer_before)}, now {_label(pair.answer_after)}"
        return [answers if pair.same_answer is False else "the same reply is scored in another way"]
    where = f"token {pair.first_token + 1}" if pair.first_token is not None else f"after {len(pair.shared)} characters"
    shared = f" after {_quoted(pair.shared)}" if pair.shared else ""
    return [
        f"{where}{shared}" if pair.first_token is not None else f"parts{shared or ' at its start'}",
        f"before  {_quoted(pair.next_before) or '(ends there)'}",
        f"after   {_quoted(pair.next_after) or '(ends there)'}",
    ]


def _constant(pairs: Sequence[Pair]) -> set[str]:
    """The factors with one value throughout."""
    names = {name for pair in pairs for name in pair.condition}
    return {name for name in names if len({pair.condition.get(name) for pair in pairs}) == 1}


def _quoted(text: str) -> str:
    """A piece of a reply on one line, with its spaces and line breaks to be seen."""
    return json.dumps(text, ensure_ascii=False) if text else ""


def _label(value: object) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _range(part: Change) -> str:
    return "–" if part.low is None else f"{points(part.low)} to {points(part.high)}"


def _span(share: Likeness) -> str:
    return "–" if share.low is None else f"{percent(share.low)} to {percent(share.high)}"


def _grid(*heads: str, right: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", show_header=bool(heads))
    for index, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if index in right else "left", overflow="fold")
    return table


def _heading(text: str) -> None:
    out().print()
    out().print(Text(text, style="bold"))


def _say(text: str) -> None:
    """A sentence; where a terminal breaks it, its further lines stand under its first word."""
    lead = text[: len(text) - len(text.lstrip(" ·"))]
    if not out().is_terminal or not lead:
        out().print(Text(text))
        return
    table = Table(box=None, pad_edge=False, show_header=False, padding=0)
    table.add_column(width=len(lead), no_wrap=True)
    table.add_row(Text(lead), Text(text[len(lead) :]))
    out().print(table)
