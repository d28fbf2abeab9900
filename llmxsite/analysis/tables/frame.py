"""The columns of run logs, put end to end as one pandas DataFrame: one row a sample."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from llmxsite.analysis.tables.columns import FLAGS, OF, TEXTS, Array, LogColumns, More, Setting, dtype, missing_value
from llmxsite.analysis.tables.growing import Words
from llmxsite.log.record import Scalar

COLUMNS = (
    "experiment",
    "run",
    "task",
    "contributor",
    "suite",
    "suite_hash",
    "model",
    "digest",
    "engine",
    "server",
    "quantization",
    "hardware",
    "os",
    "category",
    "subcategory",
    "difficulty",
    "language",
    "item",
    "item_hash",
    "cluster",
    "repeat",
    "outcome",
    "parsed",
    "correct",
    "answer",
    "expected",
    "scorer",
    "confidence",
    "confidence_low",
    "confidence_high",
    "letter_mass",
    "mean_token_probability",
    "p_correct",
    "latency_ms",
    "first_token_ms",
    "load_ms",
    "prompt_ms",
    "eval_ms",
    "prompt_tokens",
    "completion_tokens",
    "position",
    "line",
)
"""The columns of every frame, in order; those of scorers and the factors follow."""
_FIRST_FACTORS = ("prompt", "temperature", "top_p", "seed", "num_ctx", "think", "system")
_NOT_FACTORS = ("model", "engine")
"""Parts of a condition that have a column of their own already."""


class Source(msgspec.Struct):
    """One log's columns, and what its place says of it."""

    log: LogColumns
    report: str
    contributor: str | None
    weights: Mapping[str, str] = {}
    """By digest, the hash of the weights' file, where any log of these tells it."""


_PER_LOG: dict[str, Callable[[Source], str | None]] = {
    "experiment": lambda source: source.report,
    "run": lambda source: source.log.run.id,
    "task": lambda source: source.log.run.task,
    "contributor": lambda source: source.contributor,
}
_PER_SETTING: dict[str, Callable[[Source, Setting], str | None]] = {
    "model": lambda source, setting: _label(setting.condition["model"]),
    "digest": lambda source, setting: source.weights.get(setting.digest or "", setting.digest),
    "engine": lambda source, setting: _label(setting.condition.get("engine")) or source.log.run.engine.name,
    "server": lambda source, setting: setting.server,
    "quantization": lambda source, setting: setting.quantization,
    "hardware": lambda source, setting: setting.hardware,
    "os": lambda source, setting: setting.os,
}


def assemble(sources: Sequence[Source]) -> tuple[pd.DataFrame, list[str]]:
    """One frame of all the samples, log after log, and the names of its factor columns.

    Texts are categorical with sorted categories: tables come out in one order, whatever order samples finished in. The
    logs' columns are used up, so that no column is ever held twice.
    """
    builder = _Builder(sources)
    data = {name: builder.column(name) for name in COLUMNS}
    data["correct"][data["outcome"] == "error"] = np.nan  # nothing was answered, whatever the line claims
    more = sorted({name for source in sources for name in source.log.more})
    data |= {name: builder.more(name) for name in more}
    if any(OF in source.log.columns for source in sources):
        data[OF] = builder.column(OF)
    factors = _factor_names(sources, {*COLUMNS, OF, *more})
    data |= {column: builder.factor(name) for column, name in factors.items()}
    return pd.DataFrame(data, copy=False), list(factors)


def _factor_names(sources: Iterable[Source], taken: Collection[str]) -> dict[str, str]:
    """Column to name in the condition: the well-known ones first, then by name."""
    found = {name for source in sources for setting in source.log.settings for name in setting.condition}
    first = [name for name in _FIRST_FACTORS if name in found]
    names = [*first, *sorted(found.difference(first, _NOT_FACTORS))]
    return {f"{name}_factor" if name in taken else name: name for name in names}


