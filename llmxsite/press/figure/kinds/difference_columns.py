"""The columns of a table of paired differences, and the form that a difference has."""

from __future__ import annotations

from llmxsite.analysis.measure import Form
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.metrics import Metric

_COLUMNS = (
    Column(name="a", title="A"),
    Column(name="b", title="B"),
    Column(name="n", title="Items", format="count", description="Items that both levels answered."),
    Column(
        name="lost",
        title="Lost",
        format="count",
        description="Items that only one of them has, or whose content differs.",
    ),
    Column(name="accuracy_a", title="Accuracy A", format="percent"),
    Column(name="accuracy_b", title="Accuracy B", format="percent"),
    Column(name="difference", title="A minus B", format="points"),
    Column(name="ci_low", title="Low end", format="points", description="Paired, clustered, Student's t."),
    Column(name="ci_high", title="High end", format="points", description="Paired, clustered, Student's t."),
    Column(name="p_holm", title="p (Holm)", format="p", description="Adjusted over all rows of this figure."),
    Column(name="p", title="p", format="p", description="Unadjusted."),
    Column(name="mcnemar_p", title="p (McNemar)", format="p", description="Exact, unadjusted."),
    Column(name="only_a", title="Only A right", format="count"),
    Column(name="only_b", title="Only B right", format="count"),
    Column(name="r", title="r", format="probability", description="Correlation of the two over items."),
    Column(name="mde", title="Smallest it could show", format="points", description="With power 80%."),
    Column(name="verdict", title="Verdict", description="different, equivalent, not shown, or identical."),
)
"""Of a comparison of accuracies."""


def _contrast(shown: Metric) -> tuple[Column, ...]:
    """Of a comparison by another measure."""
    form = form_of(shown)
    how = (
        "Paired over items, Student's t."
        if shown.name.startswith("item_agreement")
        else "Of resampled items, pairs kept together."
    )
    ends = (("difference", "A minus B", ""), ("ci_low", "Low end", how), ("ci_high", "High end", how))
    return (
        *_COLUMNS[:4],
        *(
            Column(name=name, title=f"{shown.title} {side}", format=shown.form)
            for name, side in (("value_a", "A"), ("value_b", "B"))
        ),
        *(Column(name=name, title=title, format=form, description=words) for name, title, words in ends),
        Column(name="p_holm", title="p (Holm)", format="p", description="Adjusted over all rows of this figure."),
        Column(name="p", title="p", format="p", description="Unadjusted."),
        Column(name="mde", title="Smallest it could show", format=form, description="With power 80%."),
        Column(name="verdict", title="Verdict", description="different, not shown, or identical."),
    )


def form_of(shown: Metric) -> Form:
    """The form of a difference: shares differ by points."""
    return "points" if shown.form in ("percent", "points") else shown.form


def columns(shown: Metric) -> tuple[Column, ...]:
    """Those of a comparison by one number, after the columns it is grouped by."""
    return _COLUMNS if shown.name == "accuracy" else _contrast(shown)
