"""One edition of the site: everything its pages are made from, gathered before the first is written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from markupsafe import Markup

from llmxsite import __version__
from llmxsite.analysis.drift.lineage import ancestors
from llmxsite.base.diagnostics import Issue, Issues, Problem
from llmxsite.base.memory import Cache, digest, package_fingerprint
from llmxsite.base.regular import there, walk
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.catalogue import Catalogue
from llmxsite.press.catalogue.entries import Known, RunEntry
from llmxsite.press.files import PICTURES, published
from llmxsite.press.numbers.remembered import Numbers
from llmxsite.press.site import glossary
from llmxsite.press.site.assets import Assets
from llmxsite.press.site.ledger import LedgerEntry
from llmxsite.press.site.policy import policy
from llmxsite.press.site.search import SearchEntry
from llmxsite.press.site.search import field as field_html
from llmxsite.study.study import SiteConfig, Study
from llmxsite.study.suite import choices_of

if TYPE_CHECKING:
    from llmxsite.press.site.feed import FeedEntry
    from llmxsite.press.site.themes import Templates

SECTIONS = (
    ("reports", "Reports"),
    ("models", "Models"),
    ("suites", "Suites"),
    ("runs", "Runs"),
    ("samples", "Samples"),
    ("compare", "Compare"),
    ("figures", "Figures"),
    ("hardware", "Hardware"),
    ("methods", "Methods"),
)


FOOTER_PAGES = 8


class Logo(NamedTuple):
    """The theme's picture, as it is published."""

    address: str
    data: bytes


@dataclass
class Made:
    """A page as made: its bytes, and what else came of making it."""

    html: str
    files: dict[str, bytes] = field(default_factory=dict)
    """Other files the page needs, by address."""
    figures: list[str] = field(default_factory=list)
    """Keys of drawn figures on it."""
    search: list[SearchEntry] = field(default_factory=list)
    wanted: list[tuple[str, Issue]] = field(default_factory=list)
    """Figures its links lead to, each with the issue that there is no such figure."""
    tests: list[LedgerEntry] = field(default_factory=list)
    """Tests that its figures, tables and numbers show, for the ledger."""


