"""One run log as columns: texts once a log and numbered, numbers as float64, what is missing throughout not at all.

So a log costs about 150 bytes a sample, however long its lines are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log.record import End, Host, Run, Scalar

Array = npt.NDArray[Any]
TEXTS = (
    "suite",
    "item",
    "item_hash",
    "category",
    "subcategory",
    "difficulty",
    "language",
    "cluster",
    "outcome",
    "answer",
    "expected",
    "scorer",
)
"""int32 codes into `LogColumns.words`; -1 is missing."""
NUMBERS = (
    "correct",
    "confidence",
    "confidence_low",
    "confidence_high",
    "letter_mass",
    "mean_token_probability",
    "p_correct",
    "position",
    "latency_ms",
    "first_token_ms",
    "load_ms",
    "prompt_ms",
    "eval_ms",
    "prompt_tokens",
    "completion_tokens",
)
"""float64; NaN is missing."""
COUNTS = ("setting", "repeat", "line")
"""int32, never missing. `setting` is an index into `LogColumns.settings`, `line` counts from 1."""
OF = "of"
"""int32, -1 where it is missing. Of a sample that judges another: that one's line, 0 where the log has none."""
FLAGS = ("parsed",)
"""int8: 0, 1, or -1 where it is missing."""
ALL = (*TEXTS, *NUMBERS, *COUNTS, *FLAGS)
More = dict[str, Literal["number", "text"]]
"""Columns beyond those of every log, by name: what the scorers of a log's task say becomes one."""


class Setting(msgspec.Struct, frozen=True):
    """A condition in one stretch of a log, with what header and `resume` lines say of its model, server and machine there."""

    condition: dict[str, Scalar]
    """Always with `model`; null where the log does not say."""
    digest: str | None = None
    quantization: str | None = None
    server: str | None = None
    """`ollama 0.34.4`."""
    hardware: str | None = None
    """`record.Host.hardware`."""
    os: str | None = None

    @classmethod
    def told(cls, condition: dict[str, Scalar], model: ModelInfo | None, engine: EngineInfo, host: Host) -> Setting:
        digest, quantization = (model.digest, model.quantization) if model else (None, None)
        server = f"{engine.name} {engine.version}" if engine.version else engine.name
        return cls(condition, digest, quantization, server, host.hardware, host.os)


class LogColumns(msgspec.Struct, kw_only=True):
    """A log's frame, and its samples as columns: the last line of each key, in the order of those lines."""

    run: Run
    end: End | None = None
    """The closing line, when it really is the last one."""
    lacks: list[str] = []
    """What the server turned out to lack after the header was written, each once."""
    rows: int = 0
    settings: list[Setting] = []
    words: dict[str, list[str]] = {}
    """The distinct texts of each column of `TEXTS`, in order of appearance."""
    more: More = {}
    """The columns that the scorers of its task have."""
    columns: dict[str, Any] = {}
    """Arrays of `rows` values by name. A column that is missing throughout is absent."""


def missing_value(name: str, more: More | None = None) -> float:
    return np.nan if name in NUMBERS or (more or {}).get(name) == "number" else -1


def dtype(name: str, more: More | None = None) -> np.dtype[Any]:
    number = name in NUMBERS or (more or {}).get(name) == "number"
    return np.dtype(np.float64 if number else np.int8 if name in FLAGS else np.int32)


def last_of_each(hashes: Array, keys_at: Callable[[Array], list[str]]) -> Array | None:
    """Rows that no later row with the same key replaces, in order; None when that is all of them.

    `hashes` are of the keys: cheap to compare, and different keys rarely share one. Only for the rows whose hash comes
    more than once are the keys themselves asked for, by `keys_at(rows)`.
    """
    ordered = np.sort(hashes)
    if not (ordered[1:] == ordered[:-1]).any():
        return None
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    doubtful = np.flatnonzero(counts[inverse] > 1)
    last = dict(zip(keys_at(doubtful), doubtful.tolist(), strict=True))
    keep = np.ones(len(hashes), bool)
    keep[doubtful] = False
    keep[list(last.values())] = True
    return np.flatnonzero(keep)
