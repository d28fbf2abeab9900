"""Addresses: every question about them has one answer, and no name leads out of the site."""

from __future__ import annotations

import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base.diagnostics import Problem
from llmxsite.base.written import Place
from llmxsite.press.catalogue import addresses

NAMES = st.text(min_size=0, max_size=200)
PARTS = st.lists(st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("reports/t/index.html", "models/phi3.html#use", "../../models/phi3.html#use"),
        ("index.html", "reports/t/index.html", "reports/t/index.html"),
        ("reports/t/index.html", "index.html", "../../index.html"),
        ("index.html", "index.html", "index.html"),
        ("reports/t/index.html", "reports/t/index.html#runs", "#runs"),
        ("a/b.html", "https://example.org/x", "https://example.org/x"),
        ("a/b.html", "mailto:a@example.org", "mailto:a@example.org"),
    ],
)
def test_relative(source: str, target: str, expected: str) -> None:
    assert addresses.relative(source, target) == expected


@given(PARTS, PARTS)
def test_relative_leads_from_source_to_target(source: list[str], target: list[str]) -> None:
    a, b = "/".join([*source, "x.html"]), "/".join([*target, "y.html"])
    assert posixpath.normpath(posixpath.join(posixpath.dirname(a), addresses.relative(a, b))) == b


@given(NAMES)
def test_any_name_becomes_one_plain_part(name: str) -> None:
    part = addresses.part(name)
    assert "/" not in part and part.strip(".") and ".." not in part
    addresses.output(Path("/nowhere"), f"models/{part}.html")


@given(NAMES, NAMES)
def test_different_names_stay_different(a: str, b: str) -> None:
    if a != b:
        assert addresses.part(a) != addresses.part(b)


@pytest.mark.parametrize(
    "address", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/./b", "a\\b", "a/\x00", "~/../x", "...", "a/.."]
)
def test_no_address_leaves_the_site(address: str, tmp_path: Path) -> None:
    with pytest.raises(Problem):
        addresses.output(tmp_path, address)


def test_a_link_out_of_the_site_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "reports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Problem) as raised:
        Place(tmp_path / "out").write(addresses.output(tmp_path / "out", "reports/index.html"), b"x")
    assert raised.value.issues[0].code == "write-link" and not any((tmp_path / "elsewhere").iterdir())


def test_absolute_addresses_drop_index_and_keep_files() -> None:
    assert addresses.absolute("https://a.org/r/", "index.html") == "https://a.org/r/"
    assert addresses.absolute("https://a.org/r", "reports/t/index.html#runs") == "https://a.org/r/reports/t/#runs"
    assert addresses.absolute("https://a.org/r", "models/phi3.html") == "https://a.org/r/models/phi3.html"
    assert addresses.absolute("https://a.org", "reindex.html") == "https://a.org/reindex.html"
