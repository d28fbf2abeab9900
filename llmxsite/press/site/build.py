"""Building the site, from top to bottom: load, resolve, render, write.

`build` is the whole of it. Nothing is imported that the build at hand does not need: one with nothing changed ends after
looking at the inputs; one where only words changed never loads tables, statistics or charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from llmxsite.base import memory
from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import Cache, Seen, recall
from llmxsite.press.catalogue import addresses
from llmxsite.press.site import disk, fault, manifest
from llmxsite.press.site.last_build import LastBuild, PageRecord, fingerprint, whole
from llmxsite.study.study import Study

if TYPE_CHECKING:
    from llmxsite.press.catalogue.entries import RunEntry
    from llmxsite.press.site.figures.drawing import Drawn
    from llmxsite.press.site.ledger import LedgerEntry
    from llmxsite.press.site.pages import Page
    from llmxsite.press.site.processes import Done
    from llmxsite.press.site.samples.sheets import SheetJob, Sheets
    from llmxsite.press.site.search import SearchEntry


@dataclass
class Built:
    """What a build did."""

    pages: int = 0
    made: int = 0
    """Pages really made; the others were as they had to be."""
    files: int = 0
    written: int = 0
    deleted: int = 0
    bytes: int = 0

    @property
    def unchanged(self) -> bool:
        return self.made == 0 and self.written == 0 and self.deleted == 0


def build(
    study: Study,
    out: Path,
    *,
    issues: Issues,
    base_url: str | None = None,
    strict: bool = False,
    jobs: int = 1,
) -> Built:
    """Build the study's site into the folder `out`. Problems go to `issues`; raises `Problem` where nothing can be built at all.

    `base_url` is the published address, over the one in `site.yaml`. With `strict` it is built elsewhere first, and where that
    finds errors or warnings, `out` stays as it is. `jobs` processes write the pages of samples and the figures' PNGs.
    """
    if strict:
        with TemporaryDirectory() as trial:
            built = build(study, Path(trial) / "site", issues=issues, base_url=base_url, jobs=jobs)
        if issues.failed(strict=True):
            return built
    if out == study.root / "site":
        out = study.site  # no link
    out = out.resolve()
    last = recall(study.cache / "site", out, LastBuild)
    cache = Cache(study.cache / "site", out, last)
    base_url = base_url or study.usable_config(issues).base_url
    inputs = fingerprint(study, cache, base_url)
    if inputs == last.inputs and whole(out, last):
        issues.extend(last.issues)
        sizes = [seen.size for seen in last.written.values()]
        return Built(pages=last.page_count, files=len(sizes), bytes=sum(sizes))
    return _Build(study, cache, last, out, base_url, issues, jobs).run(inputs)


class _Build:
    """One build on its way: the edition, what was written, and what became of each page."""

    def __init__(
        self, study: Study, cache: Cache, last: LastBuild, out: Path, base_url: str | None, issues: Issues, jobs: int
    ) -> None:
        from llmxsite.press.catalogue import catalogue
        from llmxsite.press.site.edition import Edition

        self.cache, self.last, self.issues, self.jobs = cache, last, issues, jobs
        self.out, self.folder = out, disk.Folder(out, last.written)
        self.built = Built()
        self.edition = Edition(study, catalogue.read(study, cache, issues), cache, issues, base_url)
        self.old = manifest.read(out)
        self.state = LastBuild()
        self.pages: list[Page] = []
        self.search: list[SearchEntry] = []
        self.tests: list[LedgerEntry] = []
        self.figures: dict[str, tuple[Drawn, str, str]] = {}
        self.photos: dict[str, str] = {}
        self.names_taken: dict[str, str] = {}  # addresses of pages, as systems have them that tell no case

    def run(self, inputs: str) -> Built:
        from llmxsite.press.site.pages import (
            compare,
            drift,
            explorer,
            figures,
            glossary,
            hardware,
            home,
            methods,
            models,
            reports,
            runs,
            suites,
            tests,
            texts,
        )
        from llmxsite.press.site.processes import beside
        from llmxsite.press.site.samples.drifts import missing

        edition = self.edition
        todo, compared = self._samples(), missing(edition)
        with beside({name: job for name, (_, job) in todo.items()}, compared, self.out, self.jobs) as (written, drifts):
            for module in (reports, models, suites, home, compare, glossary, hardware, methods, texts):
                self._all(module.pages(edition))
            keys = {name: key for name, (key, _) in todo.items()}
            self._all(self._runs(runs.pages(edition), keys, written))
            self._all(explorer.pages(edition))
            for name, found in drifts:
                self.cache.keep(name, found)
            self._all(drift.pages(edition))
        self._all(figures.pages(edition, self.figures))
        self._all(tests.pages(edition, self.tests))
        wanted = chain.from_iterable(record.wanted for record in self.state.pages.values())
        self.issues.extend(issue for name, issue in wanted if name not in self.figures)
        for address, content in chain(self._photos(), self._extras()):
            self.folder.put(address, content)
        self._finish()
        self.state.inputs, self.state.issues, self.state.page_count = inputs, list(self.issues), self.built.pages
        self.cache.save(self.state)
        return self.built

    def _all(self, pages: Iterable[Page]) -> None:
        """Make pages as they are listed; where listing fails, it is said."""
        with fault.told(self.issues, "site", "A list of pages"):
            for page in pages:
                self._page(page)

    def _runs(self, pages: Iterable[Page], keys: dict[str, str], written: Iterator[Done]) -> Iterator[Page]:
        """The runs' pages, each when its samples are written, whose numbers it shows: the next ones are written meanwhile."""
        ready: set[str] = set()
        for page, entry in zip(pages, self.edition.catalogue.logs, strict=True):
            while (wanted := sampled(entry)) in keys and wanted not in ready:
                name, output, files = next(written)
                self._sampled(name, keys[name], output, files)
                ready.add(name)
            yield page

    def _page(self, page: Page) -> None:
        """Make a page, unless the last build made it from the very same things and it still stands."""
        if (first := self.names_taken.setdefault(page.address.lower(), page.address)) != page.address:
            words = f"'{page.address}' and '{first}' are one name on other systems; this page is left out"
            self.issues.add(page.address, "name-collision", words, hint="rename what one of them is made from")
            return
        self.pages.append(page)
        self.built.pages += 1
        key = memory.digest(msgspec.json.encode([self.edition.frame_key, page.kind, page.parts], order="sorted"))
        old = self.last.pages.get(page.address)
        if old is not None and old.key == key and self.folder.keep(old.files):
            record = old
            self.issues.extend(record.issues)
        else:
            record = self._make(page, key)
        self.state.pages[page.address] = record
        self.edition.figures[page.address] = record.figures
        self.search += record.search
        self.tests += record.tests
        for name in record.figures:
            self._figure(name, page)

    def _make(self, page: Page, key: str) -> PageRecord:
        own = Issues()
        made = page.tried(self.edition, own)
        self.built.made += 1
        self.issues.extend(own)
        files = {page.address: made.html.encode(), **made.files}
        hashes = {address: self.folder.put(address, content) for address, content in files.items()}
        return PageRecord(key, hashes, made.figures, list(own), made.search, made.wanted, made.tests)

    def _figure(self, name: str, page: Page) -> None:
        from llmxsite.press.site.figures.drawing import Drawn

        drawn = self.cache.recall(name, Drawn)
        if drawn is None or drawn.id in self.figures:
            return
        self.figures[drawn.id] = (drawn, page.address, page.title)
        for address, content in drawn.files().items():
            self.folder.put(address, content)
        for theme, svg in drawn.titled.items():
            self.photos[drawn.photo(theme)] = svg

    def _samples(self) -> dict[str, tuple[str, SheetJob]]:
        """The runs whose pages of samples must be written, by name, each with its key."""
        from llmxsite.press.site.pages import runs
        from llmxsite.press.site.samples import sheets

        todo: dict[str, tuple[str, SheetJob]] = {}
        for entry in self.edition.catalogue.logs:
            name = sampled(entry)
            made_of = [self.edition.frame_key, entry.hash, entry.path, self.edition.asking([entry])]
            key = memory.digest(msgspec.json.encode(made_of, order="sorted"))
            old = self.last.pages.get(name)
            if old is not None and old.key == key and self.folder.keep(old.files):
                self.state.pages[name] = old
                self.issues.extend(old.issues)
                self.built.pages += sum(a.endswith(".html") for a in old.files)
            else:
                log, page = self.edition.study.root / entry.path, runs.sheet_page(self.edition, entry)
                varied, known = runs.varied(entry), self.edition.questions([entry])
                job = sheets.SheetJob(log, entry.report, entry.id, entry.run.task, page, varied, known)
                todo[name] = (key, job)
        return todo

    def _sampled(self, name: str, key: str, output: Sheets, files: dict[str, Seen]) -> None:
        """Note what the writing of a run's samples gave."""
        entry = next(r for r in self.edition.catalogue.logs if sampled(r) == name)
        self.state.pages[name] = PageRecord(key, output.files, [], output.issues)
        self.cache.keep(self.cache.name("tally", [entry.hash]), output.tally)
        self.folder.now.update(files)
        self.issues.extend(output.issues)
        count = sum(a.endswith(".html") for a in output.files)
        self.built.pages += count
        self.built.made += count
        self.folder.written += len(files)

    def _photos(self) -> Iterable[tuple[str, bytes]]:
        """The figures' PNGs: those that stand are left alone."""
        from llmxsite.press.site.figures import png

        missing = {address: svg for address, svg in self.photos.items() if not self.folder.keep({address: None})}
        return png.develop(missing, self.cache, self.jobs).items()

    def _extras(self) -> Iterator[tuple[str, bytes]]:
        """Files that belong to no page: assets, the theme's logo, the search index, feed and site map."""
        from llmxsite.press.site import feed, search

        yield from self.edition.assets.files(charts=bool(self.figures)).items()
        logo = self.edition.logo
        if logo is not None:
            yield logo.address, logo.data
        yield ".nojekyll", b""
        yield addresses.SEARCH, self.edition.search_page(self.search).encode()
        explorer = addresses.explorer() if self.edition.catalogue.runs else None
        yield from search.build(self.search, explorer).items()
        if self.edition.base_url:
            config = msgspec.structs.replace(self.edition.config, base_url=self.edition.base_url)
            yield feed.FEED_ADDRESS, feed.atom(config, self.edition.feed_entries())
            places = [(p.address, p.updated or None) for p in self.pages if p.address != addresses.NOT_FOUND]
            yield feed.SITEMAP_ADDRESS, feed.sitemap(config, places)
            yield feed.ROBOTS_ADDRESS, feed.robots(config)

    def _finish(self) -> None:
        """The manifest, and away with what the last build made and this one did not."""
        drawn = sorted(self.figures.values(), key=lambda f: f[0].id)
        pages = sorted(self.pages, key=lambda p: p.address)
        files = sorted([*self.folder.now, addresses.MANIFEST])
        new = manifest.Manifest(
            title=self.edition.config.title,
            base_url=self.edition.base_url,
            pages=[manifest.PageItem(address=p.address, kind=p.kind, title=p.title) for p in pages],
            figures=[manifest.figure(f, page) for f, page, _ in drawn],
            tables=[
                manifest.TableItem(
                    address=f.table, title=f.title, rows=f.total_rows, columns=[h.title for h in f.heads]
                )
                for f, _, _ in drawn
            ],
            files=files,
        )
        self.folder.put(addresses.MANIFEST, manifest.encode(new))
        self.built.deleted = self.folder.place.delete(manifest.stale(self.old, set(files), self.out))
        self.state.written = self.folder.now
        self.built.files, self.built.written = len(files), self.folder.written
        self.built.bytes = sum(s.size for s in self.folder.now.values())


def sampled(entry: RunEntry) -> str:
    """The name under which a build remembers the pages of a run's samples."""
    return f"samples/{entry.report}/{entry.id}"
