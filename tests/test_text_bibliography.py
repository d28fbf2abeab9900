"""BibTeX and its LaTeX: what holds for any file, and that no file takes long or fills the memory."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from text_support import RecordingHost

from llmxsite.base.diagnostics import Issues
from llmxsite.press.writing import anchors, bibtex, citations, latex
from llmxsite.press.writing.emphasis import is_cjk
from llmxsite.press.writing.markdown import Bibliography, render

DATA = os.environ.get("LLMXSITE_TEST_DATA")
REPORTS = sorted(p.parent for p in Path(DATA, "reports").glob("*/index.md")) if DATA else []


def parsed(text: str) -> tuple[dict[str, bibtex.Entry], Issues]:
    issues = Issues()
    return bibtex.parse(text, "x.bib", issues), issues


PIECES = st.sampled_from(
    [
        *(
            "@misc{",
            "@article{a",
            "@string{s = ",
            "@comment{",
            "@preamble{",
            "@",
            "key",
            ",",
            " = ",
            "{",
            "}",
            '"',
            "#",
            "(",
            ")",
        ),
        *(
            "\n",
            " ",
            "%",
            "title",
            "author",
            " and ",
            "crossref",
            "url",
            "\\'",
            "\\",
            "$",
            "_",
            "^",
            "~",
            "--",
            "\\url{",
            "\\href{",
        ),
        *("\\textbf{", "{\\'e}", "é", "日", "2020", "s", "\\begin{x}", "$x_{2}$", "\\[", "\\verb|"),
    ]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join))
@example("@misc{a, title={" + "{" * 200)
def test_no_file_breaks_it_and_every_mistake_has_a_line(text: str) -> None:
    entries, issues = parsed(text)
    for issue in issues:
        assert issue.line is not None and 1 <= issue.line <= text.count("\n") + 1
    for entry in entries.values():
        assert 1 <= entry.line <= text.count("\n") + 1
        citations.reference(entry, citations.year(entry))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_text_without_latex_stays_as_it_is(text: str) -> None:
    plain = re.sub(r"[\\{}$~`'\x00-\x1f\x7f-\x9f]|--+|\s", "", text)
    assert latex.plain(plain) == latex.plain(latex.plain(plain))
    assert anchors.slug(latex.plain(plain)) == anchors.slug(plain)


ADDRESS = st.text(st.sampled_from("abcXYZ019-._~:/?#[]@!'()*+,;=%&"), min_size=1, max_size=40)


@settings(max_examples=300, deadline=None)
@given(ADDRESS)
def test_an_address_comes_back_from_every_way_to_escape_it(address: str) -> None:
    def escaped(tilde: str) -> str:
        return re.sub(r"[%&#_]", lambda m: "\\" + m[0], address).replace("~", tilde)

    for written in (
        address,
        *map(escaped, ("\\~{}", "\\textasciitilde{}", "{\\textasciitilde}", "$\\sim$", "\\string~")),
    ):
        assert latex.verbatim(written) == address
        assert latex.verbatim(f"\\url{{{written}}}") == address
        entries, issues = parsed(f"@misc{{k, url = {{{written}}}}}")
        assert entries["k"].fields["url"] == address and not len(issues)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{\\L}{\\'o}d{\\'z}", "Łódź"),
        ("Nguy{\\~{\\^e}}n", "Nguyễn"),
        ("H$_2$SO$_4$", "H₂SO₄"),
        ("$10^{-3}$ to $x^{n+1}$", "10⁻³ to xⁿ⁺¹"),
        ("$x_{\\text{best}}$", "x_best"),
        ("$\\alpha$-divergence $\\leq$ 1", "α-divergence ≤ 1"),
        ("the 5\\textsuperscript{th}", "the 5ᵗʰ"),
        ("\\enquote{so} ``said'' \\emph{he}", "“so” “said” he"),
        ("{\\em old} {\\bf switches}", "old switches"),
        ("Wait\\ldots", "Wait…"),
        ("{D}ouble {{B}}races", "Double Braces"),
        ("costs $5 and 7 % of R&D", "costs $5 and 7 % of R&D"),
        ("\\href{https://example.org/}{Words}", "Words"),
        ("a~b---c", "a\u00a0b—c"),
        ("\\^{} and \\~{}", "^ and ~"),
    ],
)
def test_latex_as_words(written: str, words: str) -> None:
    unknown: list[str] = []
    assert latex.plain(written, unknown.append) == words
    assert not unknown


def test_long_values_are_read_whole() -> None:
    title = "x" * 4000 + " {Y} " + "\\'e" * 800
    entries, issues = parsed(f"@misc{{k, title={{{title}}}, author={{{' and '.join(['Doe, Jan'] * 3000)}}}}}")
    assert entries["k"].fields["title"].endswith("é" * 800) and len(entries["k"].people["author"]) == 3000
    assert not len(issues)


@pytest.mark.parametrize(
    "text",
    [
        "@string{a0={xxxxxxxxxx}}"
        + "".join(f"@string{{a{i}=a{i - 1}#a{i - 1}}}" for i in range(1, 60))
        + "@misc{k,title=a59}",
        "@misc{k, title={" + "{" * 200_000,
        "@a{b,c={\n" * 50_000,
        '@a(k,t="x")\n' * 20_000,
        "@" * 500_000,
        "@a{b,c={x y}\n" * 50_000,
    ],
    ids=["doubling", "nested", "open", "parentheses", "ats", "no-end"],
)
def test_a_file_made_to_be_slow_is_given_up_on(text: str) -> None:
    """None of these ends within the suite's patience where a reader looks ahead to the end for every entry."""
    entries, issues = parsed(text)
    assert sum(len(v) for e in entries.values() for v in e.fields.values()) <= 5_000_000
    assert len(issues) <= bibtex.MAX_MISTAKES


