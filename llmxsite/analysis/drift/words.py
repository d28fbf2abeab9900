"""The findings in sentences, the same in the terminal, in JSON and on the page.

No sentence says that nothing drifted: where nothing differs, it says how large a difference could have stayed unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmxsite.analysis.drift.fact_words import title
from llmxsite.analysis.drift.findings import Likeness
from llmxsite.analysis.drift.quantities import nats, p_value, percent, points, span
from llmxsite.analysis.drift.record import Drift, Fact, Lost
from llmxsite.analysis.measure import show
from llmxsite.base.diagnostics import several

LOST = {
    "item_changed": "the item has other words, options or key in the other run",
    "not_asked": "the item was not asked in the other run",
    "other_condition": "not asked under this condition in the other run",
    "other_repeat": "not repeated as often in the other run",
    "asked_again": "asked again later in the same run, which counts",
}
"""Why samples have no partner."""
UNSEEN = {
    "ollama": "how many requests it computes at once (OLLAMA_NUM_PARALLEL), and the build of its runner",
    "openai": "the settings that the server was started with",
}
"""By engine: what moves replies or log-probabilities, and is told nowhere."""


def summary(found: Drift) -> list[str]:
    """The findings, the most important first."""
    return [
        s
        for s in (
            _replies(found),
            _answers(found),
            *_divergence(found),
            _around(found),
            _pairing(found),
            _relation(found),
        )
        if s
    ]


def headline(found: Drift) -> str:
    """The finding in one line: `5 of 236 replies differ, and 3 answers.`"""
    r, a = found.replies, found.answers
    if not found.paired.compared:
        return "Nothing could be paired."
    parts = []
    if r.n:
        parts.append(f"{_of(r.n - r.alike, r.n, 'reply', 'replies')} {_verb(r.n - r.alike, 'differs', 'differ')}")
    if a.n:
        parts.append(f"{_of(a.n - a.alike, a.n, 'answer')}" + (" differ" if not r.n else ""))
    return ", and ".join(parts) + "." if parts else "No reply can be compared: they are not kept in both logs."


def reasons(lost: Lost) -> list[tuple[int, str, list[str]]]:
    """How many samples have no partner, why, and a few of their items."""
    return [(n, words, lost.examples.get(name, [])) for name, words in LOST.items() if (n := getattr(lost, name))]


def _replies(found: Drift) -> str:
    r = found.replies
    if not found.paired.compared:
        return "No sample of one run could be paired with one of the other."
    if not r.n:
        return "No reply is kept in both logs, so only answers and scores can be compared."
    if r.alike == r.n:
        return f"{_all(r, 'reply is', 'replies are')} the same byte for byte. {_bound(r, 'that a reply differs')}"
    return (
        f"{_of(r.alike, r.n, 'reply', 'replies')} {_verb(r.alike, 'is', 'are')} the same byte for byte: "
        f"{percent(r.share)}, 95% interval {span(r.low, r.high)}."
    )


def _answers(found: Drift) -> str:
    a, c = found.answers, found.accuracy
    said = []
    if a.n:
        if a.alike == a.n:
            said.append(f"{_all(a, 'answer is', 'answers are')} the same.")
        else:
            said.append(f"{_of(a.n - a.alike, a.n, 'answer')} {_verb(a.n - a.alike, 'is', 'are')} another one.")
    if c.n and c.flips_below is not None:
        said.append(
            f"Accuracy is {percent(c.before)} in both, and no score differs: with {several(c.units, 'item')}, "
            f"a change of up to {percent(c.flips_below)} of the answers could have stayed unseen."
        )
    elif c.n:
        said.append(
            f"Accuracy went from {percent(c.before)} to {percent(c.after)}: {points(c.difference)} points"
            + (f", 95% interval {points(c.low)} to {points(c.high)}" if c.low is not None else "")
            + f". {several(c.lost, 'answer')} turned from right to wrong and {c.gained:,} from wrong to right"
            + (f" (McNemar’s exact p {p_value(c.mcnemar_p)})" if c.mcnemar_p is not None else "")
            + "."
        )
        if c.detectable is not None:
            said.append(
                f"{several(c.units, 'item')} could have shown a change of {show(c.detectable, 'points', sign=False)} points."
            )
    return " ".join(said)


def _divergence(found: Drift) -> Iterator[str]:
    d, s = found.divergence, found.shift
    if d.n and d.median is not None:
        yield (
            f"Replies that differ share their first {d.median:g} tokens in the median"
            + (f" (from {d.lowest:,} to {d.highest:,})" if d.lowest != d.highest else "")
            + "."
        )
    if s.tokens and s.identical == 1:
        yield (
            f"All {s.tokens:,} shared tokens have the same log-probability to the last bit. "
            + _bound(s.pairs, "that a pair moves at all")
        )
    elif s.tokens:
        yield (
            f"Of {s.tokens:,} shared tokens {percent(s.identical)} have the same log-probability to the last bit; "
            f"over all of them it moved by {nats(s.mean)} nats in the mean and by {nats(s.largest)} at most."
        )


def _around(found: Drift) -> str:
    changed, mixed = found.of("changed"), found.of("mixed")
    unknown = found.of("not recorded")
    known = len(found.facts) - len(unknown)
    said = []
    if changed:
        said.append(
            f"Around them {len(changed)} of {several(known, 'known fact')} changed: {_list(map(title, changed))}."
        )
    elif known:
        said.append(f"None of {several(known, 'known fact')} around them changed.")
    if mixed:
        said.append(f"In the middle of both runs: {_list(map(title, mixed))}.")
    if unknown:
        said.append(
            f"{several(len(unknown), 'fact')} {_verb(len(unknown), 'is', 'are')} not recorded on both sides, "
            "so nothing is known of a change there."
        )
    if same := [f.subject for f in found.facts if f.name == "weights" and f.state == "same" and _changed(found, f)]:
        said.append(
            f"The weights of {_list(map(str, same))} are the same file: only how the server describes it differs."
        )
    if unseen := _unseen(found):
        said.append(f"Not seen, for the server does not tell it: {unseen}.")
    return " ".join(said)


def _changed(found: Drift, weights: Fact) -> bool:
    """Whether the digest of a model changed beside its weights."""
    return any(f.name == "digest" and f.subject == weights.subject and f.state == "changed" for f in found.facts)


def _unseen(found: Drift) -> str | None:
    """What may have changed without a trace in either log."""
    names = {str(v) for f in found.facts if (f.group, f.name) == ("server", "name") for v in (*f.before, *f.after)}
    return "; ".join(words for name, words in UNSEEN.items() if name in names) or None


def _pairing(found: Drift) -> str:
    p = found.paired
    left = [
        f"{several(lost.total, 'sample')} of the {name} run"
        for name, lost in (("first", p.lost_before), ("second", p.lost_after))
        if lost.total
    ]
    failed = p.error_before + p.error_after + p.error_both
    said = f"Compared: {several(p.compared, 'pair')} of {several(p.items, 'item')}."
    if failed:
        said += f" {several(failed, 'pair')} left out for an error of machine or network."
    if left:
        said += f" Without a partner: {' and '.join(left)}."
    return said


def _relation(found: Drift) -> str:
    if found.after.rerun_of == found.before.id:
        return "The second run repeats the first, request by request, from its log."
    a, b = found.before.started, found.after.started
    return "The run named first is the later one." if a and b and a > b else ""


def _bound(share: Likeness, chance: str) -> str:
    return f"With {several(share.units, 'item')} the chance {chance} may still be up to {percent(share.differ_below)} (95%)."


def _all(share: Likeness, one: str, many: str) -> str:
    return f"The only {one}" if share.n == 1 else f"All {share.n:,} {many}"


def _of(k: int, n: int, one: str, many: str = "") -> str:
    """`3 of 40 replies`, `not one of 40 replies` never: a number is a number."""
    return f"{k:,} of {n:,} {one if n == 1 else many or one + 's'}"


def _verb(n: int, one: str, many: str) -> str:
    return one if n == 1 else many


def _list(names: Iterable[str], most: int = 8) -> str:
    all_names = list(names)
    rest = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" and {rest} more" if rest > 0 else "")
