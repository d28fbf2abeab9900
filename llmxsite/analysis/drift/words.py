"""The findings in sentences, the same in the terminal, in JSON and on the page.

No sentence says that nothing drifted: where nothing differs, it says how large a difference could have stayed unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from llmxsite.analysis.drift.report import Drift, Fact, Lost, Share
from llmxsite.analysis.measure import show

NAMES = {
    ("server", "name"): "server",
    ("server", "version"): "server version",
    ("server", "backend"): "backend",
    ("server", "threads"): "processor threads",
    ("server", "address"): "server address",
    ("server", "lacks"): "what the server lacks",
    ("model", "weights"): "hash of the weights' file",
    ("model", "gpu_share"): "share on the GPU",
    ("model", "system"): "stored system prompt",
    ("model", "render_hash"): "hash of a rendered conversation",
    ("model", "size_bytes"): "size of the weights",
    ("machine", "os"): "operating system",
    ("machine", "machine"): "architecture",
    ("machine", "cpu"): "processor",
    ("machine", "memory_bytes"): "memory",
    ("machine", "gpus"): "GPUs",
    ("suite", "hash"): "hash",
    ("study", "commit"): "commit of the study",
    ("software", "python"): "Python",
    ("experiment", "templates"): "prompt templates",
    ("experiment", "models"): "models asked",
    ("experiment", "suites"): "suites asked",
    ("request", "messages"): "messages sent",
    ("request", "prompt"): "raw prompt sent",
    ("request", "tools"): "tools sent",
    ("request", "draws"): "options of further votes",
    ("request", "top_logprobs"): "alternatives asked for",
    ("request", "keep_alive"): "time a model stays loaded",
    ("experiment", "concurrency"): "requests under way at once",
    ("request", "think"): "thinking asked for",
}
"""How a fact is called where its own name does not say it."""
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


def name(fact: Fact) -> str:
    """`digest`, `server version`, `temperature`: what it is called beside others of its group."""
    return NAMES.get((fact.group, fact.name), fact.name.replace("_", " ") if fact.group != "request" else fact.name)


def title(fact: Fact) -> str:
    """`digest of smollm2:135m`, `server version`, `temperature sent`: what it is called by itself."""
    own = name(fact)
    if (fact.group, fact.name) not in NAMES:
        own = {"request": f"{own} sent", "experiment": f"planned {own}"}.get(fact.group, own)
    return f"{own} of {fact.subject}" if fact.subject else own


def grouped(facts: Iterable[Fact]) -> list[tuple[str, list[str]]]:
    """The names of facts by what they are about: `("model smollm2:135m", ["digest", "quantization"])`."""
    found: dict[str, list[str]] = {}
    for fact in facts:
        found.setdefault(f"{fact.group} {fact.subject}" if fact.subject else fact.group, []).append(name(fact))
    return list(found.items())


def value(fact: Fact, values: Sequence[Any]) -> str:
    """The values of one side as a person reads them, in the order they held."""
    if not values:
        return (
            "in other words" if fact.pairs and fact.name in ("messages", "prompt", "tools", "draws") else "not recorded"
        )
    joint = ", " if fact.group in ("request", "scoring") else ", then "
    return joint.join(_one(fact, v) for v in values)


def reasons(lost: Lost) -> list[tuple[int, str, list[str]]]:
    """How many samples have no partner, why, and a few of their items."""
    return [(n, words, lost.examples.get(name, [])) for name, words in LOST.items() if (n := getattr(lost, name))]


def percent(share: float | None, digits: int = 1) -> str:
    """A bound of 0.00004 is not 0.0%: as many digits as it takes."""
    while share is not None and 0 < share < 0.5 * 10 ** -(digits + 2) and digits < 6:
        digits += 1
    return show(share, "percent", digits=digits)


def points(share: float | None) -> str:
    """A difference in points: `−0.8`."""
    return show(share, "points", sign=True)


def p_value(p: float | None) -> str:
    return "–" if p is None else "below 0.001" if p < 0.001 else f"{p:.3f}"


def nats(value: float | None) -> str:
    """A distance of log-probabilities: `0.0004`, `3.1e-07`."""
    return "–" if value is None else "0" if value == 0 else f"{value:.1e}" if value < 1e-4 else f"{value:.2g}"


def span(low: float | None, high: float | None) -> str:
    return f"{percent(low)} to {percent(high)}"


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
            f"Accuracy is {percent(c.before)} in both, and no score differs: with {count(c.units, 'item')}, "
            f"a change of up to {percent(c.flips_below)} of the answers could have stayed unseen."
        )
    elif c.n:
        said.append(
            f"Accuracy went from {percent(c.before)} to {percent(c.after)}: {points(c.difference)} points"
            + (f", 95% interval {points(c.low)} to {points(c.high)}" if c.low is not None else "")
            + f". {count(c.lost, 'answer')} turned from right to wrong and {c.gained:,} from wrong to right"
            + (f" (McNemar’s exact p {p_value(c.mcnemar_p)})" if c.mcnemar_p is not None else "")
            + "."
        )
        if c.detectable is not None:
            said.append(f"{count(c.units, 'item')} could have shown a change of {100 * c.detectable:.1f} points.")
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
            f"Around them {len(changed)} of {count(known, 'known fact')} changed: {_list(map(title, changed))}."
        )
    elif known:
        said.append(f"None of {count(known, 'known fact')} around them changed.")
    if mixed:
        said.append(f"In the middle of both runs: {_list(map(title, mixed))}.")
    if unknown:
        said.append(
            f"{count(len(unknown), 'fact')} {_verb(len(unknown), 'is', 'are')} not recorded on both sides, "
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
        f"{count(lost.total, 'sample')} of the {name} run"
        for name, lost in (("first", p.lost_before), ("second", p.lost_after))
        if lost.total
    ]
    failed = p.error_before + p.error_after + p.error_both
    said = f"Compared: {count(p.compared, 'pair')} of {count(p.items, 'item')}."
    if failed:
        said += f" {count(failed, 'pair')} left out for an error of machine or network."
    if left:
        said += f" Without a partner: {' and '.join(left)}."
    return said


def _relation(found: Drift) -> str:
    if found.after.rerun_of == found.before.id:
        return "The second run repeats the first, request by request, from its log."
    a, b = found.before.started, found.after.started
    return "The run named first is the later one." if a and b and a > b else ""


def _bound(share: Share, chance: str) -> str:
    return (
        f"With {count(share.units, 'item')} the chance {chance} may still be up to {percent(share.differ_below)} (95%)."
    )


def _all(share: Share, one: str, many: str) -> str:
    return f"The only {one}" if share.n == 1 else f"All {share.n:,} {many}"


def count(n: int, one: str) -> str:
    return f"{n:,} {one}" if n == 1 else f"{n:,} {one}s"


def _of(k: int, n: int, one: str, many: str = "") -> str:
    """`3 of 40 replies`, `not one of 40 replies` never: a number is a number."""
    return f"{k:,} of {n:,} {one if n == 1 else many or one + 's'}"


def _verb(n: int, one: str, many: str) -> str:
    return one if n == 1 else many


def _list(names: Iterable[str], most: int = 8) -> str:
    all_names = list(names)
    rest = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _one(fact: Fact, value: Any) -> str:
    """One value: hashes by their start, sizes in their unit."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if fact.name in ("digest", "weights", "template_hash", "render_hash", "hash"):
        return str(value)[:12]
    if fact.name == "commit":
        commit, _, rest = str(value).partition(" ")
        return f"{commit[:12]} {rest}".rstrip()
    if fact.name in ("memory_bytes", "size_bytes") and isinstance(value, int):
        return f"{value / 1e9:.1f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"
    if fact.name == "gpu_share":
        return percent(float(value), 0)
    if isinstance(value, int) and fact.name not in ("seed",):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_one(fact, v)}" for k, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_one(fact, v) for v in value) or "none"
    return str(value)
