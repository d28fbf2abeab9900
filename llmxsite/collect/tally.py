"""Counts of a run while it goes on: by condition, by category, and how fast."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from llmxsite.exchange.answer.scorer import Verdict, verdict_of
from llmxsite.log.record import Outcome, Sample
from llmxsite.study.experiment import Condition, Scalar, varied

_MARKS: dict[Verdict, str] = {"right": "+", "wrong": "-", "unparsed": "?", "unscored": "."}
LATEST = 21
"""Samples whose times tell how fast a run is: twenty, and the one they are counted from."""


@dataclass
class Count:
    """Samples by what became of them. A sample that was cut off is right or wrong as well."""

    right: int = 0
    wrong: int = 0
    """Answered with something else than the key; what could not be read is not in it."""
    unparsed: int = 0
    unscored: int = 0
    """Answered, and neither right nor wrong: of tasks without a right answer."""
    truncated: int = 0
    errors: int = 0

    @property
    def answered(self) -> int:
        """What accuracy is over: everything but errors, and but what has no right answer."""
        return self.right + self.wrong + self.unparsed

    @property
    def accuracy(self) -> float | None:
        return self.right / self.answered if self.answered else None

    def add(self, outcome: Outcome, verdict: Verdict) -> None:
        if outcome == "error":
            self.errors += 1
            return
        self.truncated += outcome == "truncated"
        self.right += verdict == "right"
        self.wrong += verdict == "wrong"
        self.unparsed += verdict == "unparsed"
        self.unscored += verdict == "unscored"


@dataclass
class Row:
    """One condition's progress."""

    label: str
    total: int
    before: int
    """Samples that earlier sessions made."""
    count: Count = field(default_factory=Count)

    @property
    def done(self) -> int:
        return self.before + self.count.answered + self.count.unscored + self.count.errors


class Tally:
    """Everything a display shows. `clock` is monotonic, in seconds."""

    def __init__(self, conditions: Sequence[Condition], totals: Sequence[int], left: Sequence[int]) -> None:
        factors = varied(conditions)
        self.rows = [
            Row(label(condition, factors), total, total - rest)
            for condition, total, rest in zip(conditions, totals, left, strict=True)
        ]
        self.total = Count()
        self.categories: dict[str, Count] = {}
        """Of the condition that the last sample belongs to."""
        self.judged = 0
        """Samples that judge others."""
        self.current = 0
        self.marks: deque[str] = deque(maxlen=400)
        """`+` right, `-` wrong, `?` unparsed, `.` not scored, `!` error, newest last."""
        self._places = {id(condition): i for i, condition in enumerate(conditions)}
        self._times: deque[float] = deque(maxlen=LATEST)
        self._started: float | None = None

    @property
    def planned(self) -> int:
        return sum(row.total for row in self.rows)

    @property
    def done(self) -> int:
        return sum(row.done for row in self.rows)

    def begin(self, clock: float) -> None:
        self._started = clock

    def add(self, condition: Condition, sample: Sample, clock: float) -> None:
        """Count one sample. `condition` is the very object of the workload. One that judges another is none of those planned."""
        if sample.judges:
            self.judged += 1
            return
        place = self._places[id(condition)]
        if place != self.current:
            self.current, self.categories = place, {}
        verdict = verdict_of(sample)
        for count in (self.rows[place].count, self.total, self.categories.setdefault(sample.category or "", Count())):
            count.add(sample.outcome, verdict)
        self._times.append(clock)
        self.marks.append("!" if sample.outcome == "error" else _MARKS[verdict])

    def rate(self, clock: float) -> float | None:
        """Samples a second over the latest; None before there are two.

        Over the latest only: a machine that has become slower, or a condition that asks for longer replies, shows after a few
        samples, where the mean of the whole run would promise an end for as long again.
        """
        if len(self._times) < 2 or self._started is None:
            return None
        # All of them since the start, or those after the first of the latest.
        full = len(self._times) == self._times.maxlen
        made, since = (len(self._times) - 1, self._times[0]) if full else (len(self._times), self._started)
        return made / (clock - since) if clock > since else None

    def seconds_left(self, clock: float) -> float | None:
        rate = self.rate(clock)
        return (self.planned - self.done) / rate if rate else None


def label(condition: Condition, factors: Sequence[str]) -> str:
    """A condition in words: every factor that differs between conditions; the model alone where none does.

    >>> label({"model": "phi3:mini", "prompt": "cot", "temperature": 0.7}, ["model", "temperature"])
    'phi3:mini · temperature 0.7'
    """
    parts = [str(condition["model"] or "no model")] if "model" in factors or not factors else []
    parts += [f"{name} {_shown(condition.get(name))}" for name in factors if name != "model"]
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """`8 s`, `2 min 5 s`, `3 h 20 min`: two units at most."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{round(whole / 60)} min"
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def _shown(value: Scalar) -> str:
    text = "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 24 else text[:23] + "…"
