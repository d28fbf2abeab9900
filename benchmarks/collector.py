"""The collector beside the floors, on the same server in one run.

    python benchmarks/collector.py [--quick] [--rounds N] [--inspect PYTHON] [--memory]

Floors are the least that any client does: post a request, read the streamed reply with its logprobs, write one line a
reply. They are written with bare aiohttp, with httpx over aiohttp as httpx-aiohttp's own client has it, and with bare httpx.
`--inspect` adds inspect_ai, from the environment whose Python is named. Every client runs in a process of its own; the server in another. With
`--rounds`, the clients of a cell take turns, and each number is the median; ratios are taken within a round, so that a machine
that is busy for a while slows both sides of one. `--memory` adds the peak at 1,000, 10,000 and 100,000 samples. Prints tables in
Markdown, the last with the budgets.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
MODEL = "fake:1b"
GRID = [(latency, width) for latency in (0, 5, 50) for width in (1, 4, 16)]
BUDGETS = {(5, 4): "0.8", (5, 16): "0.45", (50, 4): "0.95", (50, 16): "0.95"}
"""The cells that have budgets, and how much of bare aiohttp's pace the collector must reach there."""
PEER_SAMPLES = 150
"""At most so many for inspect_ai, whose start is not counted."""


def body(number: int) -> dict[str, Any]:
    """The request that the floors send: what the collector sends, put together once."""
    text = f"What is {number} + 1?\n\nA) {number + 1}\nB) {number + 2}\nC) {number + 3}\nD) {number + 4}\n\nAnswer with the letter of the right option only."
    options = {"temperature": 0.0, "top_k": 40, "top_p": 0.9, "seed": 42, "num_ctx": 4096, "num_predict": 64}
    message = {"role": "user", "content": text}
    return {
        "model": MODEL,
        "messages": [message],
        "stream": True,
        "options": options,
        "logprobs": True,
        "top_logprobs": 20,
    }


