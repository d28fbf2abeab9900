"""Exports: files that are the site's own, and a post that claims nothing nobody wrote."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest
import site_study
from typer.testing import CliRunner

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.press.publish import discussion, github, pictures
from llmxsite.press.publish.discussion.condense import condense, left_out, words
from llmxsite.press.publish.discussion.parts import Section
from llmxsite.press.publish.github import Block
from llmxsite.press.publish.written import open_edition, read
from llmxsite.press.site.build import build
from llmxsite.study.study import Study

BASE = "https://me.github.io/study"


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return Study(site_study.make(tmp_path_factory.mktemp("study"), base_url=BASE))


@pytest.fixture(scope="module")
def post(study) -> tuple[str, Issues]:
    issues = Issues()
    return discussion.export(study, "temperature", issues=issues), issues


def test_figures_of_a_report_are_those_of_its_text(study):
    issues = Issues()
    written = read(open_edition(study, issues), "temperature", issues)
    assert [f.id for f in written.figures] == ["temperature-accuracy", "temperature-sweep", "temperature-reliability"]


def test_export_writes_what_was_asked(study, tmp_path):
    issues = Issues()
    files = pictures.export(
        study, tmp_path, issues=issues, report="temperature", wanted=["csv", "svg"], themes=["dark"]
    )
    assert sorted(f.name for f in files) == sorted(
        f"temperature-{name}{end}" for name in ("accuracy", "sweep", "reliability") for end in (".csv", "-dark.svg")
    )
    assert all(f.read_bytes() for f in files) and not len(issues)


def test_hashed_names_name_their_content(study, tmp_path):
    for file in pictures.export(study, tmp_path, issues=Issues(), report="size", wanted=["csv"], hashed=True):
        assert file.stem.rpartition("-")[2] == hashlib.sha256(file.read_bytes()).hexdigest()[:10]


def test_an_unknown_format_or_report_is_a_problem(study, tmp_path):
    with pytest.raises(Problem) as caught:
        pictures.formats("png,svgg")
    assert caught.value.issues[0].hint == "did you mean 'svg'?"
    with pytest.raises(Problem) as caught:
        pictures.export(study, tmp_path, issues=Issues(), report="temprature")
    assert caught.value.issues[0].hint == "did you mean 'temperature'?"


@pytest.mark.slow
def test_the_posts_pictures_are_the_published_ones(study, post, tmp_path):
    build(study, tmp_path / "site", issues=Issues())
    text, _ = post
    shown = re.findall(rf'(?:src|srcset)="{BASE}/([^"]+)"', text)
    assert len(shown) == 6
    assert all((tmp_path / "site" / address).is_file() for address in shown)
    linked = re.findall(rf"\]\({BASE}/([^)#]*)", text)
    assert linked
    assert all((tmp_path / "site" / (a + "index.html" if not a or a.endswith("/") else a)).is_file() for a in linked)


def test_a_post_has_its_parts_in_order(post):
    text, _ = post
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    wanted = ["Question", "Hypothesis", "Setup", "Results", "Conclusions", "Follow-up"]
    assert [h for h in heads if h in wanted] == wanted
    assert len(text) < discussion.LIMIT
    assert "written before the first sample" in text
    assert "tiny:135m" in text and "Q4\\_1" in text


def test_what_nobody_wrote_is_marked_and_not_made_up(post):
    text, issues = post
    for part in ("Conclusions", "Follow-up"):
        section = text.partition(f"## {part}\n")[2].partition("\n## ")[0]
        assert section.strip().startswith("> [!IMPORTANT]\n> **To be written:**")
        assert len(section.strip().splitlines()) == 2
    assert sorted(i.code for i in issues if i.code == "discussion-unwritten") == ["discussion-unwritten"] * 2


def test_a_post_holds_nothing_github_would_drop_or_misread(post):
    text, _ = post
    assert not re.search(r"<script|<style|<svg|\bstyle=|\bclass=", text)
    assert "{chart}" not in text and "{value}" not in text and "{ref}" not in text and "[@" not in text
    assert not re.search(r"\]\((?!https?://)", text), "a relative link"
    assert text.count("<details>") == text.count("</details>") and text.count("<picture>") == 3
    assert "> [!WARNING]" in text, "an admonition became an alert"
    assert "(Miller, 2024)" in text and "Figure 1 shows" in text


HERE = Path(__file__).parent.parent
REPORTS = sorted(p.name for p in (HERE / "content" / "reports").iterdir())


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Study:
    """This repository as a study, in a copy so that nothing is left behind in it."""
    root = tmp_path_factory.mktemp("own")
    for name in ("content", "runs", "suites"):
        shutil.copytree(HERE / name, root / name)
    return Study(root)


@pytest.mark.parametrize("report", REPORTS)
def test_a_long_report_is_shortened_by_whole_paragraphs(own, report):
    issues = Issues()
    text = discussion.export(own, report, issues=issues, base_url=BASE)
    whole = discussion.export(own, report, issues=Issues(), base_url=BASE, whole=True)
    assert 500 <= words(text) <= 800 < words(whole) and not len(issues)
    assert len(text) < discussion.LIMIT
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads == ["Question", "Hypothesis", "Setup", "Results", "Conclusions", "Follow-up", "Limits"]
    paragraphs, kept = (
        {
            p
            for p in re.sub(r"<details>.*?</details>", "", t, flags=re.DOTALL).split("\n\n")
            if re.match(r"\w|\*(?!Left)\w|`", p)
        }
        for t in (whole, text)
    )
    assert kept <= paragraphs, "nothing is in it that the report does not say"
    pictures = re.findall(r"<img src=\S+", whole)
    assert pictures and re.findall(r"<img src=\S+", text) == pictures
    assert text.count("<table>") == whole.count("<table>")
    said = re.search(r"^\*Left out here: (.+)\. \[The full report\]\((.+?)\) has them\.\*$", text, re.MULTILINE)
    assert said and said[2] == f"{BASE}/reports/{report}/"
    told = sum(map(int, re.findall(r"(\d+) (?:paragraphs? )?of “", said[1])))
    assert told == len(paragraphs - kept) > 0
    assert "Left out here" not in whole


def test_a_short_report_is_left_as_it_is(study):
    text = discussion.export(study, "size", issues=Issues(), base_url=BASE)
    assert words(text) < 800
    assert text == discussion.export(study, "size", issues=Issues(), base_url=BASE, whole=True)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It is 17.8% \\[12.3, 25.0\\] of *them*.", 7),
        ("[Figure, table and sources](https://a.org/b)", 4),
        ("| a | b |\n| --- | --- |\n\none", 1),
        ("<details>\n<summary>x</summary>\n\nmany words\n\n</details> two words", 2),
        ('<picture>\n<img src="a" alt="long words">\n</picture>', 0),
        ("```math\nx + y\n```", 0),
        ("- – ---", 0),
    ],
)
def test_words_are_those_a_reader_meets(text, count):
    assert words(text) == count


def test_a_heading_goes_with_what_stands_under_it():
    blocks = [Block("prose", "One."), Block("heading", "### A"), Block("prose", "Two."), Block("prose", "Three.")]
    section = Section("results", "Results", blocks, {0})
    assert section.text(brief=True) == ["One."]
    assert section.first() == [0, 2]
    section.kept = {0, 3}
    assert section.text(brief=True) == ["One.", "### A", "Three."]
    assert left_out([section]) == "1 paragraph of “Results”"
    assert not left_out([Section("results", "Results", blocks, {0, 2, 3})])


def test_a_paragraph_that_does_not_fit_makes_room_for_shorter_ones():
    long, short = Block("prose", "word " * 790), Block("prose", "Short and good.")
    sections = [Section("conclusions", "What it means", [short, long]), Section("results", "Results", [short, short])]
    condense(sections, lambda: sum(words(t) for s in sections for t in s.text(brief=True)))
    assert [sorted(s.kept) for s in sections] == [[0, 1], [0, 1]]
    sections[1].blocks.append(long)
    condense(sections, lambda: sum(words(t) for s in sections for t in s.text(brief=True)))
    assert [sorted(s.kept) for s in sections] == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("one\ntwo", "one two"),
        ("- one\n  more\n- two", "- one more\n- two"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("one  \ntwo", "one  \ntwo"),
        ("one\\\ntwo", "one\\\ntwo"),
    ],
)
def test_line_ends_that_discussions_would_break_are_taken_out(text, joined):
    assert github.unwrapped(text) == joined


def test_numbers_in_prose_are_the_sites(post, study):
    issues = Issues()
    found = open_edition(study, issues).numbers.value("accuracy model=tiny:135m temperature=1.2", "temperature")
    assert github.plain(found["text"]) in post[0]


def test_a_report_without_text_still_gives_a_post(study):
    text = discussion.export(study, "later", issues=Issues())
    assert text.count("**To be written:**") >= 2
    assert "No run has been collected yet." in text


def test_without_an_address_there_is_no_post(tmp_path):
    bare = Study(site_study.make(tmp_path))
    with pytest.raises(Problem) as caught:
        discussion.export(bare, "temperature", issues=Issues())
    assert caught.value.issues[0].code == "discussion-address"
    assert BASE in discussion.export(bare, "temperature", issues=Issues(), base_url=BASE)


def test_before_the_site_is_public_pictures_lie_beside_the_post(tmp_path):
    bare = Study(site_study.make(tmp_path / "study"))
    text = discussion.export(bare, "temperature", issues=Issues(), beside=tmp_path / "out", whole=True)
    assert "invalid" not in text and "http" not in re.sub(r"https://(?:arxiv|doi)\.org\S*", "", text)
    shown = re.findall(r"!\[(?:[^\]\\]|\\.)+\]\(([^)]+)\)", text)
    assert shown == [f"temperature-{name}-light.png" for name in ("accuracy", "sweep", "reliability")]
    assert all((tmp_path / "out" / name).stat().st_size > 1000 for name in shown)
    assert text.count("<!-- Drag ") == len(shown)
    assert not re.search(r"\]\(\s*\)", text) and "[Full report" not in text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a|b", r"a\|b"),
        ("Q4_K_M", r"Q4\_K\_M"),
        ("<b>", r"\<b\>"),
        ("a\nb", "a b"),
        ("`x`", r"\`x\`"),
        ("@me #1", r"\@me \#1"),
    ],
)
def test_words_are_not_taken_for_markdown(text, plain):
    assert github.plain(text) == plain


def test_sections_end_at_headings_outside_fences():
    text = "intro\n\n## One\n```\n## not one\n```\n### sub\n# Two\nend"
    assert [(t, n) for t, _, n in github.sections(text)] == [("", 0), ("One", 3), ("Two", 8)]


def test_the_command_line(study, tmp_path):
    run = CliRunner().invoke
    done = run(
        app, ["--study", str(study.root), "export", "figures", "size", "--out", str(tmp_path), "--format", "csv"]
    )
    assert done.exit_code == 0 and (tmp_path / "size-accuracy.csv").is_file()
    done = run(
        app, ["--study", str(study.root), "export", "discussion", "temperature", "--out", str(tmp_path / "post.md")]
    )
    assert done.exit_code == 0 and (tmp_path / "post.md").read_text().startswith("*[Full report")
    for command in ("figures", "discussion"):
        said = run(app, ["export", command, "--help"])
        assert said.exit_code == 0 and "Example: llmxsite export" in said.output
