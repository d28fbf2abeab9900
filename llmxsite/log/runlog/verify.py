"""Checking a log: that its bytes are those the collector wrote, and its scores those its replies earn.

The hash in the `end` line shows that something was changed; the checks line by line say where, as far as that can be told:
a key that does not follow from its line, a line out of its order in time, a score that the scorer does not give for
the reply.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmxsite.base.diagnostics import Issues, Severity
from llmxsite.base.lines import raw_lines
from llmxsite.base.regular import opened
from llmxsite.exchange.answer.scorer import current, scorer
from llmxsite.log.record import End, Line, Resume, Run, Sample, decode_line, encode_line, sample_key
from llmxsite.log.runlog.again import is_later, unscored
from llmxsite.log.runlog.reader import iterate
from llmxsite.log.runlog.rescore import differing, read_otherwise, rescore
from llmxsite.log.runlog.seal import end_check


class Verified(msgspec.Struct, kw_only=True):
    """What a check of one log found."""

    path: str
    run: str
    samples: int = 0
    """Samples, the last line of each key counted."""
    sealed: bool = False
    """Whether the log ends in an `end` line whose hash fits: no byte changed since."""
    rescored: int = 0
    """Samples whose scores follow from their replies."""
    foreign: dict[str, int] = {}
    """Samples of scorers that this version cannot repeat, by scorer; imports bring scores of their own."""
    older: dict[str, int] = {}
    """Those among `foreign` of an older version of a scorer, by that version, which today's can score anew."""
    moved: dict[str, int] = {}
    """Those among `older` whose answer, judgement or outcome is another one by today's version."""
    counts: dict[str, int] = {}


class _Older(NamedTuple):
    """A sample that an older version scored, and that no later line has replaced yet."""

    line: int
    scorer: str
    unscored: bytes
    """The rest of its line, as a hash."""


def verify(path: Path, issues: Issues) -> Verified:
    """Check one log; what is wrong goes to `issues`. Raises `Problem` when the file is no log at all."""
    check = _Check(path, issues)
    for number, line in iterate(path, issues):
        check.line(number, line)
    check.seals()
    return check.result


