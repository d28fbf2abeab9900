"""The options of a chart: a fixed set for each kind, checked before anything is computed.

This is the gate for what people write in a `{chart}` directive. Options choose columns, filters, words and numbers; none is
ever an expression or a piece of a spec. Nothing heavy is imported, so `check` can read every directive in no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from llmxsite.diagnostics import Issue, Problem, did_you_mean

if TYPE_CHECKING:
    from llmxsite.figure.draft import Samples

Scalar = str | int | float | bool | None
Text = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class ChartProblem(Problem):
    """A chart that cannot be made. `option` is the key at fault, None where it is the whole chart."""

    def __init__(self, code: str, message: str, *, option: str | None = None, hint: str | None = None) -> None:
        super().__init__(Issue(path="", code=code, message=message, hint=hint))
        self.option = option


class Options(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Options of every kind; which of them a kind takes, `KINDS` says. A field's docstring is its documentation."""

    where: dict[str, Scalar | list[Scalar]] = {}
    """Filters: column to a value, or to a list of values of which any will do."""
    rows: Name | None = None
    """Column whose values are the rows."""
    columns: Name | None = None
    """Column whose values are the columns."""
    x: Name | None = None
    """Column along the horizontal axis."""
    by: Name | None = None
    """Column that tells one bar, panel or point from another."""
    colour: Name | None = None
    """Column that tells one series from another."""
    axes: Name | None = None
    """Column whose values are the spokes."""
    factor: Name | None = None
    """Column whose levels are compared."""
    baseline: Scalar = None
    """Level that the others are compared with; without it every pair is compared."""
    value: Name = "accuracy"
    """What is shown: `accuracy`, or any other number of `llmxsite results`."""
    title: Text | None = None
    """Title; without it one is made from the columns."""
    caption: Text | None = None
    """Words before the generated caption, which always follows with the numbers."""
    name: Annotated[str, Meta(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)] | None = None
    """Stable name of the figure, for its address and for references."""
    sort: Literal["value", "name", "given"] | None = None
    """Order: by value, by name, or as first met in the logs."""
    width: Annotated[int, Meta(ge=360, le=1400)] = 720
    """Pixels of the wide static picture."""
    height: Annotated[int, Meta(ge=80, le=2000)] | None = None
    """Pixels of the plot, where its rows do not decide it."""
    domain: tuple[float, float] | None = None
    """First and last value of the scale: of the colours in a heatmap, of the value axis elsewhere."""
    total: bool = True
    """Whether a heatmap has a column for all columns together."""
    chance: Annotated[float, Meta(ge=0, le=1)] | None = None
    """Accuracy of guessing, 0 to 1, drawn as a line."""
    bins: Annotated[int, Meta(ge=2, le=50)] = 10
    """Number of equal bins of confidence."""
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    """1 - level of the intervals and tests."""
    margin: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """Largest difference that counts as none, for an equivalence test."""
    line: int | None = None
    """Line of the run log, where the other filters leave more than one sample."""


COMMON = ("where", "title", "caption", "name", "width")
ALIASES = {"color": "colour", "group": "by"}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of chart: what it is for and which options it takes beside the common ones."""

    name: str
    summary: str
    module: str
    """Module of this package that makes it."""
    options: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """Every option it takes."""
        return (*self.options, *COMMON)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="heatmap",
            summary="One number for every combination of two columns, such as accuracy by model and category.",
            module="heatmap",
            options=("rows", "columns", "value", "sort", "total", "domain", "alpha"),
        ),
        Kind(
            name="bars",
            summary="One number by one column (and a second as colour), with its interval, sorted.",
            module="bars",
            options=("by", "colour", "value", "sort", "chance", "domain", "alpha"),
        ),
        Kind(
            name="radar",
            summary="Profiles of up to six models over a few axes, with the same numbers as a dot plot beside it.",
            module="radar",
            options=("axes", "colour", "value", "sort", "domain", "alpha"),
        ),
        Kind(
            name="reliability",
            summary="Accuracy against confidence in bins: whether a model is right as often as it is sure.",
            module="reliability",
            options=("by", "bins", "alpha"),
        ),
        Kind(
            name="confidence",
            summary="Every answer, right or wrong, at its confidence, with the share right in each bin.",
            module="confidence",
            options=("by", "bins", "alpha"),
        ),
        Kind(
            name="differences",
            summary="Paired differences between levels of a factor, item by item, with Holm-adjusted p.",
            module="differences",
            options=("factor", "value", "baseline", "by", "sort", "margin", "alpha"),
        ),
        Kind(
            name="sweep",
            summary="One number along a factor, a line a model, with its interval as a band.",
            module="sweep",
            options=("x", "colour", "value", "chance", "domain", "height", "alpha"),
        ),
        Kind(
            name="latency",
            summary="Accuracy against the median time of an answer, both with their intervals.",
            module="latency",
            options=("by", "chance", "height", "alpha"),
        ),
        Kind(
            name="latency-distribution",
            summary="How the time of an answer is spread: median, quartiles, 5th and 95th percentile.",
            module="latency_distribution",
            options=("by", "sort"),
        ),
        Kind(
            name="difficulty",
            summary="How many items each share of the models gets right, down to those that none does.",
            module="difficulty",
            options=("by", "height"),
        ),
        Kind(
            name="determinism",
            summary="How many requests get identical replies within a regime and between two, or item by item.",
            module="determinism",
            options=("factor", "by", "rows", "alpha"),
        ),
        Kind(
            name="tokens",
            summary="One reply, token by token, tinted by how probable the model found each.",
            module="tokens",
            options=("line",),
        ),
    )
}


def kind_named(name: str) -> Kind:
    """The kind with this name. Raises `ChartProblem` with the nearest known one."""
    kind = KINDS.get(name)
    if kind is None:
        raise ChartProblem("chart-kind", f"no kind of chart is called '{name}'", hint=did_you_mean(name, KINDS))
    return kind


def parse(kind: Kind, raw: dict[str, Any]) -> Options:
    """What a person wrote as `Options`. Raises `ChartProblem` for an unknown option or a wrong value."""
    given: dict[str, Any] = {}
    for key, value in raw.items():
        name = ALIASES.get(str(key), str(key))
        if name not in kind.known:
            where = next((k.name for k in KINDS.values() if name in k.known), None)
            hint = did_you_mean(name, kind.known)
            if where is not None:
                hint = f"{kind.name} takes: {', '.join(sorted(kind.known))}"
            raise ChartProblem("chart-option", f"{kind.name} has no option '{key}'", option=str(key), hint=hint)
        given[name] = value
    for name, value in given.items():
        try:
            msgspec.convert({name: value}, Options, strict=True)
        except msgspec.ValidationError as error:
            message = str(error).partition(" - at ")[0]
            raise ChartProblem("chart-value", f"{name}: {message[0].lower()}{message[1:]}", option=name) from None
    options = msgspec.convert(given, Options, strict=True)
    if options.domain is not None and not options.domain[0] < options.domain[1]:
        raise ChartProblem("chart-value", "domain: the first number must be below the second", option="domain")
    return options


def column_of(samples: Samples, name: str, option: str) -> str:
    """`name` where the samples have such a column. Raises `ChartProblem` with the nearest one."""
    known = [str(c) for c in samples.frame.columns]
    if name not in known:
        raise ChartProblem(
            "chart-column",
            f"{option}: no column '{name}' in the samples",
            option=option,
            hint=did_you_mean(name, known),
        )
    return name
