"""What other processes do beside the rest of the build where there is enough of it: the pages of samples, runs compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from llmxsite.base import memory
from llmxsite.base.diagnostics import display_path
from llmxsite.base.memory import Seen
from llmxsite.base.written import Place
from llmxsite.press.catalogue import addresses
from llmxsite.press.numbers.outcomes import Tally
from llmxsite.press.site import disk, fault
from llmxsite.press.site.samples import sheets
from llmxsite.press.site.samples.drifts import DriftView, Two, compare_two
from llmxsite.press.site.samples.sheets import SheetJob, Sheets

if TYPE_CHECKING:
    from concurrent.futures import Future

LARGE = 40_000_000
"""Bytes of logs from which a process of their own is worth its start."""
Done = tuple[str, Sheets, dict[str, Seen]]
"""A job's name, what became of it, and its files as they stand."""


@contextmanager
def beside(
    todo: Mapping[str, SheetJob], compared: Mapping[str, Two], out: Path, jobs: int
) -> Iterator[tuple[Iterator[Done], Iterator[tuple[str, DriftView]]]]:
    """Start on the jobs; the results come when they are asked for, in the order of the jobs, then the comparisons.

    With `jobs` of at least 2 and much to write, that is done in `jobs - 1` processes while the caller goes on; otherwise a comparison
    is left to the page that shows it.
    """
    if jobs < 2 or sum(job.log.lstat().st_size for job in todo.values()) < LARGE:
        yield ((name, *write(job, out)) for name, job in todo.items()), iter(())
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(jobs - 1, mp_context=get_context("spawn")) as pool:
        waiting = {name: pool.submit(write, job, out) for name, job in todo.items()}
        drifts = {name: pool.submit(compare_two, two) for name, two in compared.items()}
        yield (
            ((name, *future.result()) for name, future in waiting.items()),
            _shared(compared, drifts),
        )


def _shared(compared: Mapping[str, Two], begun: dict[str, Future[DriftView]]) -> Iterator[tuple[str, DriftView]]:
    """The comparisons: those that no process has begun are made here, from the last on, while the first are made there."""
    left = list(begun)
    while left and begun[left[-1]].cancel():
        name = left.pop()
        yield name, compare_two(compared[name])
    for name in left:
        yield name, begun[name].result()


def write(job: SheetJob, out: Path) -> tuple[Sheets, dict[str, Seen]]:
    """One job, in whatever process this is."""
    written: dict[str, Seen] = {}

    place = Place(out)

    def put(address: str, content: bytes) -> str:
        path = addresses.output(out, address)
        place.write(path, content)
        digest = memory.digest(content)
        written[address] = disk.seen(path, digest)
        return digest

    try:
        return sheets.write(job, put), written
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # one log that lies in a way nobody thought of
        return Sheets({}, Tally(), list(fault.said(error, display_path(job.log), f"Samples of {job.run}"))), {}
