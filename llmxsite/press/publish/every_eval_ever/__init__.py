"""Runs as records of Every Eval Ever, the EvalEval coalition's shared format for evaluation results, version 0.3.0.

A file `data/<suite>/<developer>/<model>/<uuid>.json` for each run, model, condition and suite holds the score and how it came
about; `<uuid>_samples.jsonl` beside it has a line a sample. Schemas and the rules of the datastore: https://evalevalai.com and
https://github.com/evaleval/every_eval_ever. What a log lacks is left out, but for the few values that the format requires.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.base.written import Place
from llmxsite.log.record import Sample
from llmxsite.log.runlog import iterate
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.publish.every_eval_ever.aggregate import Publisher, record
from llmxsite.press.publish.every_eval_ever.groups import Group, groups
from llmxsite.press.publish.every_eval_ever.identity import model_id
from llmxsite.press.publish.written import open_edition
from llmxsite.press.site.edition import Edition
from llmxsite.study.study import Study

FLUSH = 1024 * 1024
"""Bytes of a samples file kept in memory before they are written."""


class PublisherOptions(msgspec.Struct, kw_only=True):
    """What logs cannot say."""

    organization: str | None = None
    """Who provides the data; the study's title when None."""
    relationship: str = "third_party"
    """Of those who ran it to those who made the model."""
    retrieved: str | None = None
    """When the results were taken, UTC, for logs that tell no time."""


def export(
    study: Study, out: Path, *, issues: Issues, reports: Sequence[str] = (), options: PublisherOptions | None = None
) -> list[Path]:
    """Write the records of the runs of these reports, or of all, below `out`; gives the record files back in order.

    The same logs give the same bytes: names are made from what is in a record, and no clock is read. Raises `Problem` for
    a report that has no runs.
    """
    edition = open_edition(study, issues)
    wanted = options or PublisherOptions()
    publisher = Publisher(
        organization=wanted.organization or study.config.title,
        relationship=wanted.relationship,
        study=study.config,
        base_url=edition.base_url,
    )
    written: list[Path] = []
    for entry in _runs(edition, reports):
        written += _run(edition, entry, out, publisher, wanted.retrieved, issues)
    _tell_unknown(edition, reports, issues)
    return written


def _runs(edition: Edition, reports: Sequence[str]) -> list[RunEntry]:
    """Runs of these reports, or all, oldest first."""
    found = list(reversed(edition.catalogue.runs))
    known = {run.report for run in found}
    for slug in reports:
        if slug not in known:
            raise Problem.at(
                edition.study.runs / slug,
                "report-missing" if edition.catalogue.report(slug) is None else "report-no-runs",
                f"no run of a report '{slug}'",
                hint=did_you_mean(slug, known),
            )
    return [run for run in found if not reports or run.report in reports]


def _run(
    edition: Edition, entry: RunEntry, out: Path, publisher: Publisher, retrieved: str | None, issues: Issues
) -> list[Path]:
    """The records of one run. A run without a score, or without any time, is told and left out."""
    found = groups(edition, entry)
    if not found:
        issues.add(entry.path, "record-unscored", "no sample with a score: left out", severity="warning")
        return []
    log = edition.study.root / entry.path
    moment = (entry.end.time if entry.end else None) or _newest(log) or entry.run.started or retrieved
    if moment is None:
        issues.add(
            entry.path,
            "record-time",
            "the log tells no time, and a record must have one: left out",
            hint="say when the results were taken: --retrieved 2026-01-31",
            severity="warning",
        )
        return []
    files = [_Samples(out, group) for group in found]
    by_line = {line: (group, file) for group, file in zip(found, files, strict=True) for line in group.values}
    for line, sample in iterate(log, Issues()):
        if isinstance(sample, Sample) and line in by_line:
            group, file = by_line[line]
            file.add(group.take(sample, line))
    return [
        _write(out, group, record(entry, group, publisher, moment, file.seal()))
        for group, file in zip(found, files, strict=True)
    ]


def _tell_unknown(edition: Edition, reports: Sequence[str], issues: Issues) -> None:
    """Say of each model, once, that nothing says who made it."""
    for name in sorted({model.name for entry in _runs(edition, reports) for model in entry.run.models}):
        if model_id(edition, name).startswith("unknown/"):
            issues.add(
                "content/models",
                "record-developer",
                f"nothing says who made '{name}': its records go to `unknown/`",
                hint="give it a file there, with `homepage:` (its page on huggingface.co) or `developer:`",
                severity="warning",
            )


def _newest(log: Path) -> str | None:
    """When the last reply of a log was complete, where it says."""
    return max((s.time for _, s in iterate(log, Issues()) if isinstance(s, Sample) and s.time), default=None)


def _write(out: Path, group: Group, data: dict[str, object]) -> Path:
    path = addresses.output(out, f"{group.place}.json")
    Place(out).write(path, msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n")
    return path


class _Samples:
    """A samples file while it is written: never whole in memory."""

    def __init__(self, out: Path, group: Group) -> None:
        self.path = addresses.output(out, f"{group.place}_samples.jsonl")
        Place(out).write(self.path, b"")
        self.buffer = bytearray()
        self.hash = hashlib.sha256()

    def add(self, row: dict[str, object]) -> None:
        self.buffer += msgspec.json.encode(row) + b"\n"
        if len(self.buffer) > FLUSH:
            self._flush()

    def seal(self) -> str:
        """The sha256 of the whole file."""
        self._flush()
        return self.hash.hexdigest()

    def _flush(self) -> None:
        self.hash.update(self.buffer)
        with self.path.open("ab") as stream:
            stream.write(self.buffer)
        self.buffer.clear()
