"""A real Dask scheduler and its workers, in processes of their own, for the tests of runs on many machines."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import psutil
from collect_support import environment
from servers.fake import Fake
from servers.wire import Call, Wire

from llmxsite.base.diagnostics import Issues
from llmxsite.log import runlog
from llmxsite.log.record import Sample
from llmxsite.study.study import Study


class Process:
    """A program that says on standard error when it is ready; what it says is kept."""

    def __init__(self, words: list[str], ready: str, *, folder: Path | None = None, **more: str) -> None:
        self.said: deque[str] = deque(maxlen=200)
        self._ready = ready
        self._popen = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=environment() | more,
            cwd=folder,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert self._popen.stderr is not None
        self._lines = iter(self._popen.stderr)
        self._thread = threading.Thread(target=self._drain, daemon=True)

    def ready(self) -> Self:
        """Wait until it is."""
        if self._thread.ident is None:
            for line in self._lines:
                self.said.append(line)
                if self._ready in line:
                    break
            else:
                raise RuntimeError("".join(self.said))
            self._thread.start()
        return self

    def _drain(self) -> None:
        self.said.extend(self._lines)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def kill(self) -> None:
        self._popen.kill()

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(self, *exc: object) -> None:
        self._popen.terminate()
        self._popen.wait(30)
        self._thread.join()


class Scheduler(Process):
    def __init__(self) -> None:
        words = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        super().__init__(words, "Scheduler at:")

    @cached_property
    def address(self) -> str:
        found = re.search(r"Scheduler at:\s+(\S+)", "".join(self.ready().said))
        assert found is not None
        return found[1]


def worker(scheduler: Scheduler, server: Fake, *words: str, folder: Path | None = None, **more: str) -> Process:
    """A Dask worker whose OLLAMA_HOST is the server given; without a nanny, nobody starts it again when it dies."""
    return Process(
        ["distributed.cli.dask_worker", scheduler.address, "--no-dashboard", "--nthreads", "1", *words],
        "Starting established connection",
        folder=folder,
        OLLAMA_HOST=server.url,
        **more,
    )


def child_of(process: Process) -> int:
    """The worker that a nanny watches."""
    (found,) = (child for child in psutil.Process(process.pid).children() if "spawn_main" in str(child.cmdline()))
    return int(found.pid)


class Machine(Fake):
    """A fake server beside a worker. When it is asked one of the suite's questions for the `at`th time it calls `strike`."""

    def __init__(self) -> None:
        super().__init__()
        self.reset()

    def reset(self) -> None:
        """As it was before the last test."""
        self.at = 0
        self.strike: Callable[[], None] = lambda: None
        self.digest: str | None = None
        """What it says all its models' digest is, in place of their own."""
        self.hold: threading.Event | None = None
        """What replies wait for."""
        self.prompts: list[bytes] = []
        self.models, self.latency = ("fake:1b",), 0.005
        self.now = self.most = 0
        """Requests under way, and the most there have been."""

    async def handle(self, call: Call, wire: Wire) -> None:
        if b"apples" not in call.body:  # none of the suite's questions: looking, or loading a model
            await super().handle(call, wire)
            return
        self.prompts.append(call.body)
        if len(self.prompts) == self.at:
            self.strike()
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.hold is not None:
                await asyncio.to_thread(self.hold.wait, 60)
            await super().handle(call, wire)
        finally:
            self.now -= 1

    def go(self) -> None:
        """Break off every connection and listen no more."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self.hang_up()))

    def come_back(self) -> None:
        """Listen again, where it went."""
        assert self._loop is not None
        if self._server is None:
            asyncio.run_coroutine_threadsafe(self.listen(), self._loop).result(30)

    def _question(self, path: str, body: Any) -> Any:
        answer = super()._question(path, body)
        if self.digest is not None and path in ("/api/tags", "/api/ps"):
            for model in answer["models"]:
                model["digest"] = self.digest
        return answer


class Lab:
    """A scheduler and two machines, which are mended before each test."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.scheduler = stack.enter_context(Scheduler())
        self.servers = [stack.enter_context(Machine()) for _ in range(2)]
        self.workers: list[Process] = []
        self.address = self.scheduler.address

    def mend(self) -> None:
        """Both servers as they were, and a living worker beside each."""
        for server in self.servers:
            server.reset()
            server.come_back()
        alive = {process: place for place, process in enumerate(self.workers) if process.alive}
        places = {place: process for process, place in alive.items()}
        self.workers = [
            places.get(place) or worker(self.scheduler, server, "--no-nanny")
            for place, server in enumerate(self.servers)
        ]
        for process in self.workers:
            if process not in alive:
                self._stack.enter_context(process)


def lines_of(study: Study) -> list[Sample]:
    """Every sample line of all logs of the study; fails on a line that cannot be read."""
    issues = Issues()
    found = [s for path in study.run_logs() for _, s in runlog.iterate(path, issues) if isinstance(s, Sample)]
    assert not list(issues)
    return found


def verified(study: Study) -> None:
    """Each log is sealed and as it was written."""
    for path in study.run_logs():
        issues = Issues()
        assert runlog.verify(path, issues).sealed, path
        assert not list(issues), [issue.render() for issue in issues]
