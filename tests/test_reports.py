"""Cases made of public reports of trouble, found in LLMXSITE_TEST_DATA/reports: each is tried as its files and its kind say.

`expected.md` names the kind of trouble and what is right. Replies with their questions decide by themselves; servers, texts and
files of others have a function a kind here, which takes any case of that kind. A case of another kind fails by its name.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from report_servers import SERVERS, Right, make, right, run

from llmxsite.base.diagnostics import Issue, Issues
from llmxsite.log import log_formats
from llmxsite.log.log_formats.foreign import ImportOptions
from llmxsite.log.log_formats.imported import Imported
from llmxsite.press.check.check import check
from llmxsite.press.site.build import build
from llmxsite.study.study import Study
from llmxsite.study.suite import Suite
from llmxsite.study.suite_formats import import_suite

DATA = os.environ.get("LLMXSITE_TEST_DATA")
CASES = sorted(path.parent for path in Path(DATA, "reports").glob("*/expected.md")) if DATA else []


def told(case: Path, field: str) -> str:
    """A line of the case's expected.md."""
    match = re.search(rf"(?m)^- {field}:[ \t]*(.*)$", (case / "expected.md").read_text(encoding="utf-8"))
    assert match, f"{case.name}: expected.md has no '{field}:'"
    return match[1].strip()


def of_kind(case: Path, known: dict[str, Any]) -> Any:
    kind = told(case, "kind")
    assert kind in known, f"{case.name}: nothing here tries the kind '{kind}' in this form"
    return known[kind]


@pytest.mark.skipif(not CASES, reason="LLMXSITE_TEST_DATA names no folder with reports: no reported trouble is tried")
@pytest.mark.parametrize("case", CASES or [Path("none")], ids=lambda case: case.name)
def test_reported_trouble_does_not_happen_here(case: Path, tmp_path: Path) -> None:
    files = {path.name for path in case.iterdir()} - {"expected.md"}
    if "replies.json" in files:
        replies(case, tmp_path)
    elif "experiment.yaml" in files:
        of_kind(case, SERVERS)(case, tmp_path)
    elif "index.md" in files:
        of_kind(case, TEXTS)(case, Page(case, tmp_path))
    elif any(name.endswith((".csv", ".json", ".jsonl")) for name in files):
        of_kind(case, FILES)(case)
    else:
        pytest.fail(f"{case.name}: files of a form that nothing here tries: {', '.join(sorted(files))}")


def test_kinds_that_are_not_known_fail_by_name(tmp_path: Path) -> None:
    case = tmp_path / "odd-case"
    case.mkdir()
    (case / "expected.md").write_text("- kind: weather\n- right here: sun\n")
    (case / "index.md").write_text("rain\n")
    with pytest.raises(AssertionError, match=r"odd-case.*weather"):
        test_reported_trouble_does_not_happen_here(case, tmp_path / "x")
    (case / "index.md").unlink()
    with pytest.raises(pytest.fail.Exception, match="odd-case"):
        test_reported_trouble_does_not_happen_here(case, tmp_path / "x")


# Replies to questions


def replies(case: Path, folder: Path) -> None:
    """Each question is answered with the reply that its mark names, over both APIs; each reply is right."""
    said = json.loads((case / "replies.json").read_text(encoding="utf-8"))
    for engine in ("openai", "ollama"):
        study = make(case, folder / engine)
        samples = run(study, Right(study, replies=said), engine)
        assert len({sample.item for sample in samples}) == len(said)
        right(samples)


# Texts


class Page(HTMLParser):
    """A case's text as the report of a small study, checked and built."""

    def __init__(self, case: Path, folder: Path) -> None:
        super().__init__(convert_charrefs=True)
        study = Study(folder / "study")
        report = study.report("trial")
        report.mkdir(parents=True)
        (study.content / "site.yaml").write_text("title: Trial\n")
        for name in ("index.md", "references.bib"):
            if (case / name).exists():
                shutil.copyfile(case / name, report / name)
        self.source = (case / "index.md").read_text(encoding="utf-8")
        bib = case / "references.bib"
        self.bib = bib.read_text(encoding="utf-8") if bib.exists() else ""
        self.issues: list[Issue] = [i for i in check(study) if i.severity in ("error", "warning")]
        build(study, folder / "out", issues=Issues())
        whole = (folder / "out" / "reports" / "trial" / "index.html").read_text(encoding="utf-8")
        prose = re.search(r"(?s)<article\b.*</article>|<main\b.*</main>", whole)
        self.html = prose[0] if prose else whole
        self.hrefs: list[str] = []
        self.words: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.hrefs += [str(named["href"])] if named.get("href") else []
        if tag not in ("br", "img", "hr", "input", "meta", "link", "col", "wbr"):
            self._open.append(tag)
        if tag == "li" and (named.get("id") or "").startswith("ref-"):
            self.references.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"annotation", "script", "style"} & set(self._open):
            self.words.append(data)
            if self.references and "li" in self._open:
                self.references[-1] += data

    @property
    def text(self) -> str:
        return "".join(self.words)

    def complaints(self) -> str:
        return "\n".join(issue.render() for issue in self.issues)