class _Builder:
    """Makes one column after the other out of all the logs."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        ends = list(accumulate((source.log.rows for source in sources), initial=0))
        self.total = ends[-1]
        self.slices = [slice(start, end) for start, end in pairwise(ends)]

    def column(self, name: str) -> Any:
        if name in _PER_LOG:
            return self._texts(None, [[_PER_LOG[name](source)] for source in self.sources])
        if name in _PER_SETTING:
            pick = _PER_SETTING[name]
            return self._texts("setting", [[pick(source, s) for s in source.log.settings] for source in self.sources])
        if name == "suite":
            return self._texts("suite", [[suite for suite, _ in _suites(source)] for source in self.sources])
        if name == "suite_hash":
            return self._texts("suite", [[digest for _, digest in _suites(source)] for source in self.sources])
        column: Any
        if name in TEXTS:
            column = self._texts(name, [source.log.words[name] for source in self.sources])
        elif name in FLAGS:
            flags = self._plain(name)
            column = pd.arrays.BooleanArray(flags == 1, flags < 0)
        else:
            column = self._plain(name)
        for source in self.sources:
            source.log.columns.pop(name, None)
        return column

    def more(self, name: str) -> Any:
        """A column that scorers have: numbers where all who have it say so, else texts."""
        forms = {source.log.more[name] for source in self.sources if name in source.log.more}
        if forms == {"number"}:
            return self._plain(name, {name: "number"})
        for source in self.sources:
            if source.log.more.get(name) == "number":
                words = Words()
                values = source.log.columns.get(name, np.array([], np.float64)).tolist()
                if values:
                    source.log.columns[name] = words.codes([None if v != v else f"{v:.15g}" for v in values])
                source.log.words[name] = words.texts()
        return self._texts(name, [source.log.words.get(name, []) for source in self.sources])

    def factor(self, name: str) -> Any:
        """A factor's values: numbers where all are numbers, booleans where all are, otherwise texts."""
        levels = [[setting.condition.get(name) for setting in source.log.settings] for source in self.sources]
        met = {type(level) for group in levels for level in group if level is not None}
        if met == {bool}:
            flags = self._mapped("setting", [[-1 if v is None else int(v) for v in g] for g in levels], np.int8, -1)
            return pd.arrays.BooleanArray(flags == 1, flags < 0)
        if met == {int} and all(abs(v) < 2**63 for group in levels for v in group if isinstance(v, int)):
            ints = self._mapped("setting", [[v or 0 for v in g] for g in levels], np.int64, 0)
            unknown = self._mapped("setting", [[v is None for v in g] for g in levels], np.bool_, True)
            return pd.arrays.IntegerArray(ints, unknown) if unknown.any() else ints
        if met and met <= {int, float}:
            return self._mapped(
                "setting", [[np.nan if v is None else v for v in g] for g in levels], np.float64, np.nan
            )
        return self._texts("setting", [[_label(level) for level in group] for group in levels])

    def _plain(self, name: str, more: More | None = None) -> Array:
        """A column of numbers as the logs hold it."""
        parts: list[Array | None] = [source.log.columns.get(name) for source in self.sources]
        if len(parts) == 1 and parts[0] is not None:
            return parts[0]
        result = np.full(self.total, missing_value(name, more), dtype(name, more))
        for part, rows in zip(parts, self.slices, strict=True):
            if part is not None:
                result[rows] = part
        return result

    def _texts(self, codes: str | None, texts: list[list[str | None]] | list[list[str]]) -> pd.Categorical:
        """Each log's `texts`, picked by its column `codes` (the only one for all of its samples when None)."""
        known: set[str | None] = {text for group in texts for text in group}
        categories = sorted(text for text in known if text is not None)
        rank: dict[str | None, int] = {text: index for index, text in enumerate(categories)}
        small = np.min_scalar_type(-max(len(categories), 1))
        picked = self._mapped(codes, [[rank.get(text, -1) for text in group] for group in texts], small, -1)
        return pd.Categorical.from_codes(picked, categories=pd.Index(categories, dtype="str"))

    def _mapped(self, codes: str | None, values: list[list[Any]], kind: Any, unknown: Any) -> Array:
        """Each log's `values`, picked by its column `codes`; `unknown` where that is -1 or absent."""
        result = np.full(self.total, unknown, kind)
        for source, group, rows in zip(self.sources, values, self.slices, strict=True):
            if codes is None:
                result[rows] = group[0]
            elif codes in source.log.columns:
                table = np.array([*group, unknown], kind)  # code -1 picks the last one
                result[rows] = table[source.log.columns[codes]]
        return result


def _suites(source: Source) -> list[tuple[str | None, str | None]]:
    """Id and hash for each suite its samples name; a sample that names none is of the run's only suite."""
    declared = {suite.id: suite.hash for suite in source.log.run.suites}
    only = next(iter(declared)) if len(declared) == 1 else None
    named = [name or only for name in source.log.words["suite"]]
    return [(name, declared.get(name) if name is not None else None) for name in named]


def _label(level: Scalar) -> str | None:
    if level is None or isinstance(level, str):
        return level
    return msgspec.json.encode(level).decode()
