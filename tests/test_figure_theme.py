"""The palette: readable, and told apart without red or green cones."""

from __future__ import annotations

import itertools
import json

import pytest

from llmxsite.press.figure.colour import contrast, distance
from llmxsite.press.figure.theme import (
    RAMPS,
    THEMES,
    TOKENS,
    css_variables,
    inverse_on,
    ramp,
    resolve,
    resolve_spec,
    vega_config,
)

TEXT = ("ink", "muted", "accent", "right", "wrong", "unparsed", "truncated", "error", "good", "bad", "warn")
GROUNDS = ("paper", "raised", "sunken", "hover", "code-background")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", TEXT)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_is_readable(theme, text, ground):
    assert contrast(TOKENS[theme][text], TOKENS[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_accent_carries_text(theme):
    assert contrast(TOKENS[theme]["accent-ink"], TOKENS[theme]["accent"]) >= 4.5
    assert contrast(TOKENS[theme]["ink"], TOKENS[theme]["selection"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_series_stand_out_from_paper(theme):
    assert len(TOKENS[theme]["series"]) == 8
    for colour in TOKENS[theme]["series"]:
        assert contrast(colour, TOKENS[theme]["paper"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("blindness", [None, "protanopia", "deuteranopia"])
def test_series_are_told_apart(theme, blindness):
    pairs = itertools.combinations(TOKENS[theme]["series"], 2)
    assert min(distance(a, b, blindness) for a, b in pairs) > 0.085


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["sequential", "diverging"])
def test_numbers_on_ramps_are_readable(theme, name):
    colours = TOKENS[theme][name]
    assert len(colours) == RAMPS[name]
    for index, colour in enumerate(colours):
        ink = TOKENS[theme]["inverse" if inverse_on(name, index) else "ink"]
        assert contrast(ink, colour) >= 4.5, (name, index)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["sequential", "diverging"])
@pytest.mark.parametrize("blindness", [None, "protanopia", "deuteranopia"])
def test_neighbours_on_ramps_differ(theme, name, blindness):
    colours = TOKENS[theme][name]
    assert min(distance(a, b, blindness) for a, b in itertools.pairwise(colours)) > 0.02


@pytest.mark.parametrize("theme", THEMES)
def test_sequential_runs_one_way(theme):
    steps = [contrast(c, TOKENS[theme]["paper"]) for c in TOKENS[theme]["sequential"]]
    assert steps == sorted(steps)


def test_both_themes_have_the_same_tokens():
    assert css_variables("light").keys() == css_variables("dark").keys()


@pytest.mark.parametrize(("name", "steps"), [(name, n) for name, most in RAMPS.items() for n in range(1, most + 1)])
def test_ramp_spreads_over_all_of_it(name, steps):
    found = ramp(name, steps)
    assert len(set(found)) == steps
    assert steps == 1 or (found[0], found[-1]) == (0, RAMPS[name] - 1)


@pytest.mark.parametrize("theme", THEMES)
def test_config_resolves_completely(theme):
    assert "var(--" in json.dumps(vega_config("auto"))
    assert "var(--" not in json.dumps(vega_config(theme))


def test_resolving_a_spec_leaves_words_alone():
    spec = {"color": "var(--ink)", "text": "say var(--ink) aloud", "list": ["var(--paper)", 3]}
    light = TOKENS["light"]
    assert resolve_spec(spec, "light") == {
        "color": light["ink"],
        "text": "say var(--ink) aloud",
        "list": [light["paper"], 3],
    }
    assert resolve("var(--no-such)", "light") == "var(--no-such)"
