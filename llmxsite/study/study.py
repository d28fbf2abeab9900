"""A study: the folder that holds suites, experiments, run logs and write-ups (`content/site.yaml` marks it).

This module owns where things are. Nothing else builds a path inside a study.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document

SITE_FILE = Path("content") / "site.yaml"
SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


class Author(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A person who answers for the study."""

    name: str
    affiliation: str | None = None
    orcid: str | None = None
    url: str | None = None
    email: str | None = None


class Link(msgspec.Struct, kw_only=True):
    """A link in the navigation bar or the footer."""

    title: str
    url: str


class Theme(msgspec.Struct, kw_only=True):
    """What a study may change of the looks without touching a template."""

    accent: Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    """Accent colour as `#rrggbb`; each theme adjusts its lightness until text on it is readable."""
    logo: str | None = None
    """Path of a picture below `content/`."""


class SiteConfig(msgspec.Struct, kw_only=True):
    """`content/site.yaml`."""

    title: str
    subtitle: str | None = None
    description: str | None = None
    authors: list[Author] = []
    base_url: Annotated[str, Meta(pattern=r"^https?://")] | None = None
    """Absolute address of the published site; needed only for feed, sitemap, social cards and Discussions posts."""
    repository: str | None = None
    """Address of the source repository; gives the edit, reproduce and cite boxes their links."""
    licence: str | None = None
    """SPDX identifier for the study's texts and data, such as `CC-BY-4.0`."""
    language: str = "en"
    theme: Theme = msgspec.field(default_factory=Theme)
    navigation: list[Link] = []
    funding: str | None = None
    doi: str | None = None
    allow_scorers: bool = False
    """Whether Python scorers that the study itself brings may run."""
    publish_allow: list[str] = []
    """Texts that `check --publish` lets through, such as an address meant to be public."""


class Study:
    """A study on disk, by its root folder. Making one reads nothing; `config` reads `site.yaml` once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def find(cls, start: Path | None = None) -> Study:
        """The study that holds `start` (the working directory when None). Raises `Problem` with code `study-missing`."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / SITE_FILE).is_file():
                return cls(folder)
        raise Problem.at(
            here,
            "study-missing",
            "no study here: neither this folder nor one above it has content/site.yaml",
            hint="`llmxsite init` makes one, or name its folder with --study",
        )

    @cached_property
    def config(self) -> SiteConfig:
        """`site.yaml`, checked. Raises `Problem` with every mistake in it."""
        document = Document.load(self.root / SITE_FILE)
        issues = Issues()
        config = document.convert(SiteConfig, code="site", issues=issues)
        if config is None or issues.failed():
            raise Problem(*issues)
        return config

    @property
    def content(self) -> Path:
        return self.root / "content"

    @property
    def suites(self) -> Path:
        return self.root / "suites"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def cache(self) -> Path:
        """`.llmxsite/`: never committed, always safe to delete."""
        return self.root / ".llmxsite"

    @property
    def reports(self) -> Path:
        return self.content / "reports"

    def report(self, slug: str) -> Path:
        """The folder of one report. Raises `Problem` for a name that is not a slug."""
        return self.reports / check_slug(slug, "report")

    def experiment(self, slug: str) -> Path:
        return self.report(slug) / "experiment.yaml"

    def report_slugs(self) -> list[str]:
        """Every report, by name: a folder with an `index.md` or an `experiment.yaml`."""
        if not self.reports.is_dir():
            return []
        found = [p for p in self.reports.iterdir() if (p / "index.md").is_file() or (p / "experiment.yaml").is_file()]
        return sorted(p.name for p in found)

    def run_log(self, report: str, run: str) -> Path:
        return self.runs / check_slug(report, "report") / f"{check_slug(run, 'run')}.jsonl"

    def run_logs(self, report: str | None = None) -> list[Path]:
        """Every run log, or those of one report, in the order of their paths (a run id starts with its time)."""
        return sorted(self.runs.glob(f"{report or '*'}/*.jsonl")) if self.runs.is_dir() else []

    def suite_files(self) -> list[Path]:
        """Every suite: `suites/<id>.yaml`, `.yml`, `.json` or `suites/<id>/suite.yaml`."""
        if not self.suites.is_dir():
            return []
        flat = [p for p in self.suites.iterdir() if p.suffix in (".yaml", ".yml", ".json") and p.is_file()]
        return sorted([*flat, *self.suites.glob("*/suite.yaml")])

    def relative(self, path: Path) -> str:
        """`path` from the study's root, with forward slashes."""
        return path.resolve().relative_to(self.root.resolve()).as_posix()


def check_slug(text: str, what: str) -> str:
    """`text` when it is safe as one part of a path on every system; raises `Problem` otherwise."""
    if SLUG.fullmatch(text.lower()) and ".." not in text and len(text) <= 120:
        return text
    raise Problem.at(
        text or "(empty)",
        "name-invalid",
        f"'{text}' cannot name a {what}",
        hint="use letters, digits, '-', '_' and '.', starting and ending with a letter or digit",
    )


def slugify(text: str) -> str:
    """A slug for any text: `Llama 3.2:3B` -> `llama-3.2-3b`. Never empty, never a path."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9.]+", "-", plain.lower()).strip("-.")
    return re.sub(r"\.{2,}", ".", slug)[:100].strip("-.") or "unnamed"
