"""How often answers to multiple-choice questions are read wrongly, beside other parsers, and how much processor time reading takes.

    LLMXSITE_TEST_DATA=DATA python benchmarks/parser.py [--inspect PYTHON] [--all]

Reads the published outputs of six models on MMLU-Pro (`DATA/data/mmlu-pro`) that `tests/labelled` has letters for, written
down by hand, and prints for each parser the share of all replies that it reads falsely (a letter that the reply does not
give as its answer) and that it misses (no letter where the reply gives one). Strata are weighted by how many replies they
stand for; intervals are Wilson's of each stratum, put together by Newcombe's method (Statistics in Medicine 2001). PYTHON is an
interpreter that has inspect_ai.

lm-eval's two expressions are those of its MMLU-Pro task. The publishers' `pred` is what their own parser left in the files,
letters filled in at random among it. "With the finish reason" a parser is told that a reply was cut off, as a server would
tell it; the publishers did not keep that, so it is as judged by the readers of the replies. inspect_ai and lm-eval know no
finish reason: there a reply that was cut off counts as unread.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import process

from llmxsite.exchange.answer.choice import read_choice

LABELLED = Path(__file__).resolve().parent.parent / "tests" / "labelled"
POOLED = ("plain", "unanswered")
"""Strata drawn by model, in equal shares at first and in proportion to size in the fourth draw, which make one each for the interval."""
LM_EVAL = re.compile(r"answer is \(?([A-J])\)?"), re.compile(r"[aA]nswer:\s*([A-J])")
Z = 1.959964
LONG = 30_000
INSPECT = """
import json, sys
from types import SimpleNamespace
from inspect_ai.solver._multiple_choice import parse_answers
import inspect_ai
print(json.dumps(inspect_ai.__version__))
for line in sys.stdin:
    text, n = json.loads(line)
    state = SimpleNamespace(output=SimpleNamespace(completion=text), choices=[None] * n)
    found = parse_answers(state, False)
    print(json.dumps(next(iter(found)) if len(found) == 1 else None))
"""


class Reply(NamedTuple):
    """One published reply, with the letter it gives by hand where it is labelled."""

    stratum: str
    text: str
    options: list[str]
    pred: str | None
    label: str | None
    cut_off: bool


def outputs() -> list[Path]:
    data = os.environ.get("LLMXSITE_TEST_DATA")
    return sorted(Path(data, "data", "mmlu-pro").glob("*.zip")) if data else []


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Model and row of every reply of one file."""
    model = path.stem.removeprefix("model_outputs_").removesuffix("_5shots")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield from ((model, row) for row in json.loads(archive.read(name)))


def labelled(everything: list[tuple[str, dict[str, Any]]]) -> list[Reply]:
    with (LABELLED / "replies.csv").open(encoding="utf-8", newline="") as file:
        labels = {(line["model"], int(line["question_id"])): line for line in csv.DictReader(file)}
    found = []
    for model, row in everything:
        if line := labels.pop((model, row["question_id"]), None):
            pred = row["pred"] if isinstance(row["pred"], str) else None
            label, cut = line["answer"] or None, line["cut_off"] == "yes"
            found.append(Reply(line["stratum"], row["generated_text"] or "", row["options"], pred, label, cut))
    if labels:
        print(f"{len(labels)} labelled replies are not in the data", file=sys.stderr)
    return found


def ours(reply: Reply, *, finish: bool) -> str | None:
    complete = not (finish and reply.cut_off)
    return read_choice(reply.text, reply.options, style="reasoned", complete=complete, language="en").value


def lm_eval(reply: Reply) -> str | None:
    match = LM_EVAL[0].search(reply.text) or LM_EVAL[1].search(reply.text)
    return match[1] if match else None


def inspect_ai(python: str, replies: list[Reply]) -> tuple[str, list[str | None]]:
    """Version and answers of inspect_ai's parser of multiple-choice replies."""
    lines = "\n".join(json.dumps([reply.text, len(reply.options)]) for reply in replies)
    run = subprocess.run([python, "-c", INSPECT], input=lines, capture_output=True, text=True, check=True)
    version, *answers = map(json.loads, run.stdout.splitlines())
    return version, answers


def group(stratum: str) -> str:
    head = stratum.partition("/")[0]
    return head if head in POOLED else stratum


def wilson(k: int, n: int) -> tuple[float, float]:
    p, z2 = k / n, Z * Z / n
    middle, half = p + z2 / 2, Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n))
    return (middle - half) / (1 + z2), (middle + half) / (1 + z2)


