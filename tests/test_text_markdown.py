"""Write-ups as HTML: folders of cases, and what must hold for any text."""

from __future__ import annotations

import io
import os
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_support import RecordingHost

from llmxsite.base.diagnostics import Issues
from llmxsite.press.figure.theme import TOKENS
from llmxsite.press.writing import frontmatter, highlight, maths
from llmxsite.press.writing.frontmatter import ReportMeta
from llmxsite.press.writing.markdown import Bibliography, render

CASES = sorted(p for p in (Path(__file__).parent / "cases" / "text").iterdir() if p.is_dir())


def _render_case(folder: Path) -> dict[str, str]:
    """The files that a case must give: the page, and the problems found in it."""
    host = RecordingHost()
    path = folder / "input" / "index.md"
    article = frontmatter.read(path, ReportMeta, host.issues)
    bibliography = Bibliography.load(folder / "input", article.meta.bibliography, host.issues)
    rendered = render(
        article.body,
        Path("index.md"),
        host,
        first_line=article.first_line,
        trusted="untrusted" not in folder.name,
        bibliography=bibliography,
        language=article.meta.language or "en",
    )
    problems = io.StringIO()
    host.issues.print(problems)
    shown = problems.getvalue().replace(path.parent.as_posix() + "/", "")
    return {"index.html": rendered.html, "issues.txt": shown}


@pytest.mark.parametrize("folder", CASES, ids=lambda p: p.name)
def test_case(folder: Path) -> None:
    """`LLMXSITE_UPDATE_CASES=1 pytest` writes what it finds as expected; read the difference before committing it."""
    for name, text in _render_case(folder).items():
        expected = folder / "expected" / name
        if os.environ.get("LLMXSITE_UPDATE_CASES"):
            expected.parent.mkdir(exist_ok=True)
            expected.write_text(text, encoding="utf-8")
        assert text == expected.read_text(encoding="utf-8")


def test_the_cases_are_there() -> None:
    assert len(CASES) >= 8


