"""Every reader takes any input, or says what is wrong with it: what once made one fail, and inputs drawn anew. `make fuzz` draws for longer."""

from __future__ import annotations

import random
from pathlib import Path

import fuzz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SEEDS = sorted(p for p in fuzz.SEEDS.glob("*/*") if p.is_file())


@pytest.mark.parametrize("name", fuzz.READERS)
def test_a_good_input_is_taken(name: str) -> None:
    fuzz.READERS[name](fuzz.GOOD[name])


@pytest.mark.parametrize("path", SEEDS, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_what_once_made_a_reader_fail_does_no_more(path: Path) -> None:
    error = fuzz.attempt(path.parent.name, path.read_bytes())
    if error is not None:
        raise error


@pytest.mark.parametrize("name", fuzz.READERS)
@settings(max_examples=40)
@given(rng=st.randoms(use_true_random=False))
def test_no_input_makes_a_reader_fail(name: str, rng: random.Random) -> None:
    error = fuzz.attempt(name, fuzz.mutated(fuzz.GOOD[name], rng))
    if error is not None:
        raise error
