"""Every fault that docs/faults.md lists, made to happen to a whole run: what is said, what is recorded, how it goes on."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from collect_support import (
    AT_ONCE,
    ROOT,
    Notes,
    Watched,
    collect,
    command,
    environment,
    make_study,
    open_trial,
    run,
    samples_of,
    scores_of,
    the_log,
    write_experiment,
)
from servers.fake import FAULTS, Fake

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.collect.policy import Policy
from llmxsite.collect.session import Session
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.http import Limits
from llmxsite.exchange.engine.ollama import Ollama
from llmxsite.log import runlog
from llmxsite.log.record import Sample
from llmxsite.log.runlog.clock import Clock
from llmxsite.study.study import Study

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the system's faults are made in POSIX's ways")
QUICK = Limits(connect=2, answer=2, first_byte=0.5, stall=0.5, reply=30)
ITEMS = 12


class Lasting(NamedTuple):
    """A fault that no reply comes through: a row of the docs' first table."""

    words: str
    recorded: str
    retried: str


LASTING = {
    "refused": Lasting("does not answer", "`error`: `connection`", "yes"),
    "reset": Lasting("closed the connection", "`error`: `connection`", "yes"),
    "reset-mid": Lasting("closed in the middle of a reply", "`error`: `connection`", "yes"),
    "close-mid": Lasting("closed in the middle of a reply", "`error`: `connection`", "yes"),
    "stall": Lasting("no byte in time", "`error`: `timeout`", "yes"),
    "stall-first": Lasting("no byte in time", "`error`: `timeout`", "yes"),
    "half-line": Lasting("no valid JSON", "`error`: `protocol`", "yes"),
    "load": Lasting("answered with 'load'", "`error`: `server`", "yes"),
    "no-end": Lasting("ended before it was complete", "`error`: `protocol`", "yes"),
    "not-json": Lasting("no valid JSON", "`error`: `protocol`", "yes"),
    "error-line": Lasting("in the middle of the reply", "`error`: `server`", "yes"),
    "500": Lasting("HTTP 500", "`error`: `server`", "yes"),
    "502-html": Lasting("HTTP 502", "`error`: `server`", "yes"),
    "503": Lasting("HTTP 503", "`error`: `overloaded`", "yes"),
    "503-wait": Lasting("HTTP 503", "`error`: `overloaded`", "yes, when it asks"),
    "429": Lasting("HTTP 429", "`error`: `overloaded`", "yes"),
    "no-such-path": Lasting("HTTP 404", "`error`: `unsupported`", "no"),
    "wrong-type": Lasting("it is no model server", "`error`: `protocol`", "no"),
    "long-line": Lasting("longer than 8 MB", "`error`: `protocol`", "no"),
    "huge": Lasting("the reply is longer than", "`error`: `protocol`", "no"),
    "gone": Lasting("not found", "`error`: `missing-model`", "no"),
    "memory": Lasting("more system memory", "`error`: `memory`", "no"),
}
ODD = {
    "drip": ("ok", ""),
    "repeats": ("failure", "repetition-stopped"),
    "tool-line": ("failure", ""),
    "tool-500": ("failure", ""),
    "bad-utf8": ("failure", "invalid-utf8"),
    "nan": ("ok", ""),
    "minus-infinity": ("ok", ""),
    "duplicates": ("ok", "duplicate-alternatives"),
    "missing-tokens": ("ok", "logprobs-missing"),
    "no-logprobs": ("ok", "logprobs-missing"),
    "cut": ("truncated", "context-truncated"),
}
MACHINE: dict[str, str] = {}
"""Faults of the machine with their codes, by the tests below that make them; `killed` is in test_collect_kills."""


def fault(name: str, code: str) -> Callable[[Any], Any]:
    """Marks the test that makes a fault of the machine."""
    MACHINE[name] = code
    return lambda test: test


# The docs.


def rows(title: str) -> dict[str, list[str]]:
    """The rows of the tables under a heading of docs/faults.md, by their first cell."""
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("| `"): [cell.strip(" |") for cell in row[1:]] for row in cells}


def test_the_docs_list_every_fault_that_is_tested() -> None:
    server = rows("Faults of the server")
    assert server.keys() == LASTING.keys() | ODD.keys()
    assert {*FAULTS, "refused"} == server.keys()
    for name, wanted in LASTING.items():
        assert server[name][1:4] == [f"`{wanted.words}`", wanted.recorded, wanted.retried], name
    for name, (outcome, warning) in ODD.items():
        assert server[name][1].startswith(f"`{outcome}`") and server[name][2].strip("`") == warning, name
    machine = {name: row[1].strip("`") for name, row in rows("Faults of the machine").items()}
    assert machine == {**MACHINE, "killed": "log-torn"}


