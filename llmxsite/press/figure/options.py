"""The options of a chart: a fixed set for each kind, checked before anything is computed.

This is the gate for what people write in a `{chart}` directive. Options choose columns, filters, words and numbers; none is
ever an expression or a piece of a spec. Nothing heavy is imported, so `check` can read every directive in no time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from llmxsite.base.diagnostics import Issue, Problem, did_you_mean

if TYPE_CHECKING:
    from llmxsite.press.figure.draft import Draft, Samples

Scalar = str | int | float | bool | None
Text = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Value = Name
"""What is shown: `accuracy`, or any other number of `llmxsite results`."""
Sort = Literal["value", "name", "given"] | None
"""Order: by value, by name, or as first met in the logs."""
Height = Annotated[int, Meta(ge=80, le=2000)] | None
"""Pixels of the plot, where its rows do not decide it."""
Domain = tuple[float, float] | None
"""First and last value of the scale: of the colours in a heatmap, of the value axis elsewhere."""
Chance = Annotated[float, Meta(ge=0, le=1)] | None
"""Accuracy of guessing, 0 to 1, drawn as a line."""
Alpha = Annotated[float, Meta(gt=0, lt=1)]
"""1 - level of the intervals and tests."""


class ChartProblem(Problem):
    """A chart that cannot be made. `option` is the key at fault, None where it is the whole chart."""

    def __init__(self, code: str, message: str, *, option: str | None = None, hint: str | None = None) -> None:
        super().__init__(Issue(path="", code=code, message=message, hint=hint))
        self.option = option


class Options(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every kind takes. A kind adds its own in a subclass: its fields are all there is, and their types say what they may be."""

    where: dict[str, Scalar | list[Scalar]] = {}
    """Filters: column to a value, or to a list of values of which any will do."""
    title: Text | None = None
    """Title; without it one is made from the columns."""
    caption: Text | None = None
    """Words before the generated caption, which always follows with the numbers."""
    name: Annotated[str, Meta(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)] | None = None
    """Stable name of the figure, for its address and for references."""
    width: Annotated[int, Meta(ge=360, le=1400)] = 720
    """Pixels of the wide static picture."""


ALIASES = {"color": "colour", "group": "by"}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of chart: what it is for, which options it takes, and what makes it of samples."""

    name: str
    summary: str
    options: type[Options]
    make: Callable[[Samples, Any], Draft]
    """Samples and the kind's own options to a chart. Raises `ChartProblem` for what it cannot show."""

    @property
    def known(self) -> tuple[str, ...]:
        """Every option it takes, its own first."""
        every = Options.__struct_fields__
        return (*(name for name in self.options.__struct_fields__ if name not in every), *every)


def parse(kind: Kind, raw: dict[str, Any]) -> Options:
    """What a person wrote as the kind's options. Raises `ChartProblem` for an unknown option or a wrong value."""
    given: dict[str, Any] = {}
    for key, value in raw.items():
        name = ALIASES.get(str(key), str(key))
        if name not in kind.known:
            hint = did_you_mean(name, kind.known)
            raise ChartProblem("chart-option", f"{kind.name} has no option '{key}'", option=str(key), hint=hint)
        given[name] = value
    for name, value in given.items():
        try:
            msgspec.convert({name: value}, kind.options, strict=True)
        except msgspec.ValidationError as error:
            message = str(error).partition(" - at ")[0]
            raise ChartProblem("chart-value", f"{name}: {message[0].lower()}{message[1:]}", option=name) from None
    domain = given.get("domain")
    if domain is not None and not domain[0] < domain[1]:
        raise ChartProblem("chart-value", "domain: the first number must be below the second", option="domain")
    return msgspec.convert(given, kind.options, strict=True)


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


def limit(count: int, most: int, noun: str, option: str, hint: str = "narrow it down with `where`") -> None:
    """Raises `ChartProblem` for more than a picture holds; `noun` says of what, in the plural."""
    if count > most:
        raise ChartProblem("chart-too-large", f"{count} {noun} are more than {most}", option=option, hint=hint)
