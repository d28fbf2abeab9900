"""Ctrl-C and SIGTERM while a run goes on: the first finishes the samples in hand, the second leaves at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Counts interrupts. `stop` is what the first one calls; the second cancels the task that entered `watching`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._stop: Callable[[], None] | None = None
        self._task: asyncio.Task[object] | None = None
        self.count = 0

    def finish_with(self, stop: Callable[[], None]) -> None:
        """From now on the first interrupt calls `stop`; before, it cancels at once, since nothing is in hand."""
        self._stop = stop
        if self.count:
            stop()

    def interrupt(self) -> None:
        self.count += 1
        if self.count == 1 and self._stop is not None:
            self._say("finishing the samples in hand; once more leaves at once")
            self._stop()
        elif self.count <= 2 and self._task is not None:
            self._task.cancel()
        else:
            os._exit(130)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take over the signals of this process, from inside its event loop."""
        loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            for number in _SIGNALS:
                loop.add_signal_handler(number, self.interrupt)
        except NotImplementedError:  # Windows
            yield from self._by_hand(loop)
            return
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _by_hand(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.interrupt)

        before = [signal.signal(number, handle) for number in _SIGNALS]
        try:
            yield
        finally:
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, handler)