# The server's.


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, ...]]:
    """What each sample scores when nothing goes wrong, by key."""

    async def go() -> Path:
        async with Fake() as server:
            return (await collect(make_study(tmp_path_factory.mktemp("unbroken")), server))[0]

    return scores_of(asyncio.run(go()))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study")


def whole(path: Path, unbroken: dict[str, tuple[object, ...]]) -> None:
    """The log has every sample once, scored as in an unbroken run, and is as it was written."""
    issues = Issues()
    assert runlog.verify(path, issues).sealed
    assert not list(issues)
    assert scores_of(path) == unbroken
    done = [s.key for s in samples_of(path) if s.outcome != "error"]
    assert len(done) == len(set(done)) == ITEMS


async def opened(stack: AsyncExitStack, study: Study, server: Fake, name: str) -> Session:
    """A session that waits half a second for a server that stalls; the faults are for its run, not for its opening."""
    server._faults = iter(())
    session = await open_trial(stack, study, server)
    limits = QUICK if name.startswith("stall") else Limits()
    session.engine = await stack.enter_async_context(Ollama(Address(server.url), limits=limits))
    server._faults = iter(server.faults)
    return session


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_fault_is_said_recorded_and_asked_again(
    study: Study, unbroken: dict[str, tuple[object, ...]], name: str
) -> None:
    """Two good replies, then the fault for as long as the run tries."""
    wanted = LASTING[name]

    async def go() -> None:
        server = Fake(faults=chain([None, None], repeat(None if name == "refused" else name)))
        async with server:
            policy = Policy(attempts=2, first_wait=0.0, longest_retry_after=0.0, errors_in_a_row=2)

            class Leaving(Notes):
                def sample(self, job: Any, sample: Sample) -> None:
                    super().sample(job, sample)
                    if name == "refused" and len(self.samples) == 2:
                        self.leaving = asyncio.ensure_future(server.hang_up())

            async with AsyncExitStack() as stack:
                session = await opened(stack, study, server, name)
                seen = Leaving()
                path, result = await session.collect(seen, policy=policy)
            assert result is not None and result.reason == "stopped"
            lines = samples_of(path)
            good, bad = [s for s in lines if s.outcome == "ok"], [s for s in lines if s.outcome == "error"]
            assert len(good) == 2 and bad and good + bad == lines
            for sample in bad:
                assert sample.error is not None and sample.reply is None and not sample.scores
                assert wanted.words in sample.error.message
                assert wanted.recorded == f"`error`: `{sample.error.kind}`"
                assert sample.error.attempts == (2 if wanted.retried.startswith("yes") else 1)
            assert bool(seen.waits) == wanted.retried.startswith("yes")
            (issue,) = result.issues
            assert wanted.words in issue.message and "again" in str(issue.hint) and seen.notes == [issue.message]
            end = runlog.read(path, Issues()).end
            assert end is not None and end.reason == "stopped" and end.counts == {"ok": 2, "error": len(bad)}
            if name == "refused":
                await server.listen()
            server.faults = ()
            again, result, _ = await collect(study, server)
            assert again == path and result is not None and result.reason == "complete" and result.made == ITEMS - 2
            whole(path, unbroken)

    asyncio.run(go())


@pytest.mark.parametrize("name", [name for name, row in LASTING.items() if row.retried.startswith("yes")])
def test_a_passing_fault_leaves_no_trace(study: Study, unbroken: dict[str, tuple[object, ...]], name: str) -> None:
    async def go() -> None:
        async with Fake(faults=[None, name, None, name]) as server, AsyncExitStack() as stack:
            session = await opened(stack, study, server, name)
            path, result = await session.collect(Notes(), policy=AT_ONCE)
            assert result is not None and (result.reason, result.errors, result.made) == ("complete", 0, ITEMS)
            whole(path, unbroken)

    asyncio.run(go())


