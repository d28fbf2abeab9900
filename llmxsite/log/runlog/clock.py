"""The time that lines carry: the wall's, which people and machines set back while a run goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _wall() -> datetime:
    return datetime.now(UTC)


class Clock:
    """UTC for one session, in which time never goes back: a log's lines are in the order of their times.

    Where the wall's clock is set back, time goes on from the last moment given, at the wall's pace. Where it is set
    forward, or the machine has slept, it is followed. Durations are not taken from it: engines measure those on a
    monotonic clock.
    """

    def __init__(self, wall: Callable[[], datetime] = _wall) -> None:
        self._wall = wall
        self._last = wall()
        self._ahead = timedelta(0)
        """By how much this clock is ahead of the wall's."""

    def __call__(self) -> str:
        """To the millisecond, ISO 8601 with `Z`."""
        time = self._wall() + self._ahead
        if time < self._last:
            self._ahead += self._last - time
            time = self._last
        self._last = time
        return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