def share(replies: list[Reply], wrong: list[bool], sizes: Counter[str]) -> tuple[float, float, float]:
    """Share of all replies, and its interval."""
    weights: Counter[str] = Counter()
    for stratum, size in sizes.items():
        weights[group(stratum)] += size
    n = Counter(group(reply.stratum) for reply in replies)
    k = Counter(group(reply.stratum) for reply, false in zip(replies, wrong, strict=True) if false)
    total = sum(weights.values())
    p = sum(weights[s] / total * k[s] / n[s] for s in n)
    low = sum((weights[s] / total * (k[s] / n[s] - wilson(k[s], n[s])[0])) ** 2 for s in n)
    high = sum((weights[s] / total * (wilson(k[s], n[s])[1] - k[s] / n[s])) ** 2 for s in n)
    return p, max(0.0, p - math.sqrt(low)), p + math.sqrt(high)


def cell(values: tuple[float, float, float]) -> str:
    return f"{100 * values[0]:.2f} % | {100 * values[1]:.2f} to {100 * values[2]:.2f} %"


def accuracy_table(replies: list[Reply], python: str | None) -> None:
    with (LABELLED / "strata.csv").open(encoding="utf-8", newline="") as file:
        sizes = Counter({line["stratum"]: int(line["replies"]) for line in csv.DictReader(file)})
    ways: dict[str, Callable[[bool], list[str | None]]] = {
        "llmxsite": lambda finish: [ours(reply, finish=finish) for reply in replies],
        "lm-eval's expressions": lambda finish: [lm_eval(r) if not (finish and r.cut_off) else None for r in replies],
        "the publishers' `pred`": lambda finish: [r.pred if not (finish and r.cut_off) else None for r in replies],
    }
    note = "inspect_ai is not installed where this was run: give `--inspect PYTHON`"
    if python:
        version, answers = inspect_ai(python, replies)
        note = ""
        ways[f"inspect_ai {version}"] = lambda finish: [
            a if not (finish and r.cut_off) else None for a, r in zip(answers, replies, strict=True)
        ]
    print(f"{len(replies)} replies labelled by hand, which stand for {sum(sizes.values()):,}\n")
    print("| parser | finish reason | false | 95 % | missed | 95 % |\n|---|---|---|---|---|---|")
    for name, read in ways.items():
        for finish in (False, True):
            found = read(finish)
            false = [a is not None and a != r.label for a, r in zip(found, replies, strict=True)]
            missed = [a is None and r.label is not None for a, r in zip(found, replies, strict=True)]
            numbers = f"{cell(share(replies, false, sizes))} | {cell(share(replies, missed, sizes))}"
            print(f"| {name} | {'with' if finish else 'without'} | {numbers} |")
    print("\nBudget: false and missed below 0.3 % each.")
    if note:
        print(note)


def once(text: str, options: list[str]) -> float:
    start = time.process_time()
    read_choice(text, options, style="reasoned", language="en")
    return 1000 * (time.process_time() - start)


def time_table(everything: list[tuple[str, dict[str, Any]]]) -> None:
    taken = sorted(
        ((once(row["generated_text"] or "", row["options"]), i) for i, (_, row) in enumerate(everything)), reverse=True
    )
    mean = sum(ms for ms, _ in taken) / len(taken)
    again = [everything[i][1] for _, i in taken[:20]]
    worst = max(min(once(row["generated_text"] or "", row["options"]) for _ in range(3)) for row in again)
    options = again[0]["options"]
    texts = [(row["generated_text"] or " ") for row in again]
    long = max(min(once((t * (LONG // max(1, len(t)) + 1))[:LONG], options) for _ in range(3)) for t in texts)
    print("\n| reading | measured | budget |\n|---|---|---|")
    print(f"| mean of {len(taken):,} replies | {mean:.2f} ms | 1 ms |")
    print(f"| the slowest of them, best of three | {worst:.1f} ms | 20 ms |")
    print(f"| the slowest, repeated to {LONG:,} characters | {long:.1f} ms | 20 ms |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inspect", metavar="PYTHON", help="an interpreter that has inspect_ai")
    parser.add_argument("--all", action="store_true", help="time every reply, not one in ten")
    options = parser.parse_args()
    files = outputs()
    if not files:
        sys.exit("nothing measured: LLMXSITE_TEST_DATA names no folder with data/mmlu-pro/*.zip")
    everything = [pair for path in files for pair in rows(path)]
    print(f"{process.machine()}\n")
    accuracy_table(labelled(everything), options.inspect)
    time_table(everything if options.all else everything[::10])


if __name__ == "__main__":
    main()
