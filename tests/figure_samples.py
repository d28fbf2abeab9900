"""Samples made for figures, as `tables.load` would give them: models of known skill, and every edge a chart can meet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from llmxsite.analysis.tables import Samples
from llmxsite.analysis.tables.frame import COLUMNS

TEXTS = {
    "experiment", "run", "task", "contributor", "suite", "suite_hash", "model", "digest", "engine", "server", "quantization",
    "hardware", "os", "category", "subcategory",
    "difficulty", "language", "item", "item_hash", "cluster", "outcome", "answer", "expected", "scorer",
}  # fmt: skip
LONG = ["hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", "Meta-Llama-3_1-8B-Instruct", "phi3:mini", "smollm2:135m"]


def samples(rows: Sequence[Mapping[str, Any]], factors: Sequence[str] = ()) -> Samples:
    """Rows with any of the columns as `Samples`; what a row does not say is missing, and `ok`."""
    frame = pd.DataFrame(list(rows))
    defaults = {
        "experiment": "trial",
        "run": "run-1",
        "task": "benchmark",
        "suite": "suite",
        "outcome": "ok",
        "repeat": 0,
        "line": 2,
    }
    for name in COLUMNS:
        if name not in frame:
            frame[name] = defaults.get(name)
    if frame["item_hash"].isna().all():
        frame["item_hash"] = frame["item"]
    for name in COLUMNS:
        if name in TEXTS:
            frame[name] = frame[name].astype("category")
        elif name == "parsed":
            frame[name] = frame[name].astype("boolean")
        elif name in ("repeat", "line"):
            frame[name] = frame[name].astype("int32")
        else:
            frame[name] = frame[name].astype("float64")
    for name in factors:
        frame[name] = frame[name].astype("category" if frame[name].map(type).eq(str).any() else "float64")
    return Samples(frame[[*COLUMNS, *factors]], tuple(factors), {}, {}, {})


def study(
    models: Sequence[str] = LONG,
    n: int = 60,
    temperatures: Sequence[float] = (0.2, 0.7, 1.2),
    categories: Sequence[str] = ("Law", "Physics and astronomy", "Sociology", "Misconceptions"),
) -> Samples:
    """Models of falling skill on `n` items: one cell missing, one with few answers, some unread, all with confidences."""
    rows: list[dict[str, Any]] = []
    for m, model in enumerate(models):
        for t in temperatures:
            for i in range(n):
                category = categories[i % len(categories)]
                if m == 1 and category == categories[-1]:
                    continue
                if m == 2 and category == categories[0] and i > 8:
                    continue
                u, v = draw(model, t, i, "right"), draw(model, t, i, "sure")
                chance = 0.9 - 0.15 * (m % 5) - 0.1 * t * (i % 2)
                rows.append(
                    {
                        "model": model, "digest": f"{m:08x}" * 8, "run": f"run-{m}", "item": f"q{i:03}", "category": category,
                        "difficulty": ("easy", "medium", "hard")[i % 3], "temperature": t, "correct": float(u < chance),
                        "parsed": u < 0.97, "confidence": 0.3 + 0.69 * v ** (1 + (u > chance)), "letter_mass": 0.98,
                        "confidence_low": 0.3, "confidence_high": 0.31, "latency_ms": (60 + 300 * m) * (0.6 + v),
                        "completion_tokens": 2.0, "eval_ms": 30.0, "line": len(rows) + 2,
                    }
                )  # fmt: skip
    return samples(rows, ["temperature"])


def draw(*key: object) -> float:
    """A number in 0 to 1 from a hash: the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:6], "big") / 2**48


def constant(value: float, models: Sequence[str] = ("phi3:mini", "smollm2:135m"), n: int = 12) -> Samples:
    """Every answer right (1.0) or wrong (0.0)."""
    return samples(
        [
            {
                "model": m,
                "item": f"q{i}",
                "category": "abc"[i % 3],
                "correct": value,
                "confidence": 0.8,
                "latency_ms": 5.0 + i,
            }
            for m in models
            for i in range(n)
        ]
    )