def cited(page: Page) -> None:
    """Every citation of the text is one, and the list has every source."""
    keys = re.findall(r"\[@([^\]\s;,]+)\]", page.source)
    assert keys and len(page.references) == len(set(keys)), (page.references, page.complaints())
    assert not [key for key in keys if f"@{key}" in page.text], "a citation that stayed text"
    for reference in page.references:
        assert not re.search(r"\\|\$|[{}]", reference), reference


def addresses(case: Path, page: Page) -> None:
    cited(page)
    wanted = [a.rstrip(".,;") for a in re.findall(r"https?://\S+|\b10\.\d{4,}/\S+", told(case, "right here"))]
    for address in wanted:
        if address.startswith("10."):
            assert any(unescape(h).endswith(address) for h in page.hrefs), (address, page.hrefs)
        else:
            assert address in page.hrefs, (address, page.hrefs)
    outside = [href for href in page.hrefs if href.startswith("http")]
    assert len(outside) >= len(re.findall(r"(?i)\b(?:url|doi)\s*=", page.bib))
    for href in outside:
        assert href.isascii() and not re.search(r"[\s\\{}^`|<>\"]", href), href


def commands(case: Path, page: Page) -> None:
    cited(page)
    listed = unicodedata.normalize("NFC", " ".join(page.references))
    for word in re.split(r"[,;]\s*", told(case, "right here")):
        if " " not in word and any(ord(c) > 127 and c.isalnum() for c in word):
            assert unicodedata.normalize("NFC", word) in listed, (word, listed)
    for quoted in re.findall(r"'([^']+)'", told(case, "right here")):
        assert quoted in listed, (quoted, listed)
    for address in re.findall(r"\\href\{([^}]+)\}", page.bib):
        assert address in page.hrefs


def arxiv(case: Path, page: Page) -> None:
    cited(page)
    eprints = re.findall(r"(?i)\beprint\s*=\s*[{\"](?:arxiv:)?\s*([a-z.-]+/\d{7}|\d{4}\.\d{4,5}(?:v\d+)?)", page.bib)
    assert eprints
    for eprint in eprints:
        assert f"https://arxiv.org/abs/{eprint}" in page.hrefs, (eprint, page.hrefs)


def keys(case: Path, page: Page) -> None:
    cited(page)
    assert not page.issues, page.complaints()


def formulas(case: Path, page: Page) -> None:
    """Each row of an environment is a row of a table; no command is shown as text unless it is complained of."""
    blocks = re.findall(r"(?s)\$\$(.*?)\$\$", page.source)
    assert page.html.count("<math") >= len(blocks) > 0
    rows = 0
    for block in blocks:
        for body in re.findall(r"(?s)\\begin\{(?!array|equation)\w+\*?\}(.*?)\\end\{", block):
            rows += len([row for row in re.split(r"\\\\(?:\[[^\]]*\])?", body) if row.strip()])
    assert page.tags.count("mtr") >= rows, f"{page.tags.count('mtr')} rows of {rows}"
    shown = re.findall(r"(?s)<math.*?</math>", page.html)
    for formula in shown:
        visible = unescape(re.sub(r"<[^>]+>", "", re.sub(r"(?s)<annotation.*?</annotation>", "", formula)))
        assert page.issues or not re.search(r"\\[A-Za-z]|&", visible), visible


def emphasis(case: Path, page: Page) -> None:
    """Every pair of asterisks makes bold, or is complained of."""
    body = page.source.split("---", 2)[-1]
    pairs = len(re.findall(r"\*\*(?=\S)[^*\n]+\*\*", body))
    assert pairs
    if not page.issues:
        assert "**" not in page.text and page.tags.count("strong") >= pairs, page.html


TEXTS: dict[str, Callable[[Path, Page], None]] = {
    "BibTeX addresses": addresses,
    "BibTeX commands": commands,
    "BibTeX arXiv": arxiv,
    "BibTeX keys": keys,
    "formulas": formulas,
    "Markdown in CJK": emphasis,
}

# Files


def suites(case: Path) -> list[tuple[Path, Suite, list[Issue]]]:
    """Each file of questions as a suite, with what was said of it."""
    found = []
    for path in sorted(case.iterdir()):
        if path.suffix in (".csv", ".json", ".jsonl"):
            issues = Issues()
            found.append((path, import_suite("auto", path, issues), list(issues)))
    return found


