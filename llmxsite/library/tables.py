"""Which tables a study can be asked for, how each is made of samples, and which of its columns a person sees first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmxsite.base.diagnostics import Problem, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples

DEFAULT_BY = ("experiment", "suite", "model")
_ENDS = {"accuracy", "share", "difference"}
"""Numbers whose interval is the table's own `ci_low` and `ci_high`."""
_MEASURES = ("accuracy", "n", "unparsed", "truncated", "errors", "mean_confidence", "confidence_gap", "ece", "brier")
_SPEED = ("latency_ms", "tokens_per_second", "item_agreement")
_FORMS = {"mark": "percent", "seconds": "milliseconds", "apart": "number", "apart_ms": "milliseconds"}
"""Forms of a page's table as they are written in a line."""


@dataclass(frozen=True)
class Asked:
    """What of a table is asked for."""

    by: tuple[str, ...] | None = None
    """Columns of the samples whose values make a row; None for the table's own choice."""
    factor: str | None = None
    """What a table of pairs compares."""
    measure: str = "accuracy"
    """What a comparison compares."""
    intervals: tuple[str, ...] = ()
    """Measures to be given an interval by drawing items again."""


@dataclass(frozen=True)
class Head:
    """A column as a person sees it."""

    name: str
    title: str
    form: str
    """As in `press.figure.words.show`, or `width` for a length in points, which has no sign."""
    ends: tuple[str, str] | None = None
    """Columns with the two ends of its interval, where the table has them."""


def make(samples: Samples, table: str, asked: Asked) -> pd.DataFrame:
    """The table, as `llmxsite results` and pages show it. Raises `Problem` for an unknown table and where nothing can be compared.

    KeyError, with the nearest, for a column that is not there.
    """
    maker = _TABLES.get(table)
    if maker is None:
        raise Problem.at("table", "table-kind", f"no table is called '{table}'", hint=did_you_mean(table, _TABLES))
    return maker(samples, asked)


def kinds() -> tuple[str, ...]:
    """The names of all tables."""
    return tuple(_TABLES)


def heads(table: str, frame: pd.DataFrame, asked: Asked) -> list[Head]:
    """The columns to be shown: what a row is about, then the numbers, those with an interval that was asked for among them.

    A number that was never measured is left out.
    """
    names = [str(name) for name in frame.columns]
    numbers = [name for name in (*_shown(table), *asked.intervals) if name in names]
    first = min((names.index(name) for name in (*numbers, "n", "n_items") if name in names), default=len(names))
    keys = [name for name in names[:first] if name not in numbers]
    spans = {name: _ends(name, names) for name in numbers}
    beside = {end for name, ends in spans.items() for end in ends or ()}
    met = [name for name in dict.fromkeys(numbers) if name not in beside and frame[name].notna().any()]
    return [
        *(Head(name, name, "text") for name in keys),
        *(Head(name, *_said(name, table, asked.measure), spans[name]) for name in met),
    ]


def notes(table: str, frame: pd.DataFrame, samples: Samples) -> list[str]:
    """What a reader should know before believing a summary, in sentences."""
    if table != "summary" or not len(samples):
        return []
    from llmxsite.analysis.results import reading_notes, warnings

    names = [str(name) for name in frame.columns]
    return [*warnings(frame), *reading_notes(samples, names[: names.index("n")])]


def left_out(samples: Samples, how: str) -> list[str]:
    """That reruns are left out, where there are some, and `how` they are shown."""
    count = len(samples.repeats)
    words = "1 rerun is" if count == 1 else f"{count:,} reruns are"
    return [f"{words} left out, being no further evidence: {how} shows every run by itself."] if count else []


def _ends(name: str, names: Sequence[str]) -> tuple[str, str] | None:
    own = (f"{name}_low", f"{name}_high")
    found = own if own[0] in names else ("ci_low", "ci_high") if name in _ENDS else None
    return found if found is not None and set(found) <= set(names) else None


def _said(name: str, table: str, measure: str) -> tuple[str, str]:
    """Title and form of a number."""
    from llmxsite.press.figure.metrics import METRICS
    from llmxsite.press.numbers import data_table

    if table == "readings" and name not in METRICS:
        return (f"{name}, points", "width") if name == "apart" else (name, "percent")
    if table == "summary" and name in METRICS:
        metric = METRICS[name]
        unit = "" if metric.unit in (None, "%") or str(metric.unit) in metric.title else f", {metric.unit}"
        return f"{metric.title}{unit}", metric.format
    (_, title, form), *_ = data_table.heads(table, [name], measure)
    return title.replace(", 95% interval", ""), _FORMS.get(form, form)


def _shown(table: str) -> Sequence[str]:
    """The numbers that a table is for."""
    from llmxsite.press.numbers.data_table import SHOWN

    if table == "summary":
        return (*_MEASURES, *_SPEED)
    return _MORE.get(table) or SHOWN[table]


_MORE = {
    "readings": ("n", "accuracy", "strict", "last", "lm-eval", "apart"),
    "comparison": ("a", "b", "n", "accuracy_a", "accuracy_b", "value_a", "value_b", "difference", "p_holm", "verdict"),
    "requests": ("item", "n", "unique", "answers", "similarity", "bound", "largest_drift"),
    "fragile": ("item", "n", "margin", "largest_drift", "predicted", "flipped"),
}


def _summary(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis import results

    by = asked.by or (*DEFAULT_BY, *samples.varying())
    summary = results.summarise(samples, by)
    if not asked.intervals:
        return summary
    found = results.intervals(samples, by, asked.intervals)
    ends = [f"{name}_{end}" for name in asked.intervals for end in ("low", "high", "method")]
    return summary.drop(columns=[end for end in ends if end in summary.columns]).join(found[ends])


def _readings(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis import results

    return results.readings(samples, asked.by or (*DEFAULT_BY, *samples.varying()))


def _comparison(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis import results

    factor, by = asked.factor or "model", asked.by or ()
    if asked.measure == "accuracy":
        return results.compare(samples, factor, by)
    return results.contrast(samples, asked.measure, factor, by)


def _calibration(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis import results

    return results.calibration(samples, asked.by or ("model",), intervals=asked.intervals).summary


def _repeated(what: str) -> Callable[[Samples, Asked], pd.DataFrame]:
    """One of the tables of replies to one request."""

    def make(samples: Samples, asked: Asked) -> pd.DataFrame:
        from llmxsite.analysis import results
        from llmxsite.analysis.results.determinism import TASK

        factor, fit = asked.factor or "regime", samples.where(task=TASK)
        frame: pd.DataFrame = getattr(results.determinism(fit, asked.by, factor), what) if len(fit) else fit.frame
        if frame.empty:
            raise Problem.at(
                "table",
                "no-samples",
                f"nothing to compare by '{factor}'" if len(fit) else f"no sample of a {TASK} experiment fits",
                hint="`factor` names another column"
                if len(fit)
                else f"`llmxsite new report NAME --task {TASK}` starts one",
            )
        return frame

    return make


_TABLES: dict[str, Callable[[Samples, Asked], pd.DataFrame]] = {
    "summary": _summary,
    "readings": _readings,
    "comparison": _comparison,
    "calibration": _calibration,
    "agreement": _repeated("agreement"),
    "pairs": _repeated("pairs"),
    "requests": _repeated("items"),
    "fragile": _repeated("fragile"),
}