class _Check:
    def __init__(self, path: Path, issues: Issues) -> None:
        self.path, self.issues = path, issues
        self.result = Verified(path=str(path), run="")
        self.run: Run | None = None
        self.outcomes: dict[str, str] = {}
        self.last: Line | None = None
        self.last_time: str | None = None
        self.digests: dict[str, tuple[int, str | None]] = {}
        """By model: the line that tells what it is, and its identity."""
        self.right_keys: set[tuple[str, int]] = set()
        """Models, each with the line that tells its digest, under which any key follows from its line."""
        self.wrong_keys: dict[tuple[str, int], list[tuple[int, str]]] = {}
        """By the same: lines and items of the keys that do not."""
        self.older: dict[str, _Older] = {}
        """By key. Reading a reply anew is what costs, so it waits until the log shows which of these lines still count."""
        self.again = False
        """Whether the lines that follow are of samples scored again."""
        self.good_seal: int | None = None
        """The last `end` line whose hash fits."""
        self.counted: dict[int, dict[str, int]] = {}
        """Samples by outcome as they stood before each `end` line."""

    def line(self, number: int, line: Line) -> None:
        if isinstance(line, Run):
            self.run, self.result.run = line, line.id
            self.digests = {m.name: (number, m.identity) for m in line.models}
        elif isinstance(line, Sample):
            self._sample(number, line)
        elif isinstance(line, Resume):
            self.digests |= {m.name: (number, m.identity) for m in line.models or ()}
        elif isinstance(line, End):
            self.counted[number] = self._counts()
        self._order(number, line)
        self.last = line

    def seals(self) -> None:
        """Compare each `end` line with the bytes before it, and say what only the whole log shows."""
        self._keys()
        self.result.samples = len(self.outcomes)
        self.result.counts = self._counts()
        sha, fits = hashlib.sha256(), True
        standing = {older.line: older.scorer for older in self.older.values()}
        with opened(self.path) as stream:
            for number, raw in raw_lines(stream):
                if number in self.counted:
                    fits = self._seal(number, raw, sha.hexdigest())
                elif number in standing:
                    self._anew(standing[number], decode_line(raw))
                sha.update(raw)
        if not isinstance(self.last, End):
            self._add(
                None,
                "log-open",
                "the log has no end yet, so nothing shows whether its bytes are as they were written",
                "hint" if self.run is not None and self.run.source is None else "warning",
                hint=f"`llmxsite {_command(self.run)}` goes on with it" if self.run else None,
            )
        else:
            self.result.sealed = fits

    def _seal(self, number: int, raw: bytes, sha256: str) -> bool:
        end = msgspec.json.decode(raw, type=End)
        good = True
        if end.sha256 != sha256:
            since = f"between line {self.good_seal:,} and this one" if self.good_seal else "before this line"
            good = self._add(number, "log-hash", f"bytes {since} are not those that were written")
        else:
            self.good_seal = number
        if (end.check is not None and end.check != end_check(end)) or encode_line(end) != raw:
            good = self._add(number, "log-end", "this line is not as it was written")
        there = self.counted[number]
        if end.counts != there:
            message = f"it counts {_words(end.counts)}; the lines before it are {_words(there)}"
            good = self._add(number, "log-counts", message)
        return good

    def _sample(self, number: int, sample: Sample) -> None:
        before = self.outcomes.get(sample.key)
        if before is not None and before != "error" and not self._replaced(sample):
            self._add(number, "log-twice", f"the sample '{sample.item}' (key {sample.key}) is there already")
        self.outcomes[sample.key] = sample.outcome
        if self.run is not None and self.run.source is None:
            suite = sample.suite or (self.run.suites[0].id if len(self.run.suites) == 1 else "")
            name = sample.request.model or str(sample.condition.get("model"))
            told, digest = self.digests.get(name, (1, None))
            of = sample.of if isinstance(sample.of, str) else None
            expected = sample_key(digest, suite, sample.item, sample.condition, sample.request, sample.repeat, of)
            if expected == sample.key:
                self.right_keys.add((name, told))
            else:
                self.wrong_keys.setdefault((name, told), []).append((number, sample.item))
        self._score(number, sample)

    def _replaced(self, sample: Sample) -> bool:
        """Whether a line is that of the same sample before, scored again by a later version: that one counts no more."""
        older = self.older.get(sample.key)
        if older is None or not is_later(sample.scorer, older.scorer) or older.unscored != unscored(sample):
            return False
        self.result.foreign[older.scorer] -= 1
        if not self.result.foreign[older.scorer]:
            del self.result.foreign[older.scorer]
        del self.older[sample.key]
        return True

    def _keys(self) -> None:
        """Say which keys are wrong: those of single lines, or, where no key of a model is right, its digest."""
        for (name, told), lines in self.wrong_keys.items():
            if len(lines) > 1 and (name, told) not in self.right_keys:
                message = f"no key of the {len(lines):,} samples of '{name}' follows from the digest told here"
                self._add(told, "log-key", message)
                continue
            for number, item in lines:
                self._add(number, "log-key", f"the key of '{item}' does not follow from its line")

    def _score(self, number: int, sample: Sample) -> None:
        if sample.outcome == "error":
            if sample.scores:
                self._add(number, "log-score", f"'{sample.item}' ended in an error and has scores")
            return
        known = scorer(sample.scorer) is not None
        scored = rescore(sample) if known else None
        if scored is None and known:
            self._add(
                number, "log-score", f"'{sample.item}' cannot be scored from its line, though {sample.scorer} did"
            )
            return
        if scored is None:
            name = sample.scorer or "none"
            self.result.foreign[name] = self.result.foreign.get(name, 0) + 1
            if current(name) is not None:
                self.older[sample.key] = _Older(number, name, unscored(sample))
            return
        wrong = differing(sample, scored)
        if scored.outcome != sample.outcome:
            wrong.insert(0, f"outcome is {sample.outcome}, not {scored.outcome}")
        if wrong:
            self._add(
                number,
                "log-score",
                f"'{sample.item}': {'; '.join(wrong)}",
                hint=f"as {sample.scorer} scores the reply today",
            )
        else:
            self.result.rescored += 1

    def _anew(self, name: str, line: Line) -> None:
        """Count what today's version of a scorer makes of a sample that an older one scored: no fault of the log."""
        assert isinstance(line, Sample)
        today = rescore(line, older=True)
        if today is None:
            return
        self.result.older[name] = self.result.older.get(name, 0) + 1
        if read_otherwise(line, today):
            self.result.moved[name] = self.result.moved.get(name, 0) + 1

    def _order(self, number: int, line: Line) -> None:
        """Lines are written in order of completion, by a clock that never goes back but between two sessions."""
        time = line.started if isinstance(line, Run) else line.time
        if isinstance(line, Resume):
            self.again = line.scored
        if time is None or (self.again and isinstance(line, Sample)):
            return  # a sample that is scored again keeps the time of its reply
        if self.last_time is not None and time < self.last_time and not isinstance(line, Resume):
            self._add(number, "log-order", f"its time {time} is before that of the line above", "warning")
        self.last_time = time

    def _counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for outcome in self.outcomes.values():
            found[outcome] = found.get(outcome, 0) + 1
        return found

    def _add(
        self, line: int | None, code: str, message: str, severity: Severity = "error", hint: str | None = None
    ) -> bool:
        self.issues.add(self.path, code, message, line=line, severity=severity, hint=hint)
        return False


def _command(run: Run) -> str:
    return f"run {run.report}" if run.rerun_of is None else f"rerun {run.rerun_of.id}"


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items()) or "none"
