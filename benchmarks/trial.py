"""A study as large as a budget asks for: logs of MMLU-Pro's published outputs where they are at hand, generated ones otherwise."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.log.record import SCHEMA, Answer, Run, Sample, Shown, SuiteRef, encode_line

ITEMS, MODELS = 12_032, 29
"""Of MMLU-Pro, and how many models make 347,000 samples of it."""
WORDS = 53
REPORT = "trial"


def outputs() -> list[Path]:
    """The published outputs, one file a model, where LLMXSITE_TEST_DATA has them."""
    data = os.environ.get("LLMXSITE_TEST_DATA")
    return sorted(Path(data, "data", "mmlu-pro").glob("*.zip")) if data else []


def make(folder: Path, models: int = MODELS) -> list[Path]:
    """A study in `folder` with a log a model; its logs. Every output is imported under as many names as it takes."""
    report = folder / "content" / "reports" / REPORT
    report.mkdir(parents=True)
    (folder / "content" / "site.yaml").write_text("title: Trial\n")
    (report / "index.md").write_text("---\ntitle: A trial\n---\n\nWords that are edited.\n")
    runs = folder / "runs" / REPORT
    real = outputs()
    if real:
        for number in range(models):
            source = real[number % len(real)]
            words = ["import", "mmlu-pro", str(source), "--into", REPORT]
            if number >= len(real):
                words += ["--model", f"{source.stem} {number // len(real) + 1}"]
            subprocess.run(
                [sys.executable, "-m", "llmxsite", "--study", str(folder), *words], check=True, capture_output=True
            )
    else:
        runs.mkdir(parents=True)
        for number in range(models):
            write_log(runs / f"model-{number}.jsonl", f"model-{number}:7b")
    return sorted(runs.glob("*.jsonl"))


def write_log(path: Path, model: str) -> None:
    """A log like those of a real study: 14 categories, questions with up to ten options, confidence, timing."""
    chance = random.Random(model)
    named = ModelInfo(name=model, digest=f"{chance.getrandbits(256):064x}")
    run = Run(
        schema=SCHEMA,
        id=path.stem,
        report=REPORT,
        task="benchmark",
        experiment={},
        suites=[SuiteRef(id="suite", hash="0" * 64, items=ITEMS)],
        engine=EngineInfo(name="ollama", version="0.12.3"),
        models=[named],
    )
    with path.open("wb") as stream:
        stream.write(encode_line(run))
        for item, digest, category, shown in items():
            expected, answer, confidence = chance.choice("ABCD"), chance.choice("ABCD"), round(chance.random(), 6)
            sample = Sample(
                key=f"{chance.getrandbits(128):032x}",
                suite="suite",
                item=item,
                item_hash=digest,
                category=category,
                condition={"model": model, "prompt": "letter", "temperature": 0.0},
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
                scorer="choice/2",
                time="2026-01-01T00:00:00.000Z",
            )
            stream.write(encode_line(sample))


def items() -> Iterator[tuple[str, str, str, Shown]]:
    """Id, hash, category and text of each item; the same ones every time."""
    chance = random.Random(20260101)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(3000)]
    for number in range(ITEMS):
        question = " ".join(chance.choices(words, k=chance.randint(10, WORDS)))
        choices = [" ".join(chance.choices(words, k=3)) for _ in range(chance.randint(4, 10))]
        yield (
            str(number),
            f"{chance.getrandbits(128):032x}",
            f"category {number % 14}",
            Shown(question=question, choices=choices),
        )
