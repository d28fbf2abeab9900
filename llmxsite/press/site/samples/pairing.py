"""Which items two conditions of a report both met, and how their replies to them differ.

Two passes over the report's logs, whatever the number of pairs: the first notes what became of each item under each level
of the factor, the second reads in full only the replies that a page shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmxsite.base.diagnostics import Issues
from llmxsite.log.record import Sample
from llmxsite.log.runlog import iterate
from llmxsite.log.runlog.final import last_lines
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.numbers.outcomes import state
from llmxsite.press.site.samples import beside
from llmxsite.press.site.samples.asked import Questions
from llmxsite.press.site.samples.beside import PairedItem
from llmxsite.press.site.templates import value

SHOWN = 40
"""Items shown in full for a pair, those where the two part first."""


class Met(msgspec.Struct):
    """A pair of levels: how often both, one or none was right, and the items to look at."""

    both: int
    only_a: int
    only_b: int
    neither: int
    worded: int
    """Items where both were right or both were not, in other words."""
    items: list[PairedItem]

    @property
    def total(self) -> int:
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def parted(self) -> int:
        return self.only_a + self.only_b


class _Place(NamedTuple):
    right: bool
    words: bytes
    run: int
    line: int
    page: int


Key = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Suite, item, its hash, and the settings besides the factor and the seed."""


def meet(
    study: Path, runs: Sequence[RunEntry], factor: str, pairs: Iterable[tuple[str, str]], known: Questions
) -> dict[str, Met]:
    """Each pair of levels, as text, by `a|b`. Of several samples of an item under a level, the first counts. `known` are the
    items' questions."""
    pairs = list(pairs)
    noted = _note(study, runs, factor, {name for pair in pairs for name in pair})
    chosen: dict[str, list[tuple[Key, _Place, _Place]]] = {}
    met: dict[str, Met] = {}
    for a, b in pairs:
        shared = [(key, sides[a], sides[b]) for key, sides in noted.items() if a in sides and b in sides]
        shared.sort(key=lambda entry: entry[0])
        parted = [e for e in shared if e[1].right != e[2].right]
        worded = [e for e in shared if e[1].right == e[2].right and e[1].words != e[2].words]
        name = f"{a}|{b}"
        chosen[name] = [*parted, *worded][:SHOWN]
        both = sum(x.right and y.right for _, x, y in shared)
        only_a = sum(x.right and not y.right for _, x, y in shared)
        only_b = len(parted) - only_a
        met[name] = Met(both, only_a, only_b, len(shared) - both - len(parted), len(worded), [])
    texts = beside.read(study, runs, {(p.run, p.line) for entries in chosen.values() for e in entries for p in e[1:]})
    for name, entries in chosen.items():
        met[name].items = [
            _item(runs, key, (x, texts[x.run, x.line]), (y, texts[y.run, y.line]), known) for key, x, y in entries
        ]
    return met


def _note(study: Path, runs: Sequence[RunEntry], factor: str, levels: set[str]) -> dict[Key, dict[str, _Place]]:
    """What became of each item under each of these levels."""
    noted: dict[Key, dict[str, _Place]] = {}
    for number, run in enumerate(runs):
        if factor == "model" and levels.isdisjoint(m.name for m in run.run.models):
            continue
        log = study / run.path
        final = last_lines(log)
        place = 0
        for line, record in iterate(log, Issues()):
            if not isinstance(record, Sample) or line not in final:
                continue
            place += 1
            level = str(value(record.condition.get(factor)))
            if record.outcome == "error" or record.judges or level not in levels:
                continue
            others = tuple(
                sorted(
                    (k, str(value(v)))
                    for k, v in record.condition.items()
                    if k not in (factor, "seed") and v is not None
                )
            )
            key = (record.suite, record.item, record.item_hash, others)
            words = hashlib.blake2b(beside.text(record).encode(), digest_size=8).digest()
            at = _Place(state(record) == "right", words, number, line, (place - 1) // addresses.SAMPLES_A_PAGE + 1)
            noted.setdefault(key, {}).setdefault(level, at)
    return noted


def _item(
    runs: Sequence[RunEntry], key: Key, a: tuple[_Place, Sample], b: tuple[_Place, Sample], known: Questions
) -> PairedItem:
    under = ", ".join(f"{k} {v}" for k, v in key[3] if k in ("model", "temperature", "prompt"))
    first, second = ((runs[place.run], place.page, sample) for place, sample in (a, b))
    return beside.item(first, second, under, known)