def rows_of(path: Path) -> list[Any]:
    """What a file holds, by the standard library alone."""
    text = path.read_bytes().decode("utf-16" if path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    if path.suffix == ".csv":
        first = text.split("\n", 1)[0]
        delimiter = max(";,\t|", key=first.count)
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    try:
        data = json.loads(text)
    except ValueError:
        return [json.loads(row) for row in text.splitlines() if row.strip()]
    return data if isinstance(data, list) else next(v for v in data.values() if isinstance(v, list))


def said_count(case: Path) -> int | None:
    match = re.search(r"\b(\d+) items\b", told(case, "right here"))
    return int(match[1]) if match else None


def whole(case: Path) -> None:
    """Every row of a file is an item, whatever program wrote it; a file that cannot be read says how to save it."""
    for path, suite, _ in suites(case):
        assert len(suite.items) == (said_count(case) or len(rows_of(path))), path.name


def tables(case: Path) -> None:
    """A table of questions is a suite, one of answers with its mapping a run; every row counts."""
    mapping = case / "map.yaml"
    for path in sorted(case.glob("*.csv")):
        columns = (
            set(yaml.safe_load(mapping.read_text(encoding="utf-8"))["columns"].values()) if mapping.exists() else set()
        )
        rows = rows_of(path)
        if columns and columns <= set(rows[0]):
            runs, _ = imported("jsonl", path, mapping)
            assert sum(len(run.samples) for run in runs) == len(rows)
            for sample in (s for run in runs for s in run.samples):
                confidence = sample.scores.get("confidence")
                assert confidence is None or 0 <= confidence <= 1
        else:
            suite = import_suite("auto", path, Issues())
            assert len(suite.items) == len(rows), path.name


def arc(case: Path) -> None:
    letters = re.findall(r"\b[A-Z]\b", told(case, "right here"))
    for path, suite, issues in suites(case):
        answers = [str(item.answer) for item in suite.items]
        rows = rows_of(path)
        if len(answers) == len(rows):
            assert not letters or answers == letters
        else:
            assert len(issues) >= len(rows) - len(answers), "a row that is left out is told"
            assert all(answer in letters for answer in answers)


def hellaswag(case: Path) -> None:
    for path, suite, issues in suites(case):
        labelled = [row for row in rows_of(path) if str(row.get("label", "")).strip() != ""]
        assert len(suite.items) == (said_count(case) or len(labelled)) == len(labelled)
        assert [item.right for item in suite.items] == [int(float(row["label"])) for row in labelled]
        left = len(rows_of(path)) - len(labelled)
        assert sum("left out" in issue.message for issue in issues) >= min(left, 1)


def llmxray(case: Path) -> None:
    """Letters before the options go, once; everything behind them stays."""
    for path, suite, _ in suites(case):
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        questions = data["questions"] if isinstance(data, dict) else data
        assert len(suite.items) == len(questions)
        for item, question in zip(suite.items, questions, strict=True):
            options = [re.sub(r"^[A-Z][).:]\s*", "", text) for text in question["choices"]]
            assert list(item.choices or []) == options and str(item.answer) == question["correctAnswer"]


def imported(name: str, path: Path, mapping: Path | None = None) -> tuple[list[Imported], list[Issue]]:
    issues = Issues()
    return list(log_formats.read(name, [path], ImportOptions(mapping=mapping), issues)), list(issues)


def lm_eval(case: Path) -> None:
    """What a line's number is of the line is scored; a metric of the whole set scores none, and that is said."""
    for path in sorted(case.glob("samples_*.jsonl")):
        runs, issues = imported("lm-eval", path)
        rows = rows_of(path)
        assert sum(len(run.samples) for run in runs) == len(rows)
        of_whole = all(isinstance(row.get(name), list) for row in rows for name in row.get("metrics", []))
        scored = [s for run in runs for s in run.samples if s.scores.get("correct") is not None]
        if of_whole:
            assert not scored and (issues or any(run.said for run in runs))
        else:
            assert scored


def nested(case: Path) -> None:
    """The rows of an export are samples; a mapping that does not say where they lie is told how to."""
    for path in sorted(case.glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8-sig"))["results"]["results"]
        runs, _ = imported("promptfoo", path)
        samples = [sample for run in runs for sample in run.samples]
        assert len(samples) == len(rows)
        assert sum(bool(s.scores.get("correct")) for s in samples) == sum(bool(row["success"]) for row in rows)
        mapping = case / "map.yaml"
        if mapping.exists() and "rows" not in yaml.safe_load(mapping.read_text(encoding="utf-8")):
            runs, issues = imported("jsonl", path, mapping)
            hints = " ".join(str(issue.hint) for issue in issues)
            assert not runs and "rows: results.results" in hints


FILES: dict[str, Callable[[Path], None]] = {
    "files from Windows": whole,
    "files from Excel": tables,
    "ARC": arc,
    "HellaSwag": hellaswag,
    "lm-eval": lm_eval,
    "nested JSON": nested,
    "LLMxRay": llmxray,
}
