"""A prediction: what the data will show of two conditions, stated so that a computation can answer it.

As a sentence, `accuracy of temperature=0.2 minus temperature=1.2 where suite=arc > 5 points`, or as a mapping with the same
parts. Both are one prediction, with one sentence and one hash. `prediction_check` holds it to its experiment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.study.experiment.measure import MEASURES, Predictable
from llmxsite.study.experiment.pairs import PAIR, SPACE, unquoted

Scalar = str | int | float | bool | None
RELATIONS = (">", "<", "=")
EXAMPLE = "accuracy of temperature=0.2 minus temperature=1.2 > 5 points"
_WORD = re.compile(r"[\w-]+")
_RELATION = re.compile(r"[<>=!≥≤≠]=?")
_MARGIN = re.compile(r"(?P<number>[+\-−]?(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[a-zA-Z%]*)")
_QUOTED = re.compile(r"[\s|]|^[\"']|^$")


class PredictionError(ValueError):
    """Why something is no prediction: the message, what mends it, and the key of a mapping that it is about."""

    def __init__(self, message: str, hint: str | None = None, *key: str) -> None:
        super().__init__(message)
        self.hint, self.key = hint, key


class Contrast(msgspec.Struct, kw_only=True):
    """Two levels of one factor; the difference is a minus b."""

    a: dict[str, Scalar]
    b: dict[str, Scalar]


class Prediction(msgspec.Struct, kw_only=True):
    """A prediction as a mapping. As read from a log's header, `margin` is a number."""

    measure: str
    contrast: Contrast
    relation: str = ">"
    """`>` and `<`: the difference lies beyond the margin. `=`: it lies within the margin, either way."""
    margin: float | str = 0.0
    """`5 points`, `0`; as a number it is in the unit of the scores, so that 5 points are 0.05."""
    where: dict[str, Scalar | list[Scalar]] = {}
    """Only these samples: columns with a value, or a list of values."""

    @property
    def factor(self) -> str:
        return next(iter(self.contrast.a), "")

    @property
    def a(self) -> Scalar:
        return self.contrast.a.get(self.factor)

    @property
    def b(self) -> Scalar:
        return self.contrast.b.get(self.factor)

    @property
    def threshold(self) -> float:
        """The margin as a number, in the unit of the scores."""
        return (
            self.margin if isinstance(self.margin, float | int) else parse_margin(self.margin, MEASURES[self.measure])
        )

    @property
    def compared(self) -> str:
        """`accuracy of temperature=0.2 minus temperature=1.2 where suite=arc`."""
        text = f"{self.measure} of {self.factor}={write(self.a)} minus {self.factor}={write(self.b)}"
        pairs = " ".join(f"{name}={_values(value)}" for name, value in sorted(self.where.items()))
        return f"{text} where {pairs}" if pairs else text

    @property
    def sentence(self) -> str:
        """The whole of it, always spelt the same way: what its hash is of."""
        margin = amount(self.threshold, MEASURES[self.measure])
        return f"{self.compared} {self.relation} {'within ' if self.relation == '=' else ''}{margin}"


def parse(text: str) -> Prediction:
    """Read a prediction's sentence. Raises `PredictionError`."""
    words = text.strip()
    found = _WORD.match(words)
    if found is None:
        raise PredictionError("a prediction starts with a measure", EXAMPLE)
    measure, pos = found[0], found.end()
    pos = _keyword(words, pos, "of", f"after '{measure}'")
    first, a, pos = _level(words, pos, "after 'of'")
    pos = _keyword(words, pos, "minus", f"after '{first}={write(a)}'")
    second, b, pos = _level(words, pos, "after 'minus'")
    where: dict[str, Scalar | list[Scalar]] = {}
    if (word := _WORD.match(words, _space(words, pos))) is not None and word[0] == "where":
        pos = word.end()
    while (pair := PAIR.match(words, _space(words, pos))) is not None:
        if pair[1] in where:
            raise PredictionError(f"'{pair[1]}' stands twice", f"several values of one column: {pair[1]}=a|b")
        several = _given(pair)
        where[pair[1]] = several[0] if len(several) == 1 else several
        pos = pair.end()
    pos = _space(words, pos)
    relation = _RELATION.match(words, pos)
    if relation is None:
        rest = (words[pos:].split() or ["nothing"])[0]
        raise PredictionError(f"a relation (>, < or =) must stand where '{rest}' stands", f"such as: {EXAMPLE}")
    margin = words[relation.end() :].strip()
    if relation[0] == "=":
        if not margin.startswith("within"):
            raise PredictionError(
                "'=' needs a margin: no data show that two are equal to the last digit", "= within 5 points"
            )
        margin = margin.removeprefix("within").strip()
    if not margin:
        raise PredictionError(f"nothing stands after '{relation[0]}'", "> 0 for a direction, > 5 points for a margin")
    contrast = Contrast(a={first: a}, b={second: b})
    return checked(Prediction(measure=measure, contrast=contrast, relation=relation[0], margin=margin, where=where))