def test_a_bibliography_that_is_no_bibliography_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "references.bib").write_bytes(b"x" * (bibtex.MAX_BYTES + 1))
    issues = Issues()
    assert not Bibliography.load(tmp_path, "references.bib", issues).entries
    assert [i.code for i in issues] == ["file-too-large"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(categories=("L", "M", "N", "P", "Zs")), max_size=8), min_size=1, max_size=8))
def test_headings_have_ids_of_their_own_that_say_what_they_say(titles: list[str]) -> None:
    text = "\n\n".join(f"## x{title}" for title in titles)
    once, again = (render(text, Path("x.md"), RecordingHost()) for _ in range(2))
    ids = [anchor for _, anchor, _ in once.headings]
    assert len(set(ids)) == len(ids) and ids == [anchor for _, anchor, _ in again.headings]
    for letter in (c for _, anchor, _ in once.headings for c in anchor):
        assert letter.isalnum() or letter in "-." or letter not in " \"'<>&#%"


def test_what_is_cjk() -> None:
    assert all(is_cjk(c) for c in "漢。：（」ー한ｱ！㈱")
    assert not any(is_cjk(c) for c in "aé*:⭐“—")


KINDS: dict[str, Callable[[str, Issues, Path], None]] = {}


def kind(name: str) -> Callable[[Callable[[str, Issues, Path], None]], Callable[[str, Issues, Path], None]]:
    def register(function: Callable[[str, Issues, Path], None]) -> Callable[[str, Issues, Path], None]:
        KINDS[name] = function
        return function

    return register


def _references(html: str) -> str:
    return unescape(html.partition('<section class="references"')[2])


@kind("BibTeX addresses")
def _addresses(html: str, issues: Issues, folder: Path) -> None:
    links = re.findall(r'href="([^"#][^"]*)"', _references(html))
    assert links and not [link for link in links if re.search(r"[^\x21-\x7e]|\\|[{}]", link)]
    for wanted in re.findall(
        r"https?://\S+|doi 10\.\S+",
        (folder / "expected.md").read_text("utf-8").partition("right here:")[2].partition("\n")[0],
    ):
        assert wanted.removeprefix("doi ").rstrip(";,") in "\n".join(links)


@kind("BibTeX commands")
@kind("BibTeX arXiv")
@kind("BibTeX keys")
def _entries(html: str, issues: Issues, folder: Path) -> None:
    said = _references(html)
    cited = set(re.findall(r"@([^\s\],;]+)", (folder / "index.md").read_text("utf-8")))
    assert said.count("<li ") == len(cited) and '"problem"' not in html
    assert not re.search(r"[\\${}]", re.sub(r"<[^>]*>", "", said))
    if "arxiv" in folder.name:
        assert said.count('href="https://arxiv.org/abs/') == said.count("<li ")
    if "oneeditor" in said:
        assert "(ed.)" in said and "(eds.)" not in said


@kind("formulas")
def _formulas(html: str, issues: Issues, folder: Path) -> None:
    drawn = re.sub(r"<annotation.*?</annotation>", "", html)
    assert drawn.count("<mtable") >= drawn.count("<math") > 0 and drawn.count("<mtr>") >= 2 * drawn.count("<mtable")
    assert "&amp;" not in drawn and "linebreak" not in drawn


@kind("Markdown in CJK")
def _cjk(html: str, issues: Issues, folder: Path) -> None:
    assert "*" not in html and "<strong>" in html


@pytest.mark.skipif(not REPORTS, reason="LLMXSITE_TEST_DATA is not set: no reported page was rendered")
@pytest.mark.parametrize("folder", REPORTS, ids=lambda p: p.name)
def test_a_reported_page(folder: Path) -> None:
    """Pages on which other programs went wrong, each with its kind in `expected.md`."""
    found = re.search(r"^- kind: (.+)$", (folder / "expected.md").read_text("utf-8"), re.M)
    assert found and found[1].strip() in KINDS, f"nothing looks at pages of the kind {found and found[1]}"
    host = RecordingHost()
    text = (folder / "index.md").read_text("utf-8").partition("---\n")[2].partition("---\n")[2]
    bibliography = Bibliography.load(folder, "references.bib", host.issues)
    html = render(text, folder / "index.md", host, bibliography=bibliography).html
    assert not [i for i in host.issues if i.code == "citation-unknown"]
    KINDS[found[1].strip()](html, host.issues, folder)