class Edition:
    """What page modules are given. `base_url` is the published address, or None when it is not known."""

    def __init__(self, study: Study, catalogue: Catalogue, cache: Cache, issues: Issues, base_url: str | None) -> None:
        self.study, self.catalogue, self.cache, self.issues, self.base_url = study, catalogue, cache, issues, base_url
        self.theme = study.content / "theme"
        self._folders: dict[Path, str] = {}
        self.figures: dict[str, list[str]] = {}
        """Keys of the drawn figures of each page made so far, by its address: pages that show others' figures come after them."""
        self._questions: dict[str, dict[str, Known]] = {}
        self.numbers = Numbers(study, catalogue, cache)
        self.assets = Assets(study.root, catalogue.config.theme.accent, cache, issues)

    @property
    def config(self) -> SiteConfig:
        return self.catalogue.config

    @cached_property
    def templates(self) -> Templates:
        from llmxsite.press.site.themes import Templates

        folder = self.cache.folder / "templates" if self.cache.folder else None
        return Templates(self.study.root, folder, self.issues)

    @cached_property
    def logo(self) -> Logo | None:
        """The theme's picture; None where it names none, or none that can be shown."""
        name = self.config.theme.logo
        if name is None:
            return None
        path = Path(os.path.normpath(self.study.content / name))
        try:
            if path.suffix.lower() not in (*PICTURES, ".svg"):
                raise Problem.at(
                    path, "file-refused", "not published: a logo is a picture", hint="PNG, JPEG, WebP or SVG"
                )
            data = published(path, self.study.content)
        except Problem as problem:
            self.issues.extend(problem.issues)
            return None
        return Logo(f"theme/{addresses.hashed('logo', path.suffix.lower().lstrip('.'), data)}", data)

    def look_at_theme(self) -> None:
        """Find what of the study's own looks is not used, without making a page."""
        _ = self.logo
        self.templates.check()
        self.assets.check()

    @cached_property
    def frame_key(self) -> str:
        """Hash of what every page holds around its content: a page is made again when this changes."""
        return _hashed(
            package_fingerprint(),
            self.config,
            self.logo and self.logo.address,
            self.base_url,
            self.assets.style,
            self.assets.sketch,
            self.assets.scripts,
            [(p.name, self.cache.hash(p)) for p in walk(self.study.root, "content/theme/templates").files],
            self.footer,
            [section for section, _ in self.sections],
        )

    @cached_property
    def names(self) -> str:
        """Hash of what pages call each other: part of what a page with lists or links is made from."""
        c = self.catalogue
        return _hashed(
            [
                (r.slug, r.title, r.date, r.question, r.registered, r.summary, r.article and r.article.meta.status)
                for r in c.reports
            ],
            [(m.name, m.slug) for m in c.models],
            [(s.id, s.title, s.path and self.cache.hash(self.study.root / s.path)) for s in c.suites],
            [p.slug for p in c.pages],
        )

    @cached_property
    def lineage(self) -> list[tuple[RunEntry, RunEntry]]:
        """Each run that repeats or follows an earlier one, with that one first."""
        return ancestors(self.catalogue.logs)

    @cached_property
    def sources(self) -> dict[Path, str]:
        """Markdown file to address, for every page that is written by hand."""
        c, content = self.catalogue, self.study.content
        known = {content / "index.md": addresses.HOME}
        known |= {content / "reports" / r.slug / "index.md": r.address for r in c.reports}
        known |= {m.article.path: m.address for m in c.models if m.article}
        known |= {content / "pages" / f"{p.slug}.md": addresses.page(p.slug) for p in c.pages}
        return known

    def questions(self, runs: Iterable[RunEntry]) -> dict[str, Known]:
        """The items of these runs' suites by their hash, as far as the study holds the suites."""
        found: dict[str, Known] = {}
        for entry in self.catalogue.asked(runs):
            if entry.id not in self._questions:
                self._questions[entry.id] = entry.known()
            found |= self._questions[entry.id]
        return found

    def asking(self, runs: Iterable[RunEntry]) -> list[tuple[str, str | None]]:
        """What `questions` depends on: these suites, each with the hash of its content."""
        return [(entry.id, entry.hash) for entry in self.catalogue.asked(runs)]

    @cached_property
    def footer(self) -> list[tuple[str, str]]:
        """Titles and addresses of the first pages of text: every page links to them, so they are few."""
        return [(p.title, addresses.page(p.slug)) for p in self.catalogue.pages[:FOOTER_PAGES]]

    def beside(self, folder: Path) -> str:
        """Hash of the files of a folder that a write-up in it may show or offer."""
        if folder not in self._folders:
            files = sorted(p for p in folder.iterdir() if p.suffix.lower() in addresses.PUBLISHED and there(p))
            self._folders[folder] = _hashed([(p.name, self.cache.hash(p)) for p in files])
        return self._folders[folder]

    @cached_property
    def sections(self) -> list[tuple[str, str]]:
        """The sections this study has something for, with their titles."""
        c = self.catalogue
        there = {"reports": c.reports, "models": c.models, "suites": c.suites, "runs": c.runs, "hardware": c.hosts}
        there |= {"compare": c.runs, "figures": c.runs, "methods": c.runs, "samples": c.logs}
        return [(name, title) for name, title in SECTIONS if there[name]]

    def html(self, template: str, address: str, *, title: str, section: str = "", **context: Any) -> str:
        """A page from its template. `context` may give `description`, `kind`, `crumbs`, `charts`, `linked`, `card`."""
        own = self.absolute(address)
        to = lambda target: addresses.relative(address, target)  # noqa: E731
        glossed = context.pop("glossed", True)
        html = self.templates.page(
            template,
            address,
            policy(context.get("inline_style")),
            site=self.config,
            logo=self.logo and self.logo.address,
            title=title,
            section=section,
            sections=self.sections,
            pages=self.footer,
            to=to,
            assets=self.assets,
            canonical=own,
            version=__version__,
            paths=addresses,
            catalogue=self.catalogue,
            guessing=lambda suite: self.guessing(suite),
            search_field=Markup(field_html(to, self.assets.scripts["search"])),  # escapes
            **{"description": None, "crumbs": [], "charts": False, "linked": None, "card": None, **context},
        )
        return glossary.marked(html, addresses.relative(address, glossary.ADDRESS)) if glossed else html

    def piece(self, template: str, address: str, **context: Any) -> Markup:
        """A part of the page at `address` from its template: a task's is called `task/NAME/FILE`."""
        html = self.templates.render(
            template,
            to=lambda target: addresses.relative(address, target),
            guessing=lambda suite: self.guessing(suite),
            **context,
        )
        return Markup(html)  # escaped by its template

    def guessing(self, suite: str | None) -> float | None:
        """Accuracy of blind guessing in a suite: the mean of one over the number of options (docs/statistics.md, conventions).

        None where an item has no options to guess among, or the study does not hold the suite.
        """
        return self._chances.get(suite) if suite else None

    @cached_property
    def _chances(self) -> dict[str, float]:
        """By suite; a page asks for each row of its tables, and a suite may hold ten thousand items."""
        found = {}
        for entry in self.catalogue.suites:
            items = entry.suite.items if entry.suite else []
            shares = [1 / len(choices) for i in items if (choices := choices_of(i))]
            if shares and len(shares) == len(items):
                found[entry.id] = sum(shares) / len(shares)
        return found

    def search_page(self, entries: list[SearchEntry]) -> str:
        """The page to search on; without scripts, a list of everything there is."""
        from llmxsite.press.site.search import listing

        to = lambda target: addresses.relative(addresses.SEARCH, target)  # noqa: E731
        return self.html(
            "search.html", addresses.SEARCH, title="Search", listing=Markup(listing(entries, to))
        )  # escapes

    def feed_entries(self) -> list[FeedEntry]:
        """The reports that have a day, for the feed."""
        from llmxsite.press.site.feed import FeedEntry

        return [
            FeedEntry(
                address=r.address,
                title=r.title,
                date=(r.article.meta.date if r.article else None) or r.date,
                updated=r.article.meta.updated if r.article else None,
                summary=r.summary or r.question,
                authors=[a.name for a in r.article.meta.people] if r.article else [],
                tags=r.article.meta.tags if r.article else [],
                draft=r.article is None or r.article.meta.status == "draft",
            )
            for r in self.catalogue.reports
            if r.date
        ]

    def absolute(self, address: str) -> str | None:
        """Where an address will be on the web; None when the site does not know its own address."""
        return addresses.absolute(self.base_url, address) if self.base_url else None


def _hashed(*parts: Any) -> str:
    return digest(msgspec.json.encode(parts, order="sorted"))


def linked_data(thing: dict[str, Any]) -> str:
    """JSON-LD safe inside a `<script type="application/ld+json">`: `</script>` cannot be spelt in it."""
    text = json.dumps({k: v for k, v in thing.items() if v not in (None, [], "")}, ensure_ascii=False, indent=1)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
