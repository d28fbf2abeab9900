"""Reading run logs into tables, beside what it cannot be faster than, in one run on one machine.

    python benchmarks/tables.py [--models 29] [--rounds 3]

Makes a study of a log a model (`trial`), then measures, each in a process of its own and in turns: `lines` reads lines
and does nothing; `msgspec` decodes each into the slim record; `cold` is `tables.load` with an empty cache; `warm` is
`tables.load` again. Prints the best of all rounds, the ratio to `msgspec`, and the peak memory above what the imports take.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import process
import trial

from llmxsite.base.user import study_cache


def lines(study: Path) -> None:
    for log in study.glob("runs/*/*.jsonl"):
        with log.open("rb") as stream:
            for _ in stream:
                pass


def msgspec_only(study: Path) -> None:
    from llmxsite.analysis.tables.slim import decode_slim

    for log in study.glob("runs/*/*.jsonl"):
        with log.open("rb") as stream:
            for line in stream:
                decode_slim(line)


def load(study: Path) -> None:
    from llmxsite.analysis import tables
    from llmxsite.base.diagnostics import Issues
    from llmxsite.study.study import Study

    tables.load(Study(study), Issues())


def cold(study: Path) -> None:
    shutil.rmtree(study_cache(study), ignore_errors=True)
    load(study)


WAYS: dict[str, Callable[[Path], None]] = {"lines": lines, "msgspec": msgspec_only, "cold": cold, "warm": load}


def peak() -> float:
    """Peak memory of this process so far, in MB."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(way: str, study: Path) -> None:
    """In a process of its own: time and memory of one way, after everything is imported."""
    if way != "lines":
        import pyarrow.ipc  # noqa: F401

        import llmxsite.analysis.tables  # noqa: F401
    imports = peak()
    start, cpu = time.perf_counter(), time.process_time()
    WAYS[way](study)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu": cpu, "imports": imports, "above": peak() - imports}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=trial.MODELS, help="each answers 12,032 questions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "STUDY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        logs = trial.make(Path(folder), options.models)
        size = sum(log.stat().st_size for log in logs)
        best: dict[str, dict[str, float]] = {}
        for _ in range(options.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, "--measure", way, folder]
                found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                known = best.setdefault(way, found)
                best[way] = {name: min(known[name], found[name]) for name in found}
    source = "published outputs of MMLU-Pro" if trial.outputs() else "generated"
    print(f"{process.machine()}; {options.models * trial.ITEMS:,} samples ({source}), {size / 1e6:,.0f} MB\n")
    print("| way | seconds | of processor | of msgspec | budget | MB above imports | budget |")
    print("|---|---|---|---|---|---|---|")
    for way, found in best.items():
        ratio = found["seconds"] / best["msgspec"]["seconds"]
        budget = ("2", "100") if way == "cold" else ("", "")
        numbers = f"{found['seconds']:.2f} | {found['cpu']:.2f} | {ratio:.2f} | {budget[0]} | {found['above']:.0f} | {budget[1]}"
        print(f"| {way} | {numbers} |")


if __name__ == "__main__":
    main()
