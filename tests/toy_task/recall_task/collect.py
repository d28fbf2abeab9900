"""How a run of the task goes: as any, but that a sentence says nothing of how far two conditions are apart."""

from __future__ import annotations

from llmxsite.collect.conduct import Conduct
from llmxsite.collect.schedule import Asked
from llmxsite.study.experiment import Resolved


class _Recall(Conduct):
    def power(self, experiment: Resolved, asked: Asked) -> str | None:
        count = sum(len(items) for _, items in asked)
        return (
            f"{count} sentences, none of which was lost, leave up to {100 * (1 - 0.05 ** (1 / count)):.0f}% that may be"
        )


CONDUCT = _Recall()
