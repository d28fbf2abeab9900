"""What determinism experiments have tables of: agreement within a regime, between two, by request, fragile answers, partings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results.tables import Asked, TableKind, Test
from llmxsite.task.determinism import measured

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples

TASK = "determinism"


def _tables(samples: Samples, asked: Asked, by: list[str] | None) -> Any:
    from llmxsite.task.determinism.agreement import determinism

    kappa = asked.wants(measured.KAPPA)
    return determinism(samples, by, asked.factor or "regime", alpha=asked.alpha, kappa=kappa)


def _agreement(samples: Samples, asked: Asked) -> pd.DataFrame:
    by = None if asked.by is None else list(asked.by)
    found = _tables(samples, asked, by)
    if asked.of not in {measure.name for measure in measured.FRAGILE_COUNTS}:
        whole: pd.DataFrame = found.agreement
        return whole
    import pandas as pd

    rows = found.fragile
    predicted, flipped = (rows[name].fillna(False).astype(bool) for name in ("predicted", "flipped"))
    counts = {"n": len(rows), "unknown": rows["predicted"].isna().sum()}
    counts |= {"predicted": predicted.sum(), "flipped": flipped.sum(), "both": (predicted & flipped).sum()}
    return pd.DataFrame([counts])


def _said_agreement(row: Mapping[str, Any], measure: Measure, asked: Asked, spanned: bool) -> list[str]:
    if measure in measured.FRAGILE_COUNTS:
        unknown = f"{row['unknown']:,} of them without a margin" if row["unknown"] else ""
        return [f"{measure.what}, of {row['n']:,}", unknown]
    over = f"{row['n_items']:,} requests, {row['n']:,} replies"
    return [measure.what, over, "95% interval, Wilson" if spanned else ""]


def _pairs(samples: Samples, asked: Asked) -> pd.DataFrame:
    import pandas as pd

    factor = asked.factor or "regime"
    by = None if asked.by is None else list(dict.fromkeys([*asked.by, factor]))
    found: pd.DataFrame = _tables(samples, asked, by).pairs
    if asked.levels is None:
        return found
    place = {level: number for number, level in enumerate(asked.levels)}
    kept = found[found["a"].isin(place) & found["b"].isin(place)]
    turned = (kept["a"].map(place) > kept["b"].map(place)).to_numpy(dtype=bool)
    other = kept[turned].rename(columns={"a": "b", "b": "a", "only_a": "only_b", "only_b": "only_a"})
    return pd.concat([kept[~turned], other[found.columns]]).sort_index()


def _said_pairs(row: Mapping[str, Any], measure: Measure, asked: Asked, spanned: bool) -> list[str]:
    over = f"{' and '.join(map(str, asked.levels or ()))}, {row['n']:,} requests"
    return [measure.what, over, "95% interval, Wilson" if spanned else ""]


def _requests(samples: Samples, asked: Asked) -> pd.DataFrame:
    found: pd.DataFrame = _tables(samples, asked, None if asked.by is None else list(asked.by)).items
    return found


def _fragile(samples: Samples, asked: Asked) -> pd.DataFrame:
    found: pd.DataFrame = _tables(samples, asked, None if asked.by is None else list(asked.by)).fragile
    return found


def _partings(samples: Samples, asked: Asked) -> pd.DataFrame:
    """Beside its measures a row has `key`, `shared` and `variants`, as `partings.Parting` says."""
    from dataclasses import asdict

    import pandas as pd

    from llmxsite.task.determinism.partings import partings

    found = partings(samples, asked.factor or "regime")
    if asked.of:
        return pd.DataFrame([{"n": len(samples), measured.REQUESTS_PARTED.name: len(found)}])
    rows = [
        {**one.key, "item": one.item, "replies": len(one.variants), "first_divergence": len(one.shared), **asdict(one)}
        for one in found
    ]
    return pd.DataFrame(rows)


TABLES = (
    TableKind(
        name="agreement",
        summary="A row a group of requests: how many got the same reply, and the same answer, each time.",
        measures=(*measured.AGREEMENT, *measured.FRAGILE_COUNTS),
        shown=("n_items", "repeats", "tarr", "tara", "accuracy_min", "accuracy_max", "bound"),
        more=("differing", "first_divergence", "largest_drift", "cached_share", "prompt_ms"),
        make=_agreement,
        by=("regime",),
        task=TASK,
        factor="regime",
        value="agreement",
        of="tarr",
        said=_said_agreement,
    ),
    TableKind(
        name="pairs",
        summary="A row a pair of regimes, or of other levels: how many requests got identical replies under both.",
        measures=measured.PAIRS,
        shown=("a", "b", "n", "share", "largest_drift", "flips", "mcnemar_p"),
        more=("first_divergence", "only_a", "only_b"),
        make=_pairs,
        by=(),
        task=TASK,
        factor="regime",
        value="identical",
        of="share",
        pair=True,
        said=_said_pairs,
        test=Test("mcnemar_p", "right answers", "McNemar", "flips"),
    ),
    TableKind(
        name="requests",
        summary="A row a request: how many different replies and answers it got.",
        measures=measured.REQUESTS,
        shown=("item", "n", "unique", "answers", "usual"),
        more=("modal_share", "first_divergence", "continuations", "similarity", "bound", "largest_drift"),
        make=_requests,
        task=TASK,
        factor="regime",
        by=("regime",),
    ),
    TableKind(
        name="fragile",
        summary="A row an item at temperature 0: whether its answer was likely to flip, and did.",
        measures=measured.FRAGILE,
        shown=("item", "n", "margin", "largest_drift", "predicted", "flipped", "replies"),
        make=_fragile,
        task=TASK,
        factor="regime",
        by=(),
    ),
    TableKind(
        name="partings",
        summary="A row a request that got several replies: how many, and how many tokens they share.",
        measures=(*measured.PARTINGS, measured.REQUESTS_PARTED),
        shown=("item", "replies", "first_divergence"),
        make=_partings,
        task=TASK,
        factor="regime",
        value="partings",
        of="requests",
        by=(),
    ),
)
