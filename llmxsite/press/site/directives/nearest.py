"""What to write instead where a directive names a sample that no run has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from llmxsite.base.diagnostics import Issues
from llmxsite.log.record import Sample
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.study.study import Study

MOST = 5


def item_hint(study: Study, runs: Iterable[RunEntry], wanted: object) -> str:
    """The items nearest to `wanted` among those that were asked, or, where it was asked itself, that its condition was not."""
    from llmxsite.log.runlog import iterate

    asked: dict[str, None] = {}
    for run in runs:
        asked.update(
            (record.item, None) for _, record in iterate(study.root / run.path, Issues()) if isinstance(record, Sample)
        )
    if wanted is None or not asked:
        return "look it up on the run's page"
    if str(wanted) in asked:
        return f"'{wanted}' was asked, under other conditions: leave `where` out, or look them up on the run's page"
    near = difflib.get_close_matches(str(wanted), asked, n=MOST, cutoff=0.5) or list(asked)[:MOST]
    more = "" if len(asked) <= len(near) else f"; {len(asked):,} items were asked"
    return f"'{wanted}' was not asked; the nearest that were: {', '.join(near)}{more}"
