"""A small study, and a collector on it, for the tests of the collector."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, Self

import yaml
from servers.fake import Fake
from servers.wire import Call, HttpServer, Wire

from llmxsite.base.diagnostics import Issues
from llmxsite.collect.job import Job
from llmxsite.collect.policy import Policy, Result
from llmxsite.collect.session import Session, Wish, engines, open_session, prepare
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.protocol import EngineError
from llmxsite.log import runlog
from llmxsite.log.record import Sample
from llmxsite.log.runlog import Clock
from llmxsite.study.study import Study

ROOT = Path(__file__).parent.parent


def make_study(folder: Path, *, items: int = 12, **experiment: Any) -> Study:
    """A study with one report `trial` and one suite `sums` of sums with four options."""
    (folder / "content" / "reports" / "trial").mkdir(parents=True)
    (folder / "suites").mkdir()
    (folder / "content" / "site.yaml").write_text("title: Trial\n")
    questions = []
    for n in range(items):
        right = "ABCD"[n % 4]
        sums = {letter: f"{2 * n + offset} apples" for offset, letter in enumerate("ABCD", 1)}
        questions.append(
            {
                "id": f"sum-{n:02}",
                "category": ("small", "large")[n % 2],
                "question": f"How many apples are {n} apples and {n + 'ABCD'.index(right) + 1} apples?",
                "choices": list(sums.values()),
                "answer": right,
            }
        )
    suite = {"id": "sums", "title": "Sums", "language": "en", "items": questions}
    (folder / "suites" / "sums.yaml").write_text(yaml.safe_dump(suite, sort_keys=False))
    write_experiment(folder, **experiment)
    return Study(folder)


def write_experiment(folder: Path, **experiment: Any) -> None:
    """The experiment of `trial`, with what is not given filled in."""
    data = {"suites": ["sums"], "models": ["fake:1b"], "options": {"num_ctx": 4096}, "think": False} | experiment
    path = folder / "content" / "reports" / "trial" / "experiment.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))


def command(study: Study, *words: str, server: Fake | None = None) -> list[str]:
    host = ["--host", server.url] if server is not None else []
    return [sys.executable, "-m", "llmxsite", "--study", str(study.root), *words, *host]


def environment() -> dict[str, str]:
    """Of a process that a test starts; it finds the packages that the test has installed too."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("LLMXSITE_TEST_PATH")])])
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def run(study: Study, *words: str, server: Fake | None = None) -> subprocess.CompletedProcess[str]:
    """`llmxsite` in a process of its own, to its end."""
    return subprocess.run(
        command(study, *words, server=server), env=environment(), capture_output=True, text=True, timeout=120
    )


def the_log(study: Study) -> Path:
    """The only run log of the study."""
    (path,) = study.run_logs("trial")
    return path


def samples_of(path: Path) -> list[Sample]:
    """Every sample line of a log, those that a later line replaces among them. Fails on a line that cannot be read."""
    issues = Issues()
    found = [line for _, line in runlog.iterate(path, issues) if isinstance(line, Sample)]
    assert not list(issues)
    return found


def scores_of(path: Path) -> dict[str, tuple[object, ...]]:
    """What each sample of a log is and scored, by key; the last line of a key counts."""
    return {s.key: (s.item, str(s.condition), s.repeat, s.outcome, str(s.scores)) for s in samples_of(path)}


class Watched(Fake):
    """A fake server that sends a process a signal when a given call comes in, as many milliseconds later as asked; or
    does what `act` is set to."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.victim: int | None = None
        """The process."""
        self.at_call = 0
        self.after_ms = 0.0
        self.signal = signal.SIGKILL
        self.act: Callable[[], object] = self._send
        self.count = 0

    def aim(self, at_call: int, after_ms: float) -> None:
        """Send the signal after the `at_call`th call from now."""
        self.count, self.at_call, self.after_ms, self.victim = 0, at_call, after_ms, None

    async def handle(self, call: Call, wire: Wire) -> None:
        self.count += 1
        if self.count == self.at_call and self._loop is not None:
            self._loop.call_later(self.after_ms / 1000, self.act)
        await super().handle(call, wire)

    def _send(self) -> None:
        if self.victim is not None:
            os.kill(self.victim, self.signal)


class Nursery:
    """Starts `llmxsite` in processes of their own at little cost: forked from one that has imported everything already.

    They are real processes with a command line, to be killed one at a time.
    """

    _CODE = """
