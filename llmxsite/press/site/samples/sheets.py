"""The pages of a run's samples: the log cut into pages of two hundred, its index for the explorer, a small log itself packed.

Streams: memory holds one page at a time, however long the log. Works in a process of its own where there is much to do,
so it takes plain values and writes by itself.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from llmxsite.base.diagnostics import Issue, Issues
from llmxsite.base.regular import content
from llmxsite.log.record import Lack, Resume, Sample
from llmxsite.log.record.sample import misfits
from llmxsite.log.runlog import iterate
from llmxsite.log.runlog.final import last_lines
from llmxsite.press.catalogue import addresses
from llmxsite.press.numbers.outcomes import STATES, WORDS, Tally
from llmxsite.press.site.samples import transcript
from llmxsite.press.site.samples.asked import Questions, asked
from llmxsite.press.site.samples.index import Index

BODY, NUMBER, PAGER = "<!--samples-->", "<!--number-->", "<!--pager-->"
"""Where a page's content goes in the frame that the template gave."""

PACKED_BYTES = 8_000_000
"""Largest log that is published beside its pages, gzipped."""


class SheetJob(NamedTuple):
    """One log to be written as pages."""

    log: Path
    report: str
    run: str
    task: str
    frame: str
    """A whole page with the three marks in it."""
    varied: frozenset[str]
    """The factors that vary within the run: a sample names its own value of each."""
    known: Questions
    """Its items' questions."""


class Sheets(NamedTuple):
    """What became of a job."""

    files: dict[str, str]
    """Address to sha256 of every file written."""
    tally: Tally
    issues: list[Issue]


def write(job: SheetJob, put: Callable[[str, bytes], str]) -> Sheets:
    """Write a run's sample pages. `put` writes an address and gives the content's hash."""
    issues = Issues()
    final = last_lines(job.log)
    total, more = len(final), transcript.folds(job.task)
    pages = -(-total // addresses.SAMPLES_A_PAGE)
    files: dict[str, str] = {}
    tally = Tally()
    index = Index(job.report, job.run)
    number, inside = 1, dict.fromkeys(STATES, 0)
    body: list[str] = []

    def flush() -> None:
        address = addresses.samples(job.report, job.run, number)
        html = (
            job.frame.replace(BODY, filters(inside) + "".join(body))
            .replace(NUMBER, f"{number} of {pages}")
            .replace(PAGER, pager(number, pages))
        )
        files[address] = put(address, html.encode())

    for line, record in iterate(job.log, issues):
        if isinstance(record, Lack):
            tally.lacks += record.lacks
        elif isinstance(record, Resume):
            tally.moments.resume()
        if not isinstance(record, Sample) or line not in final:
            continue
        if wrong := misfits(record):
            message = f"passed over in `scores`, being no such things: {', '.join(wrong)}"
            issues.add(job.log, "log-scores", message, line=line, severity="warning")
        kind = tally.add(record)
        inside[kind] += 1
        item = asked(record, job.known)
        body.append(transcript.article(record, line, item, transcript.condition(record, job.varied), more))
        index.add(record, item.question, kind)
        if len(body) == addresses.SAMPLES_A_PAGE:
            flush()
            number, body, inside = number + 1, [], dict.fromkeys(STATES, 0)
    if body:
        flush()
    files |= {address: put(address, content) for address, content in index.scripts().items()}
    if is_packed(job.log.lstat().st_size):
        address = packed_log(job.report, job.run)
        files[address] = put(address, gzip.compress(content(job.log, limit=2 * PACKED_BYTES), 6, mtime=0))
    return Sheets(files, tally, list(issues))


def packed_log(report: str, run: str) -> str:
    """Address of the log itself, gzipped."""
    return addresses.run(report, run).removesuffix("index.html") + "log.jsonl.gz"


def is_packed(size: int) -> bool:
    """Whether a log of this size is published too. A larger one stays in the study: a site is to be smaller than its logs."""
    return size <= PACKED_BYTES


def first(log: Path, count: int) -> Iterator[tuple[int, Sample]]:
    """The first samples of a log that count, with their lines."""
    final = last_lines(log)
    for line, record in iterate(log, Issues()):
        if isinstance(record, Sample) and line in final:
            yield line, record
            count -= 1
            if count == 0:
                return


def filters(states: dict[str, int]) -> str:
    """Buttons that leave only one kind of sample on the page; they work by the style sheet alone."""
    total = sum(states.values())
    choices = [("all", "all", total)] + [(k, WORDS[k], states[k]) for k in STATES if states[k]]
    if len(choices) == 2:
        return ""
    inputs = "".join(
        f'<label class="{kind}"><input type="radio" name="f" id="f-{kind}"{" checked" if kind == "all" else ""}>'
        f'<span class="chip {kind}">{words}</span> <span class="n">{n}</span></label>'
        for kind, words, n in choices
    )
    return f'<fieldset class="filters"><legend class="visually-hidden">Show</legend>{inputs}</fieldset>'


def pager(current: int, pages: int) -> str:
    """Links to the run's other pages of samples, which stand in the same folder."""
    if pages < 2:
        return ""
    items = []
    for n in page_numbers(current, pages):
        if n is None:
            items.append('<li><span aria-hidden="true">…</span></li>')
        elif n == current:
            items.append(f'<li><span aria-current="page">{n}</span></li>')
        else:
            items.append(f'<li><a href="samples-{n:03d}.html">{n}</a></li>')
    return f'<nav aria-label="Pages of samples"><ol class="pager">{"".join(items)}</ol></nav>'


def page_numbers(current: int, pages: int) -> list[int | None]:
    """The numbers a pager shows, None for a gap: `page_numbers(7, 60)` -> `[1, None, 5, 6, 7, 8, 9, None, 60]`."""
    wanted = sorted({1, pages, *range(max(1, current - 2), min(pages, current + 2) + 1)})
    shown: list[int | None] = []
    for n in wanted:
        last = shown[-1] if shown else 0
        if last is not None and n - last == 2:
            shown.append(n - 1)
        elif last is not None and n - last > 2:
            shown.append(None)
        shown.append(n)
    return shown