def checked(stated: Prediction) -> Prediction:
    """The prediction with its margin as a number, after everything that can be known without its experiment. Raises `PredictionError`."""
    measure = MEASURES.get(stated.measure)
    if measure is None:
        raise PredictionError(f"unknown measure '{stated.measure}'", did_you_mean(stated.measure, MEASURES), "measure")
    for side, levels in (("a", stated.contrast.a), ("b", stated.contrast.b)):
        if len(levels) != 1:
            raise PredictionError(
                f"'{side}' must name one factor with its level", "a: {temperature: 0.2}", "contrast", side
            )
    other = next(iter(stated.contrast.b))
    if other != stated.factor:
        raise PredictionError(
            f"'{stated.factor}' minus '{other}': a contrast is of two levels of one factor",
            f"{stated.factor}=... minus {stated.factor}=..., and what both share after 'where'",
            "contrast",
            "b",
        )
    if write(stated.a) == write(stated.b):
        raise PredictionError(
            f"both sides are {stated.factor}={write(stated.a)}", "name two different levels", "contrast", "b"
        )
    if stated.factor in stated.where:
        raise PredictionError(
            f"'{stated.factor}' is compared and filtered by as well", "leave it out of 'where'", "where", stated.factor
        )
    if stated.relation not in RELATIONS:
        hint = "write > or <: an interval does not tell > from >="
        if "\n" in stated.relation or ":" in stated.relation or not stated.relation:
            hint = 'in YAML the sign needs quotes: relation: ">"'
        elif stated.relation in ("!=", "≠"):
            hint = "predict a direction: > 0 or < 0"
        raise PredictionError(f"unknown relation '{stated.relation.strip()}'", hint, "relation")
    margin = stated.margin
    number = parse_margin(margin, measure) if isinstance(margin, str) else float(margin)
    if stated.relation == "=" and not number > 0:
        raise PredictionError(
            f"no data can show a difference within {amount(number, measure)}",
            f"state the largest difference that would count as none, such as = within {amount(5 * measure.scale, measure)}",
            "margin",
        )
    if not abs(number) < measure.most:
        least, most = amount(-measure.most, measure), amount(measure.most, measure)
        hint = f"state one between {least} and {most}"
        if not isinstance(margin, str):
            hint = f"a bare number is in the unit of the scores; {_plain(number)} points are written '{_plain(number)} points'"
        raise PredictionError(f"no difference of {measure.name} can be {amount(number, measure)}", hint, "margin")
    return msgspec.structs.replace(stated, margin=number)


def parse_margin(text: str, measure: Predictable) -> float:
    """`5 points` as 0.05, `120 ms` as 120. Raises `PredictionError`."""
    found = _MARGIN.fullmatch(text.strip())
    unit = measure.unit or "no unit"
    if found is None:
        raise PredictionError(
            f"'{text.strip()}' is not a number with its unit", f"such as 5 {measure.unit}".rstrip(), "margin"
        )
    number = float(found["number"].replace("−", "-"))
    given = found["unit"].lower()
    if given in ({"point", "points"} if measure.unit == "points" else {measure.unit}) or (not given and number == 0):
        return round(number * measure.scale, 12)
    if given == "s" and measure.unit == "ms":
        return 1000 * number
    words = f"'{given}' is not its unit" if given else f"'{found['number']}' has no unit"
    hint = f"write {found['number']} {measure.unit}".rstrip() if given in ("", "%") or not measure.unit else None
    raise PredictionError(f"differences of {measure.name} are in {unit}: {words}", hint, "margin")


def amount(number: float, measure: Predictable) -> str:
    """A difference in the measure's own unit: `5 points`, `−0.02`, `0`."""
    shown = _plain(round(number / measure.scale, 9))
    return shown if number == 0 or not measure.unit else f"{shown} {measure.unit}"


def write(value: Scalar) -> str:
    """A value as a sentence writes it: numbers one way, quotes where they are needed."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _plain(value)
    quote = '"' if "'" in value else "'"
    return f"{quote}{value}{quote}" if _QUOTED.search(value) else value


def values(value: Scalar | Sequence[Scalar]) -> list[Scalar]:
    """One filter's values as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]  # type: ignore[list-item]


def _values(value: Scalar | list[Scalar]) -> str:
    return "|".join(write(v) for v in values(value))


def _plain(number: float) -> str:
    return f"{number + 0.0:.12g}"  # never -0


def _space(text: str, pos: int) -> int:
    found = SPACE.match(text, pos)
    return found.end() if found else pos


def _keyword(text: str, pos: int, word: str, place: str) -> int:
    pos = _space(text, pos)
    found = _WORD.match(text, pos)
    if found is None or found[0] != word:
        raise PredictionError(f"'{word}' must stand {place}", f"such as: {EXAMPLE}")
    return found.end()


def _level(text: str, pos: int, place: str) -> tuple[str, Scalar, int]:
    """A factor, its level, and where reading goes on."""
    found = PAIR.match(text, _space(text, pos))
    if found is None:
        raise PredictionError(f"a level such as temperature=0.2 must stand {place}", f"such as: {EXAMPLE}")
    several = _given(found)
    if len(several) > 1:
        raise PredictionError(
            f"'{found[0]}' is {len(several)} levels: each side of a contrast is one", "predict each pair on its own"
        )
    return found[1], several[0], found.end()


def _given(pair: re.Match[str]) -> list[Scalar]:
    """The values of a pair: one, or several between `|`."""
    value, quoted = unquoted(pair[2])
    found: list[Scalar] = [value] if quoted and value else [_scalar(part) for part in value.split("|") if part]
    if not found:
        raise PredictionError(f"'{pair[1]}=' has no value", f"such as: {EXAMPLE}")
    return found


def _scalar(text: str) -> Scalar:
    """A word as YAML would read it."""
    if text in _WORDS:
        return _WORDS[text]
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?(?:\d+\.\d*|\.\d+)(?:e[-+]?\d+)?", text) else text


_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