import json, os, sys
import llmxsite.cli, llmxsite.collect.session, llmxsite.collect.progress, llmxsite.exchange.engine.ollama, rich.console, yaml
from llmxsite.log import provenance
from llmxsite.exchange.answer.scorer import scorer
scorer("choice/2")
for line in sys.stdin:
    words, output = json.loads(line)
    child = os.fork()
    if child == 0:
        code = 70
        try:
            file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, 1), os.dup2(file, 2)
            sys.argv = ["llmxsite", *words]
            llmxsite.cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

    def __enter__(self) -> Self:
        self._mother = subprocess.Popen(
            [sys.executable, "-c", self._CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._mother.stdin is not None
        self._mother.stdin.close()
        self._mother.wait()

    def run(self, study: Study, *words: str, server: Watched, output: Path) -> int:
        """One process to its end, which the server may bring about; its exit code, negative for a signal."""
        assert self._mother.stdin is not None and self._mother.stdout is not None
        line = [["--study", str(study.root), *words, "--host", server.url], str(output)]
        self._mother.stdin.write(json.dumps(line) + "\n")
        self._mother.stdin.flush()
        server.victim = int(self._mother.stdout.readline())
        code = int(self._mother.stdout.readline())
        server.victim = None
        return code

    def killed(self, study: Study, server: Watched, chance: Random, *, calls: int, ms: float, output: Path) -> int:
        """The run `trial`, killed within as many calls, and milliseconds after one, again and again until it is complete; how often it
        was."""
        times = 0
        while True:
            server.aim(chance.randint(1, calls), chance.uniform(0, ms))
            code = self.run(study, "run", "trial", server=server, output=output)
            if code == 0:
                return times
            assert code == -signal.SIGKILL, output.read_text()
            times += 1


class Notes:
    """Remembers what a run told."""

    wants_text = False

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.waits: list[float] = []
        self.samples: list[Sample] = []

    def begin(self, workload: Workload, left: list[int]) -> None: ...
    def start(self, job: Job) -> None: ...
    def text(self, job: Job, piece: str, thinking: bool) -> None: ...

    def retry(self, job: Job, error: EngineError, attempt: int, wait: float) -> None:
        self.waits.append(wait)

    def sample(self, job: Job, sample: Sample) -> None:
        self.samples.append(sample)

    def note(self, message: str) -> None:
        self.notes.append(message)


AT_ONCE = Policy(first_wait=0.0, longest_retry_after=0.0)
"""Tries again without waiting."""


async def open_trial(stack: AsyncExitStack, study: Study, server: HttpServer, **wish: Any) -> Session:
    wanted = Wish(**{"engine": "ollama", "host": server.url, "probe": False, **wish})
    experiment, suites = prepare(study, "trial", wanted, Issues())
    ((name, conditions),) = engines(experiment, wanted)
    return await open_session(
        stack, study, "trial", experiment, suites, conditions, wanted, name=name, clock=Clock(), say=lambda _: None
    )


async def collect(
    study: Study, server: HttpServer, policy: Policy = AT_ONCE, observer: Notes | None = None, **wish: Any
) -> tuple[Path, Result | None, Notes]:
    """The whole of `llmxsite run` but its terminal, in this process."""
    observer = observer or Notes()
    async with AsyncExitStack() as stack:
        if isinstance(server, Fake):  # the faults are for the run; loading the model takes replies too
            server._faults = iter(())
        session = await open_trial(stack, study, server, **wish)
        if isinstance(server, Fake):
            server._faults, server.faults = iter(server.faults), ()
        path, result = await session.collect(
            observer, policy=policy, started=lambda collector: setattr(observer, "stop", collector.stop)
        )
    return path, result, observer
