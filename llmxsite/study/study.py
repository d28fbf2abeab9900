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

from llmxsite.base import links, regular, user
from llmxsite.base.diagnostics import Issue, Issues, Problem
from llmxsite.base.document import Document

SITE_FILE = Path("content") / "site.yaml"
FOLDERS = ("content", "suites", "runs", "contributions")
"""Folders of a study that are read."""
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
    publish_allow: list[str] = []
    """Texts that `check --publish` lets through, such as an address meant to be public."""


class Study:
    """A study on disk, by its root folder. Making one reads nothing; `config` reads `site.yaml` once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._mistaken: list[Issue] = []
        """What is wrong with `site.yaml` and ends nothing."""

    @classmethod
    def find(cls, start: Path | None = None) -> Study:
        """The study that holds `start` (the working directory when None). Raises `Problem` with code `study-missing`."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if regular.there(folder / SITE_FILE, folder):
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
        document = Document.load(self.root / SITE_FILE, inside=self.root)
        issues = Issues()
        config = document.convert(SiteConfig, code="site", issues=issues)
        if config is None or issues.failed():
            raise Problem(*issues)
        for keys in links.unsafe_fields(config):
            message = (
                f"'{keys[-1]}' is no address of a page: http, https and mailto are, and what is relative; left out"
            )
            self._mistaken.append(document.issue(keys, "site-invalid", message))
            links.without(config, keys)
        return config

    def usable_config(self, issues: Issues) -> SiteConfig:
        """`site.yaml`, or where it cannot be read what a study without one would have: its mistakes are added, and the study's pages
        are there all the same."""
        try:
            return self.config
        except Problem as problem:
            issues.extend(problem.issues)
            self.config = SiteConfig(title=self.root.resolve().name or "study")
            return self.config

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
        """What is remembered of this study, in the user's cache: nothing in the study can be there before. Always safe to delete."""
        return user.study_cache(self.root)

    @property
    def site(self) -> Path:
        """`site/`, where the site is built when no other folder is named. Raises `Problem` where it is a link."""
        folder = self.root / "site"
        if folder.is_symlink():
            hint = "delete it, or name the folder it leads to with --out"
            raise Problem.at(folder, "site-link", "a link; the site is not built through it", hint=hint)
        return folder

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
        files = regular.walk(self.root, "content/reports", depth=2).files
        names = {p.parent.name for p in files if p.name in ("index.md", "experiment.yaml")}
        return sorted(names - {self.reports.name})

    def run_folder(self, report: str) -> Path:
        """Where a report's logs are written. Raises `Problem` where it, or a folder above it in the study, is a link."""
        folder = self.runs / check_slug(report, "report")
        if (link := regular.linked(folder, self.root)) is not None:
            raise Problem.at(
                link, "write-link", "a link; nothing is written through it", hint="put a folder in its place"
            )
        return folder

    def run_log(self, report: str, run: str) -> Path:
        return self.runs / check_slug(report, "report") / f"{check_slug(run, 'run')}.jsonl"

    def run_logs(self, report: str | None = None) -> list[Path]:
        """Every run log, or those of one report, in the order of their paths (a run id starts with its time)."""
        files = regular.walk(
            self.root, "runs" if report is None else f"runs/{check_slug(report, 'report')}", depth=2
        ).files
        return [p for p in files if p.suffix == ".jsonl" and p.parent.parent == self.runs]

    def suite_files(self) -> list[Path]:
        """Every suite: `suites/<id>.yaml`, `.yml`, `.json` or `suites/<id>/suite.yaml`."""
        files = regular.walk(self.root, "suites", depth=2).files
        flat = [p for p in files if p.suffix in (".yaml", ".yml", ".json") and p.parent == self.suites]
        return sorted([*flat, *(p for p in files if p.name == "suite.yaml" and p.parent.parent == self.suites)])

    def strays(self, *folders: str) -> list[Issue]:
        """What in the study's folders is no regular file of a name that every system can have: an issue each. None of it is read."""
        odd = regular.walk(self.root, *(folders or FOLDERS)).odd
        return odd if folders else [*odd, *self._mistaken]

    def relative(self, path: Path) -> str:
        """`path` from the study's root, with forward slashes."""
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return path.resolve().relative_to(self.root.resolve()).as_posix()


def check_slug(text: str, what: str) -> str:
    """`text` when it is safe as one part of a path on every system; raises `Problem` otherwise."""
    if is_slug(text):
        return text
    raise Problem.at(
        text or "(empty)",
        "name-invalid",
        f"'{text}' cannot name a {what}",
        hint="use letters, digits, '-', '_' and '.', starting and ending with a letter or digit",
    )


def is_slug(text: str) -> bool:
    """Whether a text is safe as one part of a path on every system, and means itself there."""
    plain = text.isascii() and SLUG.fullmatch(text.lower()) is not None and ".." not in text
    return plain and len(text) <= 120 and regular.name_fault(text) is None


def slugify(text: str) -> str:
    """A slug for any text: `Llama 3.2:3B` -> `llama-3.2-3b`. Never empty, never a path."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9.]+", "-", plain.lower()).strip("-.")
    return re.sub(r"\.{2,}", ".", slug)[:100].strip("-.") or "unnamed"
