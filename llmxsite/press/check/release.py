"""What to look at before a study is published: leaks in its files and its site, gaps in what it states."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from llmxsite.base import origin
from llmxsite.base.diagnostics import Issues, Severity
from llmxsite.base.memory import Cache
from llmxsite.base.reading import read_text
from llmxsite.base.regular import walk
from llmxsite.press.check import leaks, legible
from llmxsite.press.check.leaks import Scanner, Who
from llmxsite.press.site.edition import Edition
from llmxsite.study.study import Study

SOURCES = ("content", "suites", "runs", "contributions")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_FROM_INDEX = re.compile(
    r"\bpip3?\s+install\b[^#\n]*[\s\"']llmxsite(?:\[[\w,]*\])?(?:\s*[=<>~!]=?[^@\s]*)?(?:[\"']|\s*$|\s+(?![\s@]))"
)
"""`pip install llmxsite`, with a version or without, and without an address behind it."""
BLOCK = 4 * 1024 * 1024
MOST_SHOWN, MOST_KEYS = 20, 150
"""Findings of one kind that are shown of one file: the first names the trouble, the thousandth adds nothing. Keys are shown all, as far as
anybody can read on."""
MOST_KEPT = 5_000
"""Different findings that are kept of one file, beside its keys."""


class RememberedLeak(msgspec.Struct, array_like=True):
    """A leak as it may be remembered: its text only as a hash."""

    line: int
    column: int
    code: str
    kind: str
    shown: str
    mend: str
    severity: Severity
    digest: str
    times: int = 1


def check(
    study: Study, edition: Edition | None, cache: Cache, issues: Issues, out: Path, who: Who | None = None
) -> None:
    """Add what publishing would give away, in the study's files and then in the built site at `out`."""
    config = edition.config if edition is not None else None
    public = [a for author in (config.authors if config else []) for a in (author.name, author.email, author.url) if a]
    public += [text for text in (config.repository, config.base_url) if text] if config else []
    scanner = Scanner(who or Who.here(), config.publish_allow if config else [], "\n".join(public))
    known: set[str] = set()
    for path in _sources(study):
        found = _scan(path, scanner, cache, logged=path.suffix == ".jsonl" and study.runs in path.parents)
        known.update(f.digest for f in found)
        _report(path, found, issues, "")
    if out.is_dir():
        for path in (p for p in walk(out, "").files if p.suffix not in (".gz", ".woff2")):
            found = [f for f in _scan(path, scanner, cache, logged=False) if f.digest not in known]
            known.update(f.digest for f in found)
            _report(path, found, issues, " of the built site")
    if edition is not None:
        _gaps(edition, issues)
    _workflows(study, issues)


def _workflows(study: Study, issues: Issues) -> None:
    """Workflows that cannot install llmxsite: one that was not filled in, or one that asks an index which does not have it."""
    for path in (p for p in walk(study.root, ".github/workflows").files if p.suffix in (".yml", ".yaml")):
        for number, line in enumerate(read_text(path).splitlines(), 1):
            line = _COMMENT.sub("", line)
            if origin.UNKNOWN in line:
                why = f"{origin.UNKNOWN} stands where the address of llmxsite has to be"
            elif _FROM_INDEX.search(line):
                why = "llmxsite is on no package index: what pip finds under its name is somebody else's"
            else:
                continue
            source = origin.installed()
            hint = (
                f'python -m pip install "{source.requirement()}"'
                if source
                else "the lines above it say what may stand there"
            )
            issues.add(path, "publish-install", why, line=number, hint=hint, excerpt=line)


def _sources(study: Study) -> Iterator[Path]:
    """Every file that is given away with the study: those at its top, hidden ones too, and those of its folders."""
    yield from walk(study.root, "", depth=0).files
    yield from walk(study.root, *SOURCES, ".github").files


def _scan(path: Path, scanner: Scanner, cache: Cache, *, logged: bool) -> list[RememberedLeak]:
    parts = [cache.hash(path), scanner.key, logged]
    return cache.memo("check-leaks", parts, list[RememberedLeak], lambda: list(_blocks(path, scanner, logged)))


def _blocks(path: Path, scanner: Scanner, logged: bool) -> Iterator[RememberedLeak]:
    """A file's leaks, each once with how often it stands there. No number of one kind keeps another from being found."""
    found: dict[tuple[str, str], RememberedLeak] = {}
    for first, text in legible.texts(path, BLOCK):
        for leak in scanner.scan(text):
            number = first + leak.line - 1
            digest = hashlib.sha256(leak.text.lower().encode("utf-8", "replace")).hexdigest()[:16]
            known = found.get((leak.code, digest))
            if known is not None:
                known.times += 1
            elif len(found) < MOST_KEPT or leak.code == "leak-key":
                severity = leaks.severity(leak, in_sample=logged and number > 1)
                found[leak.code, digest] = RememberedLeak(
                    number, leak.column, leak.code, leak.kind, leak.shown, leak.mend, severity, digest
                )
    yield from sorted(found.values(), key=lambda leak: (leaks.WORST.index(leak.code), leak.line, leak.column))


def _report(path: Path, found: list[RememberedLeak], issues: Issues, where: str) -> None:
    shown: dict[str, int] = {}
    for leak in found:
        shown[leak.code] = shown.get(leak.code, 0) + 1
        if shown[leak.code] > (MOST_SHOWN if leak.code != "leak-key" else MOST_KEYS):
            continue
        issues.add(
            path,
            leak.code,
            f"{leak.kind}{where}: {leak.shown}{f', {leak.times:,} times' if leak.times > 1 else ''}",
            line=leak.line or None,
            column=leak.column if leak.line else None,
            hint=leak.mend,
            severity=leak.severity,
        )
    for code, count in shown.items():
        most = MOST_SHOWN if code != "leak-key" else MOST_KEYS
        if count > most:
            issues.add(path, "leak-more", f"{count - most:,} more of {code} in this file", severity="warning")


def _gaps(edition: Edition, issues: Issues) -> None:
    """What a reader will ask for and nobody has stated."""
    from llmxsite.press.site.directives import checklist
    from llmxsite.study.study import SITE_FILE

    site = edition.study.root / SITE_FILE
    for key, why in (
        ("authors", "nobody is named as author"),
        ("licence", "without a licence nobody may reuse texts and data"),
        ("repository", "readers cannot find the source to reproduce it"),
        ("base_url", "no feed, no sitemap and no social cards without the site's address (the workflow gives it)"),
        ("funding", "funding and ties are not stated (GUIDE-LLM G.1); write 'none' where there are none"),
    ):
        if not getattr(edition.config, key):
            issues.add(site, "publish-gap", why, hint=f"add `{key}:`", severity="hint")
    for report in edition.catalogue.reports:
        if report.article is None or not report.runs:
            continue
        missing = [f"{item.id} {item.asks}" for item in checklist.fill(edition, report) if not item.answer]
        if missing:
            issues.add(
                report.article.path,
                "guide-llm",
                f"GUIDE-LLM's checklist has no answer for: {'; '.join(missing)}",
                line=1,
                hint="answer under `checklist:` in the front matter, such as `A.2: two of us read every reply`",
                severity="hint",
            )
        if report.article.meta.status == "draft":
            issues.add(
                report.article.path,
                "publish-draft",
                "will be published as a draft",
                line=1,
                hint="set `status: final` when it is done",
                severity="hint",
            )
