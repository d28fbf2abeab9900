"""The statistics against expected values from trusted libraries, in any folder of case files of the same form.

A case file is JSON: `method`, `abs_tol`, `cases`, each with `name`, `input`, `expected` and maybe its own `abs_tol`. The file's
name says which of `case_functions.FUNCTIONS` is measured. Every field under `expected` is compared, at any depth; a file or
field nothing here computes is a failure, not a gap. Null is undefined; numbers carry twelve significant digits.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from case_functions import FUNCTIONS
from scipy.stats import binomtest

DATA = os.environ.get("LLMXSITE_TEST_DATA")
FOLDER = Path(DATA, "cases") if DATA else None
MONTE_CARLO = 0.03
"""Tolerance of fields whose name ends in `_mc` and that are no p."""
UNLIKELY = 1e-4
"""A p that was drawn is not ours where the draws would come out so, or further off, less often than this."""
DIGITS = 6e-12
"""Relative rounding of twelve significant digits."""


def case_files() -> list[Path]:
    return sorted(FOLDER.glob("*.json")) if FOLDER else []


def cases() -> Iterator[Any]:
    for path in case_files():
        content = json.loads(path.read_text(encoding="utf-8"))
        for index, case in enumerate(content["cases"]):
            yield pytest.param(path, content, index, id=f"{path.stem}-{case['name']}")


@pytest.mark.skipif(
    FOLDER is None, reason="LLMXSITE_TEST_DATA is not set: no statistic was compared with its case file"
)
def test_there_are_case_files_and_each_has_a_function() -> None:
    stems = {path.stem for path in case_files()}
    assert stems, f"no case files in {FOLDER}"
    assert stems <= FUNCTIONS.keys(), f"nothing computes {sorted(stems - FUNCTIONS.keys())}"


@pytest.mark.parametrize(("path", "content", "index"), list(cases()))
def test_case(path: Path, content: dict[str, Any], index: int) -> None:
    assert path.stem in FUNCTIONS, f"nothing computes {path.stem}"
    case = content["cases"][index]
    given = {**case["input"], **context(content, index)}
    ours = FUNCTIONS[path.stem](given)
    tolerance = float(case.get("abs_tol", content.get("abs_tol", 1e-9)))
    draws = re.search(r"n_resamples=(\d+)", json.dumps(content.get("source", {})))
    found = list(differences(case["expected"], ours, tolerance, "", int(draws[1]) if draws else 4999))
    assert not found, "\n" + "\n".join(found)


def context(content: dict[str, Any], index: int) -> dict[str, Any]:
    """For a case that is about others ("the 13 items above, in order"): their inputs; and the file's notes."""
    extra = {"notes": content.get("notes", "")}
    named = re.match(r"the (\d+) items above", str(content["cases"][index]["input"].get("uses", "")))
    if not named:
        return extra
    above = [case["input"] for case in content["cases"][:index] if "expected_call" in case["input"]]
    if len(above) != int(named[1]):
        pytest.skip(f"the case is about {named[1]} items above it, and the file holds {len(above)} of them")
    return {**extra, "items": above}


def differences(expected: Any, ours: Any, tolerance: float, where: str, draws: int = 4999) -> Iterator[str]:
    """What is not as expected, one line each. `draws` is how many a p of the file was drawn from."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            try:
                mine = ours[name]
            except (KeyError, TypeError):
                yield f"{where}.{name}: nothing computes it (expected {value!r})"
                continue
            if name.endswith("_mc") and "_p_" in f"_{name}":
                if not drawn_from(value, mine, draws):
                    yield f"{where}.{name}: {mine!r}, of which {draws} draws do not give {value!r}"
                continue
            loose = max(tolerance, MONTE_CARLO) if name.endswith("_mc") else tolerance
            yield from differences(value, mine, loose, f"{where}.{name}", draws)
    elif isinstance(expected, list):
        if undefined(expected) and expected and ours is None:
            return
        if not isinstance(ours, list | tuple) or len(ours) != len(expected):
            yield f"{where}: {ours!r}, expected {expected!r}"
            return
        for i, (value, mine) in enumerate(zip(expected, ours, strict=True)):
            yield from differences(value, mine, tolerance, f"{where}[{i}]", draws)
    elif not same(expected, ours, tolerance):
        yield f"{where}: {ours!r}, expected {expected!r}"


def same(expected: Any, ours: Any, tolerance: float) -> bool:
    if expected is None:
        return undefined(ours)
    if isinstance(expected, bool) or isinstance(ours, bool):
        return expected is ours
    if isinstance(ours, int | float) and expected in ("inf", "-inf"):
        return ours == float(expected)
    if isinstance(expected, int | float):
        if not isinstance(ours, int | float) or math.isnan(ours):
            return False
        return abs(ours - expected) <= tolerance + DIGITS * abs(expected)
    return bool(expected == ours)


def drawn_from(expected: Any, ours: Any, draws: int) -> bool:
    """Whether a two-sided permutation p of so many draws, (k + 1)/(draws + 1) doubled, can be of the exact p that is ours."""
    if expected is None or ours is None:
        return undefined(expected) and undefined(ours)
    if max(expected, ours) > 0.9:  # both tails hold about half, and the smaller of the two is what was drawn
        return min(expected, ours) > 0.8
    hits = min(draws, max(0, round(expected / 2 * (draws + 1)) - 1))
    return bool(binomtest(hits, draws, ours / 2).pvalue > UNLIKELY)


def undefined(value: Any) -> bool:
    """None, or a collection of nothing but None. NaN is not: an undefined number has to be said to be one."""
    return all(undefined(v) for v in value) if isinstance(value, list | tuple) and value else value is None


def test_the_comparison_can_fail() -> None:
    ours = {"p": 0.5, "ci": (0.1, None), "flag": True, "n": 3}
    assert not list(differences({"p": 0.5 + 1e-10, "ci": [0.1, None], "flag": True, "n": 3}, ours, 1e-9, ""))
    for wrong in (
        {"p": 0.6},
        {"p": None},
        {"ci": [0.1, 0.2]},
        {"ci": [0.1]},
        {"flag": False},
        {"flag": 1},
        {"n": True},
        {"missing": 1},
        {"p": {"deep": 1}},
        {"p": "inf"},
    ):
        assert len(list(differences(wrong, ours, 1e-9, ""))) == 1, wrong
    for right, wrong in ((0.0016, 0.03), (0.0004, 0.02), (0.3, 0.35), (1.0, 0.5), (0.02, 0.0)):
        drawn = {"p_mc": round(right * 2500) / 2500}
        assert not list(differences(drawn, {"p_mc": right}, 1e-9, ""))
        assert list(differences(drawn, {"p_mc": wrong}, 1e-9, "")), "a p is not compared more coarsely than it is"
    assert list(differences({"p": 0.5}, {"p": math.nan}, 1e-9, "")) and list(differences(None, math.nan, 1e-9, ""))