async def bare_aiohttp(url: str, count: int, width: int, out: Path) -> None:
    """A session, `width` tasks, json for every line of the stream, one line written a reply."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=width)) as session:

        @contextlib.asynccontextmanager
        async def post(data: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
            async with session.post(f"{url}/api/chat", data=data) as response:
                yield response.content

        await _floor(post, count, width, out)


async def bare_httpx(url: str, count: int, width: int, out: Path) -> None:
    import httpx

    await _httpx(httpx.AsyncClient(limits=httpx.Limits(max_connections=width), timeout=60), url, count, width, out)


async def httpx_over_aiohttp(url: str, count: int, width: int, out: Path) -> None:
    import httpx
    from httpx_aiohttp import HttpxAiohttpClient

    await _httpx(HttpxAiohttpClient(limits=httpx.Limits(max_connections=width), timeout=60), url, count, width, out)


async def _httpx(unopened: httpx.AsyncClient, url: str, count: int, width: int, out: Path) -> None:
    async with unopened as client:

        @contextlib.asynccontextmanager
        async def post(data: bytes) -> AsyncIterator[AsyncIterator[str]]:
            async with client.stream("POST", f"{url}/api/chat", content=data) as response:
                yield response.aiter_lines()

        await _floor(post, count, width, out)


async def _floor(post: Callable[[bytes], Any], count: int, width: int, out: Path) -> None:
    numbers = iter(range(count))
    with out.open("w") as log:

        async def work() -> None:
            for number in numbers:
                pieces, tokens = [], []
                async with post(json.dumps(body(number)).encode()) as lines:
                    async for line in lines:
                        if line.strip():
                            part = json.loads(line)
                            pieces.append(part["message"]["content"])
                            tokens += part.get("logprobs") or []
                log.write(json.dumps({"item": number, "text": "".join(pieces), "tokens": tokens}) + "\n")

        await asyncio.gather(*(work() for _ in range(width)))


class Unwatched:
    """An observer that watches nothing, so that only the collector is timed."""

    wants_text = False

    def begin(self, *_: object) -> None: ...
    def start(self, *_: object) -> None: ...
    def text(self, *_: object) -> None: ...
    def retry(self, *_: object) -> None: ...
    def sample(self, *_: object) -> None: ...
    def note(self, *_: object) -> None: ...


async def ours(url: str, count: int, width: int, out: Path) -> None:
    """`llmxsite run` without its terminal: everything else is there, from the workload to the synced log."""
    from llmxsite.base.diagnostics import Issues
    from llmxsite.collect.session import Wish, engines, open_session, prepare
    from llmxsite.log.runlog import Clock
    from llmxsite.study.study import Study

    study = Study(out.parent)
    wish = Wish(engine="ollama", host=url, limit=count, concurrency=width, mode="new", probe=False)
    experiment, suites = prepare(study, "speed", wish, Issues())
    ((name, conditions),) = engines(experiment, wish)
    async with contextlib.AsyncExitStack() as stack:
        session = await open_session(
            stack, study, "speed", experiment, suites, conditions, wish, name=name, clock=Clock(), say=lambda _: None
        )
        _STARTED[0], _CPU[0] = time.perf_counter(), time.process_time()
        path, result = await session.collect(Unwatched())
    assert result is not None and result.made == count and not result.errors
    path.rename(out)


async def inspect(url: str, count: int, width: int, out: Path) -> None:
    """inspect_ai with its OpenAI-compatible provider, logprobs on, logging as it does by default."""
    import os

    from inspect_ai import Task, eval_async
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.scorer import choice
    from inspect_ai.solver import multiple_choice

    os.environ["INSPECT_DISPLAY"] = "none"
    rows = [
        Sample(input=f"What is {n} + 1?", choices=[str(n + k) for k in range(1, 5)], target="A") for n in range(count)
    ]
    model = get_model(
        f"openai-api/fake/{MODEL}",
        base_url=f"{url}/v1",
        api_key="none",
        stream=True,
        config=GenerateConfig(max_connections=width, logprobs=True, top_logprobs=20, max_tokens=64, max_retries=0),
    )
    task = Task(dataset=MemoryDataset(rows), solver=multiple_choice(), scorer=choice())
    _STARTED[0], _CPU[0] = time.perf_counter(), time.process_time()
    (log,) = await eval_async(task, model=model, log_dir=str(out.parent))
    assert log.status == "success" and log.results is not None and log.results.completed_samples == count, log.error


CLIENTS: dict[str, Callable[[str, int, int, Path], Awaitable[None]]] = {
    "aiohttp": bare_aiohttp,
    "httpx over aiohttp": httpx_over_aiohttp,
    "httpx": bare_httpx,
    "llmxsite": ours,
    "inspect_ai": inspect,
}
_STARTED, _CPU = [0.0], [0.0]


def child(client: str, url: str, count: int, width: int, out: Path) -> None:
    """One client in this process; prints what it measured as JSON."""
    _STARTED[0], _CPU[0] = time.perf_counter(), time.process_time()
    asyncio.run(CLIENTS[client](url, count, width, out))
    seconds, cpu = time.perf_counter() - _STARTED[0], time.process_time() - _CPU[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": count / seconds, "cpu_ms": 1000 * cpu / count, "peak_mb": peak}))


def measure(
    client: str, url: str, count: int, width: int, folder: Path, python: str = sys.executable
) -> dict[str, float]:
    done = subprocess.run(
        [python, __file__, "--child", client, url, str(count), str(width), str(folder / f"{client}.jsonl")],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        return {}
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def start_up(url: str, folder: Path) -> float:
    """Seconds from starting `llmxsite run` to its end, for a run of one sample."""
    started = time.perf_counter()
    words = ["-m", "llmxsite", "--study", str(folder), "run", "speed", "--new", "--limit", "1", "--host", url]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


def write_study(folder: Path, items: int) -> None:
    (folder / "content" / "reports" / "speed").mkdir(parents=True)
    (folder / "suites" / "sums").mkdir(parents=True)
    (folder / "content" / "site.yaml").write_text("title: Speed\n")
    (folder / "content" / "reports" / "speed" / "experiment.yaml").write_text(
        f"suites: [sums]\nmodels: ['{MODEL}']\nthink: false\n"
    )
    (folder / "suites" / "sums" / "suite.yaml").write_text("id: sums\ntitle: Sums\nlanguage: en\n")
    with (folder / "suites" / "sums" / "items.jsonl").open("w") as lines:
        for n in range(items):
            choices = [str(n + k) for k in range(1, 5)]
            item = {
                "id": f"s{n}",
                "category": "sums",
                "question": f"What is {n} + 1?",
                "choices": choices,
                "answer": "A",
            }
            lines.write(json.dumps(item) + "\n")


@contextlib.contextmanager
def server(latency: int) -> Any:
    """The fake server in a process of its own; gives its address."""
    words = [sys.executable, str(ROOT / "tests" / "servers" / "fake.py"), "--latency", str(latency), "--port", "0"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def cell(
    clients: list[str], latency: int, width: int, rounds: int, inspect_python: str | None
) -> dict[str, list[dict[str, float]]]:
    """What each client measured in each round; a client that failed has said why on standard error and is left out."""
    rate = min(600, width * 1000 / (latency + 3))
    count = max(60, int(3 * rate))
    found: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name, server(latency) as url:
        folder = Path(name)
        write_study(folder, count)
        for _ in range(rounds):
            for client in clients:
                peer = client == "inspect_ai"
                python = inspect_python if peer and inspect_python else sys.executable
                if one := measure(client, url, min(count, PEER_SAMPLES) if peer else count, width, folder, python):
                    found.setdefault(client, []).append(one)
    return {client: measured for client, measured in found.items() if len(measured) == rounds}


def median(measured: list[dict[str, float]], what: str) -> float:
    return statistics.median(one[what] for one in measured)


def ratio(ours: list[dict[str, float]], other: list[dict[str, float]]) -> float:
    """Requests a second over those of another client, within each round."""
    return statistics.median(a["rate"] / b["rate"] for a, b in zip(ours, other, strict=True))


def memory(counts: Sequence[int]) -> list[float]:
    """Our peak in MB for runs of so many samples, 16 at once from a server that answers at once."""
    peaks = []
    for count in counts:
        with tempfile.TemporaryDirectory() as name, server(0) as url:
            write_study(Path(name), count)
            peaks.append(measure("llmxsite", url, count, 16, Path(name)).get("peak_mb", float("nan")))
    return peaks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only the cells that have budgets")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="measure each cell N times")
    parser.add_argument("--inspect", metavar="PYTHON", help="measure inspect_ai too, with this Python, which has it")
    parser.add_argument("--memory", action="store_true", help="measure the peak at up to 100,000 samples (minutes)")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        client, url, count, width, out = asked.child
        child(client, url, int(count), int(width), Path(out))
        return
    clients = ["aiohttp", "httpx over aiohttp", "httpx", "llmxsite"]
    if asked.inspect:
        clients.append("inspect_ai")
    budgets: list[tuple[str, str, str]] = []
    print("| latency | at once | client | requests/s | of aiohttp | llmxsite is | own CPU ms/request | peak MB |")
    print("|---|---|---|---|---|---|---|---|")
    for latency, width in BUDGETS if asked.quick else GRID:
        found = cell(clients, latency, width, asked.rounds, asked.inspect)
        floor, ours = found.get("aiohttp"), found.get("llmxsite")
        for client, measured in found.items():
            of_floor = f"{ratio(measured, floor):.2f}" if floor else ""
            times = f"{ratio(ours, measured):.2f} times" if ours and client != "llmxsite" else ""
            print(
                f"| {latency} ms | {width} | {client} | {median(measured, 'rate'):.0f} | {of_floor} | {times} "
                f"| {median(measured, 'cpu_ms'):.2f} | {median(measured, 'peak_mb'):.0f} |",
                flush=True,
            )
        if ours and floor and (budget := BUDGETS.get((latency, width))):
            budgets.append((f"of bare aiohttp, {latency} ms, {width} at once", f"{ratio(ours, floor):.2f}", budget))
            if (latency, width) == (5, 4):
                budgets.append(("own CPU a request", f"{median(ours, 'cpu_ms'):.2f} ms", "1.5 ms"))
                if peer := found.get("inspect_ai"):
                    budgets.append(("of inspect_ai, 5 ms, 4 at once", f"{ratio(ours, peer):.1f} times", "15 times"))
    if asked.memory:
        sizes = (1_000, 10_000, 100_000)
        peaks = ", ".join(f"{peak:.1f}" for peak in memory(sizes))
        budgets.append((f"peak memory at {', '.join(f'{n:,}' for n in sizes)} samples", f"{peaks} MB", "120 MB, flat"))
    with tempfile.TemporaryDirectory() as name, server(0) as url:
        write_study(Path(name), 20)
        seconds = min(start_up(url, Path(name)) for _ in range(max(3, asked.rounds)))
        budgets.append(("start to end of a run of one sample", f"{seconds:.2f} s", "0.6 s"))
    print("\n| what | measured | budget |\n|---|---|---|")
    for what, measured_as, budget in budgets:
        print(f"| {what} | {measured_as} | {budget} |")


if __name__ == "__main__":
    main()
