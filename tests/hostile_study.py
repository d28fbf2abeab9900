"""A small study that hostile cases start from, and how one is run: on a copy, with what lies outside of it, watched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import text_support

from llmxsite.exchange.engine.protocol import Alternative, EngineInfo, ModelInfo, TokenLogprob
from llmxsite.log import runlog
from llmxsite.log.record import Answer, Run, Sample, Sent, SuiteRef, sample_key

SECRET = "what-lies-outside-of-the-study"
PROCESSOR, MEMORY = 20, 500_000
"""Seconds of processor and kilobytes that a command may take."""
__all__ = ["MEMORY", "SECRET", "Ran", "make", "run", "text_support"]


def make(root: Path) -> None:
    """The study: a report with a chart, a table and a number, a suite, a run of twelve samples."""
    files = {
        "content/site.yaml": "title: A study\n",
        "content/index.md": "# Home\n\nWords.\n",
        "content/reports/r1/index.md": (
            "---\ntitle: R\ndate: 2026-11-01\n---\n# R\n\nIt was {value}`accuracy`.\n\n"
            "```{chart} bars\nname: cats\nby: category\n```\n\n```{table} summary\nby: model\n```\n"
        ),
        "content/reports/r1/experiment.yaml": (
            "task: benchmark\nquestion: Is it?\nsuites: [s1]\nmodels: [m1]\nsweep: {temperature: [0.0, 0.7]}\n"
        ),
        "suites/s1.yaml": "id: s1\ntitle: S\nitems:\n  - id: i0\n    question: Which?\n    choices: [x, y]\n    answer: A\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    header = Run(
        schema=3,
        id="run-1",
        report="r1",
        task="benchmark",
        experiment={"sweep": {"temperature": [0.0, 0.7]}, "prompt": "letter", "question": "Is it?"},
        suites=[SuiteRef(id="s1", hash="h", title="S", items=6)],
        engine=EngineInfo(name="ollama", address="http://127.0.0.1:11434"),
        models=[ModelInfo(name="m1", digest="d1")],
        started="2026-11-01T10:00:00Z",
    )
    lines = []
    for n in range(12):
        condition: dict[str, Any] = {"model": "m1", "prompt": "letter", "temperature": 0.7 * (n % 2)}
        near = [Alternative(token="A", logprob=-0.1), Alternative(token="B", logprob=-2.4)]
        lines.append(
            Sample(
                key=sample_key("d1", "s1", f"i{n // 2}", condition, Sent(), 0),
                suite="s1",
                item=f"i{n // 2}",
                item_hash=f"x{n // 2}",
                category=f"c{n // 2 % 2}",
                condition=condition,
                outcome="ok",
                reply=Answer(
                    text="A", tokens=[TokenLogprob(token="A", logprob=-0.1)], answer_token=0, alternatives=near
                ),
                scores={"answer": "A", "expected": "A", "correct": n % 3 > 0, "parsed": True, "confidence": 0.9},
                time="2026-11-01T10:00:01Z",
            )
        )
    runlog.write(root / "runs/r1/run-1.jsonl", header, lines)


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    said: str
    kilobytes: int


METER = """
import resource, subprocess, sys
limit, told, *words = sys.argv[1:]
limits = lambda: resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit)))
code = subprocess.run(words, preexec_fn=limits).returncode
open(told, "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code if code >= 0 else 128 - code)
"""
"""A small process between a test and its command: a child's memory is counted from its parent's at the time of the fork, and
that of a process full of tests is larger than any limit here."""


def run(words: Sequence[str], folder: Path, environment: dict[str, str]) -> Ran:
    """A command with its processor time limited by the system; one that waits for ever is stopped."""
    said, used = folder / "said.txt", folder / "kilobytes.txt"
    with said.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-c", METER, str(PROCESSOR), str(used), *words],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            child.wait(timeout=300)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return Ran(124, said.read_bytes().decode("utf-8", "replace"), 0)
    kilobytes = int(used.read_text())
    used.unlink()
    return Ran(child.returncode, said.read_bytes().decode("utf-8", "replace"), kilobytes)


def llmxsite(folder: Path) -> Path:
    """A script that is the command, as `LX` of a case's `cmd`."""
    path = folder / "llmxsite-command"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m llmxsite "$@"\n')
    path.chmod(0o755)
    return path
