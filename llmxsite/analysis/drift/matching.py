"""Which sample of one run is of the same thing as which of the other, and why the rest is not.

Suite, item, the hash of the item's words, condition and repeat have to agree. The model is in the condition by its name:
other weights under the same name still pair, since they may be what changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from llmxsite.analysis.drift.log import Place, SampleHead
from llmxsite.analysis.drift.record import Lost, Paired

EXAMPLES = 5
"""Items named for each reason."""


class Matched(NamedTuple):
    """The pairs without an error, in the order of the first run's lines, and what became of all other samples."""

    pairs: list[tuple[SampleHead, SampleHead]]
    paired: Paired


def match(before: Iterable[SampleHead], after: Iterable[SampleHead]) -> Matched:
    """Pair the samples of two runs."""
    lost_before, lost_after = Lost(), Lost()
    first, second = _latest(before, lost_before), _latest(after, lost_after)
    _count(first, second, lost_before)
    _count(second, first, lost_after)
    pairs, errors = [], {(True, False): 0, (False, True): 0, (True, True): 0}
    for place, a in first.items():
        b = second.get(place)
        if b is None:
            continue
        failed = a.outcome == "error", b.outcome == "error"
        if any(failed):
            errors[failed] += 1
        else:
            pairs.append((a, b))
    return Matched(
        pairs,
        Paired(
            pairs=len(pairs) + sum(errors.values()),
            compared=len(pairs),
            items=len({a.place[:3] for a, _ in pairs}),
            error_before=errors[True, False],
            error_after=errors[False, True],
            error_both=errors[True, True],
            lost_before=lost_before,
            lost_after=lost_after,
        ),
    )


def _latest(heads: Iterable[SampleHead], lost: Lost) -> dict[Place, SampleHead]:
    """The last sample of each place: where weights changed in mid-run, an item has one under each."""
    found: dict[Place, SampleHead] = {}
    for head in heads:
        if head.place in found:
            _note(lost, "asked_again", head)
        found[head.place] = head
    return found


def _count(own: dict[Place, SampleHead], other: dict[Place, SampleHead], lost: Lost) -> None:
    """Why samples of one run have no partner in the other."""
    hashes: dict[tuple[str, str], set[str]] = {}
    conditions = set()
    for suite, item, item_hash, condition, _ in other:
        hashes.setdefault((suite, item), set()).add(item_hash)
        conditions.add((suite, item, item_hash, condition))
    for place, head in own.items():
        if place in other:
            continue
        asked = hashes.get((head.suite, head.item))
        if asked is None:
            _note(lost, "not_asked", head)
        elif head.item_hash not in asked:
            _note(lost, "item_changed", head)
        elif place[:4] not in conditions:
            _note(lost, "other_condition", head)
        else:
            _note(lost, "other_repeat", head)


def _note(lost: Lost, reason: str, head: SampleHead) -> None:
    setattr(lost, reason, getattr(lost, reason) + 1)
    named = lost.examples.setdefault(reason, [])
    if head.item not in named and len(named) < EXAMPLES:
        named.append(head.item)
