"""What is recorded about a machine that is not so about most others: the first thing to look at where one answers apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from llmxsite.log.record import Resume, Run
from llmxsite.log.runlog.fact_words import called, shown
from llmxsite.log.runlog.facts import Group, Key, recorded

MOST_FACTS = 4
"""As many are named, the likeliest causes first: model, server, machine, software; of each the rarest first."""
_ORDER: tuple[Group, ...] = get_args(Group)
_NO_CAUSE = {("study", "commit"), ("server", "address"), ("software", "llmxsite")}
"""Facts that differ between any two machines and move no answer."""


@dataclass(frozen=True)
class _Header:
    """A run's header as `facts.Told`: what a table of samples has of its log."""

    run: Run
    resumes: Sequence[Resume] = ()
    lacks: Sequence[str] = ()


class Unlike:
    """What is recorded about some runs and not so about others."""

    def __init__(self, runs: Mapping[str, Run]) -> None:
        """`runs` are headers by run id."""
        self._runs = runs
        self._read: dict[str, dict[Key, list[Any]]] = {}

    def said(self, own: Collection[str], others: Iterable[Collection[str]], model: str, suite: str) -> str | None:
        """`server version 0.20.7 (29 of 29 others: 0.34.4)`: the facts in which a machine is like none of the others; None for none.

        `own` are a machine's runs, `others` those of each of the others. Of models and suites, the facts of the one meant.
        """
        values, beside, found = self._values(own), [self._values(runs) for runs in others], []
        for key, value in values.items():
            group, name, subject = key
            if subject not in (None, model, suite) or (group, name) in _NO_CAUSE or group == "experiment":
                continue
            known = Counter(other[key] for other in beside if key in other)
            if not known or value in known:
                continue
            most, count = known.most_common(1)[0]
            whom = "the other" if known.total() == 1 else f"{count:,} of {known.total():,} others"
            found.append((_ORDER.index(group), -count, f"{called(group, name)} {value} ({whom}: {most})"))
        return "; ".join(text for *_, text in sorted(found)[:MOST_FACTS]) or None

    def _values(self, runs: Collection[str]) -> dict[Key, str]:
        """What some runs have recorded, as text."""
        found: dict[Key, dict[str, None]] = {}
        for run in runs:
            if run not in self._read:
                self._read[run] = recorded(_Header(self._runs[run])) if run in self._runs else {}
            for key, values in self._read[run].items():
                if values:
                    found.setdefault(key, {}).update(dict.fromkeys(shown(key[1], value) for value in values))
        return {key: ", ".join(texts) for key, texts in found.items()}
