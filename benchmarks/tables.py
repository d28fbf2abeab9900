"""Reading run logs into tables, beside what it cannot be faster than, in one run on one machine.

    python benchmarks/tables.py [--samples 347000] [--rounds 3] [--log FILE]

Makes a log (the same bytes every time), then measures, each in a process of its own and in turns:
`lines` reads lines and does nothing; `msgspec` decodes each into the slim record; `cold` is `tables.load` with an empty
cache; `warm` is `tables.load` again. Prints the best of all rounds, the ratio to `msgspec`, and the peak memory above
what the imports take.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from llmxsite.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.record import SCHEMA, Answer, Run, Sample, Shown, SuiteRef, encode_line

ITEMS, MODELS = 12_032, 29
WORDS = 53


def write_log(path: Path, samples: int) -> None:
    """A log like those of a real study: 14 categories, questions with up to ten options, confidence, timing."""
    chance = random.Random(20260101)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(3000)]
    items = [
        (
            str(number),
            f"{chance.getrandbits(128):032x}",
            f"category {number % 14}",
            Shown(
                question=" ".join(chance.choices(words, k=chance.randint(10, WORDS))),
                choices=[" ".join(chance.choices(words, k=3)) for _ in range(chance.randint(4, 10))],
            ),
        )
        for number in range(ITEMS)
    ]
    models = [
        ModelInfo(name=f"model-{number}:7b", digest=f"{chance.getrandbits(256):064x}") for number in range(MODELS)
    ]
    run = Run(
        schema=SCHEMA,
        id="benchmark",
        report="benchmark",
        task="benchmark",
        experiment={},
        suites=[SuiteRef(id="suite", hash="0" * 64, items=ITEMS)],
        engine=EngineInfo(name="ollama", version="0.12.3"),
        models=models,
    )
    with path.open("wb") as stream:
        stream.write(encode_line(run))
        for number in range(samples):
            item, digest, category, shown = items[number % ITEMS]
            expected, answer, confidence = chance.choice("ABCD"), chance.choice("ABCD"), round(chance.random(), 6)
            sample = Sample(
                key=f"{chance.getrandbits(128):032x}",
                suite="suite",
                item=item,
                item_hash=digest,
                category=category,
                condition={"model": models[number // ITEMS % MODELS].name, "prompt": "letter", "temperature": 0.0},
                shown=shown,
                reply=Answer(text=answer, done_reason="stop"),
                timing=Timing(
                    total_ms=round(chance.random() * 900, 3), first_token_ms=80.5, prompt_ms=60.25, eval_ms=20.125
                ),
                usage=Usage(prompt_tokens=chance.randint(60, 300), completion_tokens=2),
                outcome="ok",
                scores={
                    "answer": answer,
                    "expected": expected,
                    "correct": answer == expected,
                    "parsed": True,
                    "confidence": confidence,
                    "letter_mass": 0.998,
                },
                scorer="choice/1",
                time="2026-01-01T00:00:00.000Z",
            )
            stream.write(encode_line(sample))


def lines(log: Path) -> int:
    with log.open("rb") as stream:
        return sum(1 for _ in stream)


def msgspec_only(log: Path) -> int:
    from llmxsite.tables.slim import decode_slim

    count = 0
    with log.open("rb") as stream:
        for line in stream:
            decode_slim(line)
            count += 1
    return count


def load(log: Path) -> int:
    from llmxsite import tables
    from llmxsite.diagnostics import Issues
    from llmxsite.study import Study

    return len(tables.load(Study(log.parent), Issues(), logs=[log]).frame)


def cold(log: Path) -> int:
    shutil.rmtree(log.parent / ".llmxsite", ignore_errors=True)
    return load(log)


WAYS: dict[str, Callable[[Path], int]] = {"lines": lines, "msgspec": msgspec_only, "cold": cold, "warm": load}


def peak() -> float:
    """Peak memory of this process so far, in MB."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(way: str, log: Path) -> None:
    """In a process of its own: time and memory of one way, after everything is imported."""
    if way != "lines":
        import pyarrow.ipc  # noqa: F401

        import llmxsite.tables  # noqa: F401
    imports = peak()
    start, cpu = time.perf_counter(), time.process_time()
    WAYS[way](log)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu": cpu, "imports": imports, "above": peak() - imports}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=347_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--log", type=Path, help="a log to read instead of a generated one")
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.log)
        return
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "benchmark.jsonl")
        if options.log:
            log.symlink_to(options.log.resolve())
        else:
            write_log(log, options.samples)
        best: dict[str, dict[str, float]] = {}
        for _ in range(options.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, "--measure", way, "--log", str(log)]
                found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                known = best.setdefault(way, found)
                best[way] = {name: min(known[name], found[name]) for name in found}
        size = log.stat().st_size
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print(f"{options.samples if not options.log else lines(options.log):,} samples, {size / 1e6:,.0f} MB")
    for way, found in best.items():
        ratio = found["seconds"] / best["msgspec"]["seconds"]
        time_taken = f"{found['seconds']:6.2f} s ({found['cpu']:5.2f} s of processor)"
        print(f"{way:8} {time_taken}  {ratio:5.2f} x msgspec  {found['above']:6.0f} MB above {found['imports']:.0f}")


if __name__ == "__main__":
    main()
