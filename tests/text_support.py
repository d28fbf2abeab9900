"""What the tests of write-ups share: a host that records, and a samples table made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log import runlog
from llmxsite.log.record import Answer, Run, Sample, Sent, SuiteRef, sample_key
from llmxsite.press.site.directives.kinds import directives
from llmxsite.press.site.parts import DirectiveKind
from llmxsite.press.writing.directive import Directive


class RecordingHost:
    """Draws every directive and value as what it was asked for."""

    def __init__(self) -> None:
        self.issues = Issues()
        self.links: list[tuple[str, int]] = []
        self.values: list[tuple[str, int, int]] = []

    @property
    def directives(self) -> Mapping[str, DirectiveKind]:
        return directives()

    def directive(self, directive: Directive) -> str:
        words = escape(f"{directive.label} {directive.argument} {directive.options}", quote=False)
        return f'<figure id="{directive.id}">{words}</figure>'

    def value(self, query: str, line: int, column: int) -> str:
        self.values.append((query, line, column))
        return f"<b>{escape(query, quote=False)}</b>"

    def link(self, target: str, line: int) -> str:
        self.links.append((target, line))
        return target.replace(".md", ".html")

    def reference(self, name: str, line: int) -> tuple[str, str]:
        self.issues.add("page.md", "reference-unknown", f"nothing is called '{name}'", line=line)
        return "#", name


@dataclass
class Table:
    """A samples table with the columns that values and summaries read."""

    frame: pd.DataFrame
    factors: list[str]


def samples(rows: list[dict[str, Any]], factors: tuple[str, ...] = ("temperature",)) -> Table:
    """A table of `rows`, each with defaults for what it does not give."""
    defaults: dict[str, Any] = {
        "experiment": "r1",
        "run": "run-1",
        "task": "benchmark",
        "contributor": None,
        "suite": "s1",
        "suite_hash": "h1",
        "model": "m1",
        "digest": "d1",
        "engine": "ollama",
        "category": "c1",
        "subcategory": None,
        "difficulty": None,
        "language": None,
        "cluster": None,
        "repeat": 0,
        "outcome": "ok",
        "parsed": True,
        "correct": 1.0,
        "confidence": float("nan"),
        "letter_mass": float("nan"),
        "latency_ms": 100.0,
        "first_token_ms": float("nan"),
        "eval_ms": float("nan"),
        "completion_tokens": float("nan"),
    }
    defaults |= dict.fromkeys(factors)
    full = [defaults | {"item": f"i{n}", "item_hash": f"x{n}", "line": n + 2} | row for n, row in enumerate(rows)]
    frame = pd.DataFrame(full)
    for name in ("confidence", "letter_mass", "latency_ms", "first_token_ms", "eval_ms", "completion_tokens"):
        frame[name] = frame[name].astype("float64")
    frame["parsed"] = frame["parsed"].astype("boolean")
    for name in ("experiment", "run", "suite", "suite_hash", "model", "digest", "category", "contributor"):
        frame[name] = frame[name].astype("category")
    return Table(frame, list(factors))


def run_log(
    root: Path,
    report: str = "first-report",
    *,
    run: str = "2026-11-01-a",
    right: int = 15,
    task: str = "benchmark",
    **more: Any,
) -> Path:
    """A sealed log of the scaffold's experiment: 20 items at two temperatures, `right` of them right at 0, ten at 1."""
    header = Run(
        schema=1,
        id=run,
        report=report,
        task=task,
        experiment={"sweep": {"temperature": [0.0, 1.0]}, "prompt": "letter"},
        suites=[SuiteRef(id="everyday-numbers", hash="h")],
        engine=EngineInfo(name="ollama", address="http://127.0.0.1:11434"),
        models=[ModelInfo(name="smollm2:135m", digest="d1")],
        started="2026-11-01T10:00:00Z",
        **more,
    )
    lines = []
    for temperature, count in ((0.0, right), (1.0, 10)):
        for n in range(20):
            condition: dict[str, Any] = {"model": "smollm2:135m", "prompt": "letter", "temperature": temperature}
            lines.append(
                Sample(
                    key=sample_key("d1", "everyday-numbers", f"i{n}", condition, Sent(), 0),
                    suite="everyday-numbers",
                    item=f"i{n}",
                    item_hash=f"x{n}",
                    category=("money", "time", "measures", "shares")[n % 4],
                    condition=condition,
                    outcome="ok",
                    reply=Answer(text="A"),
                    scores={"answer": "A", "expected": "A", "correct": n < count, "parsed": True},
                    time="2026-11-01T10:00:01Z",
                )
            )
    path = root / "runs" / report / f"{run}.jsonl"
    runlog.write(path, header, lines)
    return path


def own_words(root: Path, report: str = "first-report") -> None:
    """Put words of one's own in place of those that a new report comes with."""
    folder = root / "content" / "reports" / report
    for name, words in (
        ("experiment.yaml", {"What do you want to know?": "Is it so?", "State what you expect": "We expect this"}),
        (
            "experiment.yaml",
            {
                "MEASURE of FACTOR=LEVEL minus FACTOR=LEVEL > MARGIN": "accuracy of temperature=0 minus temperature=1 > 0"
            },
        ),
        ("index.md", {"One or two sentences for lists": "Sentences for lists"}),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in words.items():
            assert old in text
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
