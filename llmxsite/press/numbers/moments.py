"""When the samples of a run were made: its time at work in slices, with what went on in each.

Memory is bounded, however long the run: slices double in width when there would be too many of them.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from llmxsite.log.record import Sample

MOST = 160
"""Slices at most; where there are more, two become one."""
STILL = 60.0
"""Seconds in which nothing was written, and that no sample took, from which on the run stood still."""
LOADED = 1000.0
"""Milliseconds of loading from which on a model was loaded: servers report a few for one that is in memory."""
LISTED = 200
"""Loads, stops and resumes that are kept with their places."""


class Moment(msgspec.Struct):
    """One slice of a run's time."""

    n: int = 0
    failed: int = 0
    """Samples that ended in an error of machine or network."""
    timed: int = 0
    total_ms: float = 0
    """Over the `timed` samples."""
    longest_ms: float = 0


class Moments(msgspec.Struct):
    """The time a run was at work: pauses are cut out, and kept by their place and length."""

    width: float = 1.0
    """Seconds of a slice."""
    slices: list[Moment] = []
    loads: list[float] = []
    """Seconds of work at which a model was loaded."""
    stops: list[tuple[float, float]] = []
    """Where it stood still, in seconds of work, and for how many seconds."""
    resumes: list[float] = []
    """Where it was taken up again."""
    first: str | None = None
    last: str | None = None
    stamp: float | None = None
    """When the newest line was written, in seconds of the epoch."""
    worked: float = 0.0
    """Seconds at work so far."""

    def resume(self) -> None:
        """Note that the run was taken up again after what has been added."""
        if self.slices and len(self.resumes) < LISTED:
            self.resumes.append(self.worked)

    def add(self, sample: Sample) -> None:
        """Add one sample, in the order of the log. One without a time is left out."""
        when = _seconds(sample.time)
        if when is None:
            return
        timing = sample.timing
        took = (timing.total_ms or 0.0) / 1000
        gap = took if self.stamp is None else max(0.0, when - self.stamp)
        if gap - took > STILL:
            if len(self.stops) < LISTED:
                self.stops.append((self.worked, gap - took))
            gap = took
        self.worked += gap
        self.stamp = when
        self.first, self.last = self.first or sample.time, sample.time
        if (timing.load_ms or 0) >= LOADED and len(self.loads) < LISTED:
            self.loads.append(self.worked)
        moment = self._at(self.worked)
        moment.n += 1
        moment.failed += sample.outcome == "error"
        if timing.total_ms is not None and sample.outcome != "error":
            moment.timed += 1
            moment.total_ms += timing.total_ms
            moment.longest_ms = max(moment.longest_ms, timing.total_ms)

    def _at(self, seconds: float) -> Moment:
        while seconds >= MOST * self.width:
            self.slices = [_joined(self.slices[i : i + 2]) for i in range(0, len(self.slices), 2)]
            self.width *= 2
        place = int(seconds / self.width)
        self.slices += [Moment() for _ in range(place + 1 - len(self.slices))]
        return self.slices[place]


def _joined(parts: list[Moment]) -> Moment:
    return Moment(
        n=sum(p.n for p in parts),
        failed=sum(p.failed for p in parts),
        timed=sum(p.timed for p in parts),
        total_ms=sum(p.total_ms for p in parts),
        longest_ms=max(p.longest_ms for p in parts),
    )


def _seconds(time: str | None) -> float | None:
    """Seconds of the epoch; None for what is no time, since logs are anybody's text."""
    try:
        return datetime.fromisoformat(time).timestamp() if time else None
    except ValueError:
        return None