PIECES = st.sampled_from(
    [
        *(
            "```{chart} heatmap\n",
            "```{note}\n",
            "```\n",
            "````\n",
            ":::{tip}\n",
            ":::\n",
            "```{figure} a.png\n",
            ":alt: x\n",
        ),
        *(
            "```{math}\n",
            "---\n",
            "rows: [a\n",
            "k: v\n",
            "> [!NOTE]\n",
            "> ",
            "- [x] ",
            "- ",
            "1. ",
            "\n",
            "\n\n",
            "    ",
        ),
        *(
            "$",
            "$$",
            "$$ (l)",
            "\\frac{a}",
            "[@a; @b, p. 3]",
            "@a",
            "{value}`n x=y`",
            "{ref}`fig`",
            "{zz}`a`",
            "`",
            "``",
        ),
        *("[x](", "javascript:alert(1)", ")", "![](", "![a](b.png)", "<script>", "</script>", "<img src=x onerror=y>"),
        *(
            "<a href=' javascript:z'>",
            "<iframe src=//e.x>",
            "<svg onload=q>",
            "<div data-slot='0'></div>",
            "<math><mi>",
        ),
        *(
            "|a|b|\n|-|:-:|\n|c|d|\n",
            "[^1]",
            "[^1]: note\n",
            "^[x]",
            "# ",
            "### ",
            "Term\n: def\n",
            "&lt;",
            "&#0;",
            "\\",
        ),
        *('"', "'", "--", "...", "**", "~~", "\x00", "\u2028", "\x0c", "\r", "\t", "é", "a", "1", " "),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join)
BIBLIOGRAPHY = Bibliography.load(
    Path(__file__).parent / "cases" / "text" / "citations" / "input", "references.bib", Issues()
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, st.booleans())
def test_no_text_breaks_it(text: str, trusted: bool) -> None:
    host = RecordingHost()
    rendered = render(text, Path("x.md"), host, trusted=trusted, bibliography=BIBLIOGRAPHY)
    lines = text.count("\n") + text.count("\r") + 1
    for issue in host.issues:
        assert issue.line is None or 1 <= issue.line <= lines + 1
        issue.render()
    assert "data-slot" not in rendered.html or "data-slot" in text


class _Dangers(HTMLParser):
    """Finds what could run or load something."""

    TAGS = frozenset(["script", "iframe", "object", "embed", "form", "input", "link", "meta", "base", "style", "svg"])

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.TAGS:
            self.found.append(tag)
        for name, value in attrs:
            scheme = "".join(c for c in (value or "").lower() if c.isprintable() and c != " ").split(":")[0]
            if name.startswith("on") or name in ("srcdoc", "formaction", "style"):
                self.found.append(name)
            elif name in ("href", "src", "action") and scheme in ("javascript", "data", "vbscript"):
                self.found.append(f"{name}={value}")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_what_others_write_cannot_run(text: str) -> None:
    html = render(text, Path("x.md"), RecordingHost(), trusted=False, bibliography=BIBLIOGRAPHY).html
    parser = _Dangers()
    parser.feed(html)
    assert parser.found == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_scripts_of_trusted_pages_are_taken_out_too(text: str) -> None:
    parser = _Dangers()
    parser.feed(render(text, Path("x.md"), RecordingHost(), bibliography=BIBLIOGRAPHY).html)
    assert [f for f in parser.found if f != "style"] == []


def test_the_sieve_of_these_tests_finds_what_it_looks_for() -> None:
    parser = _Dangers()
    parser.feed("<script></script><a href=' JavaScript:x' onclick=y style=z>")
    assert parser.found == ["script", "href= JavaScript:x", "onclick", "style"]


def test_places_of_values_are_those_of_the_file() -> None:
    host = RecordingHost()
    text = "> - one {value}`a`\n>   two {value}`b`\n\n```{note}\n\nx {value}`c`\n```\n\n| h |\n|---|\n| {value}`d` |\n"
    render(text, Path("x.md"), host, first_line=10)
    lines = text.split("\n")
    assert [q for q, _, _ in host.values] == ["a", "b", "c", "d"]
    for query, line, column in host.values:
        assert lines[line - 10][column - 1 :].startswith(f"{query}`")


def test_words_prose_and_headings() -> None:
    host = RecordingHost()
    text = "# Title\n\nTwo words `code` and\n$x$ {value}`n`.\n\n## A *b* `c`\n\n## A b c\n"
    rendered = render(text, Path("x.md"), host, first_line=5)
    assert rendered.title == "Title"
    assert rendered.headings == [(2, "a-b-c", "A b c"), (2, "a-b-c-2", "A b c")]
    assert rendered.prose[:2] == [(7, "Two words and"), (8, ".")]
    assert rendered.words == 3 + 2 + 3


def test_front_matter_and_its_mistakes() -> None:
    issues = Issues()
    text = "---\ntitle: T\nauthors: [Ann, {name: Bo}]\ntag: [x]\ndate: soon\n---\nBody\n"
    article = frontmatter.parse(text, Path("index.md"), ReportMeta, issues)
    assert (article.body, article.first_line) == ("Body\n", 7)
    found = {(i.code, i.line): i for i in issues}
    assert found["front-matter-unknown-key", 4].hint == "did you mean 'tags'?"
    assert ("front-matter-invalid", 5) in found
    good = frontmatter.parse(text.replace("tag: [x]\ndate: soon\n", ""), Path("index.md"), ReportMeta, Issues())
    assert [a.name for a in good.meta.people] == ["Ann", "Bo"]
    assert good.meta.status == "draft"


def test_an_open_front_matter_is_named() -> None:
    issues = Issues()
    article = frontmatter.parse("---\ntitle: T\n", Path("i.md"), ReportMeta, issues)
    assert [i.code for i in issues] == ["front-matter-open"]
    assert article.first_line == 1


@given(st.text(max_size=60))
def test_any_formula_is_drawn_or_explained(tex: str) -> None:
    try:
        html = maths.to_mathml(tex)
    except maths.FormulaError as error:
        assert str(error)
        return
    parser = _Dangers()
    parser.feed(html)
    assert parser.found == []


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\foo{a}", r"unknown command '\foo'"),
        (r"\frac{a}", "a command lacks an argument in braces (2 are needed)"),
        ("a_b_c", "double subscripts"),
        ("x}", "'}' has no partner"),
        ("", "the formula is empty"),
    ],
)
def test_wrong_formulas(tex: str, message: str) -> None:
    with pytest.raises(maths.FormulaError) as raised:
        maths.to_mathml(tex)
    assert str(raised.value) == message


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_of_code_can_be_read(theme: str) -> None:
    tokens = TOKENS["dark" if theme == "dark" else "light"]
    ground = _luminance(str(tokens["code-background"]))
    for name, colour in highlight.PALETTE[theme].items():
        light, dark = sorted((_luminance(colour), ground), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name
