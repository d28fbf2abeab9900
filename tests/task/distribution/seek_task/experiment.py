"""What an experiment of the task may vary."""

from __future__ import annotations

from llmxsite.study.experiment import Factor, Terms


def _way(value: object) -> str | None:
    return None if value in ("vectors", "words") else "vectors or words"


TERMS = Terms(title="Seek", factors=(Factor("way", "request", "What finds the option.", _way),))
