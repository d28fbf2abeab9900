"""Reading run logs, which may be anybody's: a line that cannot be read is an issue with its number, never a crash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.lines import MAX_LINE, raw_lines
from llmxsite.base.regular import opened
from llmxsite.log.record import SCHEMA, End, Line, Resume, Run, Sample, decode_line
from llmxsite.log.record.header import misshapen
from llmxsite.log.runlog.final import last_lines, put_last

_LONG = re.compile(rb"[0-9]{19}")


class RunLog(msgspec.Struct, kw_only=True):
    """A whole log in memory. Use `iterate` where a log may be large."""

    path: Path
    run: Run
    resumes: list[Resume]
    end: End | None
    """The closing line, when it really is the last one."""
    samples: list[Sample]
    """The last line of each key, in the order of those lines."""

    @property
    def counts(self) -> dict[str, int]:
        """Samples by outcome."""
        found: dict[str, int] = {}
        for sample in self.samples:
            found[sample.outcome] = found.get(sample.outcome, 0) + 1
        return found


def iterate(path: Path, issues: Issues) -> Iterator[tuple[int, Line]]:
    """`(line number, record)` for every line that can be read, in order; what cannot be read goes to `issues`.

    The first record is always a `Run`; raises `Problem` when the file cannot be opened or starts with anything else.
    """
    number = 0
    try:
        with opened(path) as stream:
            for number, raw in raw_lines(stream):
                if len(raw) > MAX_LINE:
                    issues.add(path, "log-line", f"longer than {MAX_LINE:,} bytes; passed over", line=number)
                    continue
                if not raw.endswith(b"\n"):
                    _torn(path, number, raw, issues)
                    return
                if not raw.strip():
                    continue
                try:
                    line = decode_line(raw)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    if number == 1:
                        raise _no_header(path, f"the first line cannot be read: {error}") from None
                    issues.add(
                        path, "log-line", f"not a line of a run log: {error}", line=number, excerpt=_excerpt(raw)
                    )
                    continue
                if isinstance(line, Run) != (number == 1):
                    if number == 1:
                        raise _no_header(path, f"it starts with a `{line.__struct_config__.tag}` line")
                    issues.add(path, "log-line", "a second header; passed over", line=number)
                    continue
                if isinstance(line, Run) and _LONG.search(raw) and not _storable(line):
                    raise _no_header(path, "a whole number in it has more than 64 bits")
                if isinstance(line, Run) and (wrong := misshapen(line)):
                    message = f"passed over in `experiment`, being of another kind: {', '.join(wrong)}"
                    issues.add(path, "log-experiment", message, line=number, severity="warning")
                if isinstance(line, Run) and line.schema > SCHEMA:
                    issues.add(
                        path,
                        "log-newer",
                        f"written in version {line.schema} of the format; this llmxsite knows version {SCHEMA}",
                        line=number,
                        hint="fields it does not know are passed over; a newer llmxsite reads them",
                        severity="warning",
                    )
                yield number, line
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None
    if number == 0:
        raise _no_header(path, "the file is empty")


def read(path: Path, issues: Issues, *, samples: bool = True) -> RunLog:
    """The whole log; without `samples`, only its frame. Raises `Problem` when there is no header."""
    run: Run | None = None
    resumes: list[Resume] = []
    end: End | None = None
    kept: dict[str, Sample] = {}
    for _, line in iterate(path, issues):
        end = None  # an `end` that is followed by anything closed an earlier session
        if isinstance(line, Sample):
            if samples:
                put_last(kept, line.key, line)
        elif isinstance(line, Run):
            run = line
        elif isinstance(line, Resume):
            resumes.append(line)
        elif isinstance(line, End):
            end = line
    if run is None:
        raise _no_header(path, "nothing in it can be read")
    return RunLog(path=path, run=run, resumes=resumes, end=end, samples=list(kept.values()))


def final_samples(path: Path) -> Iterator[Sample]:
    """The samples of a log that count, one at a time, in the order of their lines. Raises `Problem` when it is no log."""
    final = last_lines(path)
    for number, line in iterate(path, Issues()):
        if isinstance(line, Sample) and number in final:
            yield line


def read_header(path: Path) -> Run:
    """The first line alone. Raises `Problem` when it is not a header."""
    for _, line in iterate(path, Issues()):
        if isinstance(line, Run):
            return line
    raise _no_header(path, "nothing in it can be read")


def _storable(line: Line) -> bool:
    """Whether every number of a line is one that files have."""
    try:
        msgspec.msgpack.encode(line)
    except OverflowError:
        return False
    return True


def _torn(path: Path, number: int, raw: bytes, issues: Issues) -> None:
    if number == 1:
        raise _no_header(path, "it ends in the middle of the first line")
    issues.add(
        path,
        "log-torn",
        f"the last line is not whole ({len(raw):,} bytes): the collector was stopped while writing it",
        line=number,
        hint="`llmxsite run` cuts it off and asks that sample again",
        severity="warning",
    )


def _no_header(path: Path, why: str) -> Problem:
    return Problem.at(path, "log-header", f"not a run log: {why}", line=1)


def _excerpt(raw: bytes) -> str:
    return raw[:400].decode("utf-8", "replace")