@pytest.mark.parametrize("name", ODD)
def test_an_odd_reply_is_scored_as_it_stands(study: Study, unbroken: dict[str, tuple[object, ...]], name: str) -> None:
    outcome, warning = ODD[name]

    async def go() -> None:
        # A server that refuses what does not fit cuts nothing.
        async with Fake(faults=[None, name, None], refuses_overflow=name != "cut") as server:
            path, result, seen = await collect(study, server)
        assert result is not None and (result.reason, result.errors, result.made) == ("complete", 0, ITEMS)
        assert not seen.waits
        odd = samples_of(path)[1]
        assert odd.reply is not None and odd.outcome == outcome and odd.error is None
        assert (warning in odd.reply.warnings) if warning else not {*odd.reply.warnings} - {"token-mismatch"}
        assert bool(odd.reply.failure) == name.startswith("tool")
        issues = Issues()
        found = runlog.verify(path, issues)
        assert found.sealed and found.rescored == ITEMS and not list(issues)
        if outcome == "ok":
            assert scores_of(path).keys() == unbroken.keys()

    asyncio.run(go())


# The machine's.


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[Path, str], None]]:
    """Mounts a file system of its own at a folder, with the options given; again to change them."""
    mounted: list[Path] = []
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]

    def mount(folder: Path, options: str) -> None:
        folder.mkdir(exist_ok=True)
        remount = "remount," if folder in mounted else ""
        done = subprocess.run(
            [*sudo, "mount", "-t", "tmpfs", "-o", f"{remount}mode=0777,{options}", "tmpfs", str(folder)],
            capture_output=True,
        )
        if done.returncode != 0:
            pytest.skip("no file system can be mounted here")
        if not remount:
            mounted.append(folder)

    if sys.platform != "linux" or not shutil.which("mount") or (sudo and not shutil.which("sudo")):
        pytest.skip("no file system can be mounted here")
    yield mount
    for folder in mounted:
        subprocess.run([*sudo, "umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, str]]:
    """The environment of a process in which system calls fail as the files in a folder say; see servers/system.c."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("system") / "system.so"
    source = Path(__file__).parent / "servers" / "system.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)

    def around(folder: Path) -> dict[str, str]:
        folder.mkdir(exist_ok=True)
        return {**environment(), "LD_PRELOAD": str(library), "FAULTS": str(folder)}

    return around


class Acting(Notes):
    """Does something once, after a number of samples."""

    def __init__(self, after: int, act: Callable[[], None]) -> None:
        super().__init__()
        self.after, self.act = after, act

    def sample(self, job: Any, sample: Sample) -> None:
        super().sample(job, sample)
        if len(self.samples) == self.after:
            self.act()


def stopped(study: Study, act: Callable[[], None], after: int = 4) -> Problem:
    """The problem that a run meets when `act` is done after some samples; each takes long enough to be written."""

    async def go() -> None:
        async with Fake(latency=0.03) as server:
            await collect(study, server, observer=Acting(after, act))

    with pytest.raises(Problem) as caught:
        asyncio.run(go())
    return caught.value


def gone_on(study: Study) -> Path:
    """The run taken up again and completed."""

    async def go() -> Path:
        async with Fake() as server:
            path, result, _ = await collect(study, server)
            assert result is not None and result.reason == "complete"
            return path

    return asyncio.run(go())


def said(problem: Problem, code: str, words: str) -> None:
    issue = problem.issues[0]
    assert issue.code == code and words in issue.message and issue.hint, issue


@fault("log-deleted", "log-gone")
def test_a_deleted_log_is_put_back(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    said(stopped(study, lambda: the_log(study).unlink()), "log-gone", "all of it stands there again")
    kept = samples_of(the_log(study))
    assert len(kept) >= 4
    path = gone_on(study)
    assert samples_of(path)[: len(kept)] == kept
    whole(path, unbroken)


def test_a_deleted_folder_is_put_back(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    said(stopped(study, lambda: shutil.rmtree(study.runs)), "log-gone", "all of it stands there again")
    whole(gone_on(study), unbroken)


@fault("log-replaced", "log-gone")
def test_a_replaced_log_is_kept_beside(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    def replace() -> None:
        other = study.root / "other"
        other.write_text("mine")
        other.replace(the_log(study))

    problem = stopped(study, replace)
    path = the_log(study)
    rescued = path.with_name(path.name + ".rescued")
    said(problem, "log-gone", f"all of it is saved as {rescued.name}")
    assert path.read_text() == "mine" and len(samples_of(rescued)) >= 4
    rescued.replace(path)  # as the hint says
    assert gone_on(study) == path
    whole(path, unbroken)


@fault("log-truncated", "log-changed")
def test_a_truncated_log_is_left_alone(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    def truncate() -> None:
        os.truncate(the_log(study), the_log(study).stat().st_size * 2 // 3)

    said(stopped(study, truncate), "log-changed", "nothing more was written to it")
    path = the_log(study)
    left = path.read_bytes()
    assert gone_on(study) == path
    assert path.read_bytes().startswith(left[: left.rfind(b"\n") + 1])
    whole(path, unbroken)


@fault("log-appended", "log-changed")
def test_a_log_that_others_add_to_is_left_alone(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    def append() -> None:
        with the_log(study).open("ab") as log:
            log.write(b"a line of another program\n")

    said(stopped(study, append), "log-changed", "another program changed the log")
    whole(gone_on(study), unbroken)


@fault("disk-full", "log-disk-full")
def test_a_full_disk_stops_the_run(
    study: Study, unbroken: dict[str, tuple[object, ...]], disk: Callable[[Path, str], None]
) -> None:
    disk(study.runs, "size=16k")
    said(stopped(study, lambda: None, after=1), "log-disk-full", "every line before this moment is kept")
    path = the_log(study)
    kept = samples_of(path)
    assert 1 <= len(kept) < ITEMS
    said(stopped(study, lambda: None, after=1), "log-disk-full", "the disk is full")  # and again, at once
    assert samples_of(path)[: len(kept)] == kept
    disk(study.runs, "size=4m")
    assert gone_on(study) == path
    whole(path, unbroken)


def test_a_disk_too_full_for_a_header_begins_nothing(
    study: Study, unbroken: dict[str, tuple[object, ...]], disk: Callable[[Path, str], None]
) -> None:
    disk(study.runs, "size=8k")
    (study.runs / "filler").write_bytes(b"x" * 8192)
    said(stopped(study, lambda: None), "log-disk-full", "the disk is full")
    assert not study.run_logs() and not list(study.runs.glob("*/*"))
    (study.runs / "filler").unlink()
    disk(study.runs, "size=4m")
    whole(gone_on(study), unbroken)


def test_a_limit_at_any_byte_leaves_whole_lines(tmp_path: Path) -> None:
    """The system refuses every byte after a limit, wherever it falls: in the header, a sample, a resume line, the end."""
    script = f"""
import resource, sys
from pathlib import Path
sys.path[:0] = [{str(ROOT / "tests")!r}]
from test_runlog import RUN, sample, whole
from llmxsite.log import runlog
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.log.record import Resume
from llmxsite.log.runlog import RunLogWriter

folder = Path({str(tmp_path)!r})
sealed = whole(folder / "sealed.jsonl", 3)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
full = 0
for limit in range(1, len(sealed) + 400, 61):
    path = folder / f"{{limit}}.jsonl"
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with RunLogWriter.create(path, RUN) as writer:
            for number in range(3):
                writer.append(sample(number))
                writer.sync()
            writer.end(ended="2026-01-01T00:01:00.000Z")
    except Problem as problem:
        assert problem.issues[0].code == "log-disk-full", problem
        full += 1
    written = path.read_bytes() if path.exists() else b""
    lines = sealed[:limit].rfind(b"\\n") + 1 if limit < len(sealed) else len(sealed)
    assert written == sealed[:lines], (limit, len(written), lines)
    assert not list(folder.glob("*.part"))
    if not written:
        continue
    # Once more with too little room for what is left, then with enough.
    for room in (lines + 200, hard):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            writer, done = RunLogWriter.resume(path, Resume(time="2026-01-01T00:00:00.000Z"))
            with writer:
                for number in range(3):
                    if sample(number).key not in done:
                        writer.append(sample(number))
                if not writer.sealed:
                    writer.end(ended="2026-01-01T00:03:00.000Z")
        except Problem as problem:
            assert problem.issues[0].code == "log-disk-full", problem
    issues = Issues()
    assert runlog.verify(path, issues).counts == {{"ok": 3}} and not list(issues), list(issues)
print(full)
"""
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


@fault("disk-broken", "log-unwritable")
def test_a_disk_that_does_not_sync_stops_the_run(
    study: Study,
    tmp_path: Path,
    unbroken: dict[str, tuple[object, ...]],
    system: Callable[[Path], dict[str, str]],
) -> None:
    faults = tmp_path / "faults"
    around = system(faults)
    with Watched(latency=0.05) as server:
        server.at_call, server.act = 12, lambda: (faults / "fsync").touch()
        words = command(study, "run", "trial", server=server)
        broken = subprocess.run(words, env=around, capture_output=True, text=True, timeout=120)
        assert broken.returncode == 1 and "log-unwritable" in broken.stderr and "Input/output error" in broken.stderr
        assert "goes on where it stopped" in broken.stderr and "Traceback" not in broken.stderr
        (faults / "fsync").unlink()
        again = subprocess.run(words, env=around, capture_output=True, text=True, timeout=120)
        assert again.returncode == 0, again.stderr
    whole(the_log(study), unbroken)


@fault("clock-back", "none")
def test_a_clock_set_back_changes_no_order(
    study: Study,
    tmp_path: Path,
    unbroken: dict[str, tuple[object, ...]],
    system: Callable[[Path], dict[str, str]],
) -> None:
    faults = tmp_path / "faults"
    around = system(faults)
    with Watched() as server:
        server.at_call, server.act = 10, lambda: (faults / "clock").write_text("-90000")
        words = command(study, "run", "trial", "--limit", "8", server=server)
        first = subprocess.run(words, env=around, capture_output=True, text=True, timeout=120)
        assert first.returncode == 0, first.stderr
        path = the_log(study)
        lines = samples_of(path)
        assert len(server.calls) >= 10 and len(lines) == 8
        times = [str(sample.time) for sample in lines]
        assert times == sorted(times) and times[0][:10] >= runlog.read_header(path).started[:10]  # type: ignore[index]
        assert all(0 < (sample.timing.total_ms or 0) < 60_000 for sample in lines)
        # The rest a day before the beginning: a resume line begins time anew.
        words = command(study, "run", "trial", server=server)
        second = subprocess.run(words, env=around, capture_output=True, text=True, timeout=120)
        assert second.returncode == 0 and "8 done, 4 to go" in second.stdout, second.stderr
        whole(path, unbroken)
        # A new run is the newest by name, too.
        third = subprocess.run([*words, "--new"], env=around, capture_output=True, text=True, timeout=120)
        assert third.returncode == 0, third.stderr
        logs = study.run_logs("trial")
        assert len(logs) == 2 and logs[0] == path
        assert str(runlog.read_header(logs[1]).started) < str(runlog.read_header(path).started)


def test_time_never_goes_back_and_follows_the_wall_forwards() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 1, 1, tzinfo=UTC)
    wall = iter(start + timedelta(seconds=s) for s in (0, 1, 2, -3600, -3599, -3598, 5000, 5001))
    clock = Clock(lambda: next(wall))
    assert [clock()[11:19] for _ in range(7)] == [
        *("00:00:01", "00:00:02", "00:00:02", "00:00:03", "00:00:04"),
        *("02:23:22", "02:23:23"),
    ]


@fault("folder-read-only", "log-unwritable")
def test_a_folder_that_becomes_read_only(
    study: Study, unbroken: dict[str, tuple[object, ...]], disk: Callable[[Path, str], None]
) -> None:
    disk(study.runs, "size=4m,ro")
    said(stopped(study, lambda: None), "log-unwritable", "the file system is read-only")
    disk(study.runs, "size=4m,rw")

    async def go() -> Path:
        async with Fake() as server:
            acting = Acting(4, lambda: the_log(study).parent.chmod(0o555))
            path, result, _ = await collect(study, server, observer=acting)
            assert result is not None and result.reason == "complete"
            return path

    whole(asyncio.run(go()), unbroken)


@fault("folder-not-a-folder", "log-folder")
@pytest.mark.parametrize("name", ["runs", "runs/trial"])
def test_a_file_in_the_place_of_a_folder(study: Study, unbroken: dict[str, tuple[object, ...]], name: str) -> None:
    place = study.root / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("not a folder")
    problem = stopped(study, lambda: None)
    said(problem, "log-folder", f"{name} is not a folder")
    assert place.read_text() == "not a folder"
    place.unlink()
    whole(gone_on(study), unbroken)


@fault("two-collectors", "log-locked")
def test_a_second_collector_is_kept_out(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    async def go() -> Path:
        async with Fake(latency=0.02) as server:
            begun = asyncio.Event()
            first = asyncio.ensure_future(collect(study, server, observer=Acting(2, begun.set)))
            await begun.wait()
            for mode in ("auto", "resume"):
                with pytest.raises(Problem) as caught:
                    await collect(study, server, mode=mode)
                said(caught.value, "log-locked", "another collector is writing this log")
            path, result, _ = await first
            assert result is not None and result.made == ITEMS
            return path

    whole(asyncio.run(go()), unbroken)


@fault("same-moment", "log-locked")
def test_two_collectors_begun_at_one_moment_make_one_run(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    write_experiment(study.root)
    with Watched(latency=0.1) as server:
        words = command(study, "run", "trial", server=server)
        both = [
            subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        ends = [(*child.communicate(timeout=120), child.returncode) for child in both]
    assert sorted(code for *_, code in ends) in ([0, 0], [0, 1]), ends
    for out, errors, code in ends:
        # One that came when the other was done already has nothing left to do.
        assert "log-locked" in errors and "--new" in errors if code else "Done:" in out or "Everything is done" in out
    whole(the_log(study), unbroken)


@fault("no-locks", "log-lock")
def test_a_file_system_without_locks_is_refused(
    study: Study, tmp_path: Path, system: Callable[[Path], dict[str, str]]
) -> None:
    around = system(tmp_path / "faults")
    (tmp_path / "faults" / "flock").touch()
    with Watched() as server:
        words = command(study, "run", "trial", server=server)
        refused = subprocess.run(words, env=around, capture_output=True, text=True, timeout=120)
    assert refused.returncode == 1 and "log-lock" in refused.stderr and "No locks available" in refused.stderr
    assert "keep the study on a local disk" in refused.stderr
    assert not study.run_logs()
    assert run(study, "verify").returncode == 0


def test_a_rescue_finds_another_place(study: Study) -> None:
    """Twice replaced, the second copy does not take the first one's place."""

    def replace() -> None:
        other = study.root / "other"
        other.write_text("mine")
        other.replace(the_log(study))

    stopped(study, replace)
    path = the_log(study)
    path.unlink()
    rescued = path.with_name(path.name + ".rescued")
    shutil.copy(rescued, path)
    before = rescued.read_bytes()
    stopped(study, replace)
    assert rescued.read_bytes() == before
    second = path.with_name(path.name + ".rescued2")
    assert len(samples_of(second)) > len(samples_of(rescued))


def test_a_rescue_without_a_folder_goes_to_the_system_s_own(
    study: Study, tmp_path: Path, unbroken: dict[str, tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    paths: list[Path] = []

    def replace() -> None:
        paths.append(the_log(study))
        shutil.rmtree(study.runs)
        study.runs.write_text("a file")

    problem = stopped(study, replace)
    saved = tmp_path / "temporary" / paths[0].name
    said(problem, "log-gone", f"all of it is saved as {saved}")
    study.runs.unlink()
    paths[0].parent.mkdir(parents=True)
    saved.replace(paths[0])  # as the hint says
    assert gone_on(study) == paths[0]
    whole(paths[0], unbroken)


def test_what_a_kill_left_half_made_is_taken_away(study: Study, unbroken: dict[str, tuple[object, ...]]) -> None:
    """A collector killed between making the file and naming it leaves no header, or one without a name."""
    folder = study.runs / "trial"
    folder.mkdir(parents=True)
    for number, data in enumerate((b"", b'{"type":"run"', b'{"type":"run"}\n')):
        (folder / f"2026-01-01-00000{number}-abcd.jsonl.part").write_bytes(data)
    imported = folder / "imported.jsonl.part"
    imported.write_bytes(b"{}\n{}\n")
    whole(gone_on(study), unbroken)
    assert list(folder.glob("*.part")) == [imported]


def test_of_many_lines_those_that_fit_are_kept(tmp_path: Path) -> None:
    """Lines wait while the disk is slow, and go to it together: a full one takes as many as it can."""
    script = f"""
import resource, sys
from pathlib import Path
sys.path[:0] = [{str(ROOT / "tests")!r}]
from test_runlog import RUN, sample
from llmxsite.base.diagnostics import Problem
from llmxsite.log.record import encode_line
from llmxsite.log.runlog.file import LogFile
header, lines = encode_line(RUN), [encode_line(sample(n)) for n in range(20)]
file = LogFile.create(Path({str(tmp_path / "r.jsonl")!r}), header)
room = len(header) + len(b"".join(lines[:7])) + 30
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    file.add(b"".join(lines), len(header))
except Problem as problem:
    print(problem.issues[0].code)
"""
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True)
    assert done.stdout == "log-disk-full\n", done.stderr
    assert len(samples_of(tmp_path / "r.jsonl")) == 7
