"""Reads a run log into columns, line by line, at little more than the cost of parsing the JSON.

Only what a table needs is decoded: prompts, replies and tokens are skipped by the parser and never become objects. In
memory there are never more than a block of lines, a few thousand slim records and the arrays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import astuple

from llmxsite import runlog
from llmxsite.diagnostics import Issues, Problem
from llmxsite.record import End, Outcome, Resume, Run, Scalar
from llmxsite.runlog.reader import MAX_LINE
from llmxsite.tables.columns import ALL, NUMBERS, TEXTS, Array, LogColumns, Setting, last_of_each, missing

_BLOCK = 1 << 20
_ROWS = 4096
"""Records gathered before they move into arrays: enough to make the move cheap, few enough to stay in the cache."""
_TOO_LONG = b"\0"


class _Timing(msgspec.Struct, gc=False, frozen=True):
    total_ms: float | None = None
    first_token_ms: float | None = None
    load_ms: float | None = None
    prompt_ms: float | None = None
    eval_ms: float | None = None


class _Usage(msgspec.Struct, gc=False, frozen=True):
    prompt_tokens: float | None = None
    completion_tokens: float | None = None


class _Scores(msgspec.Struct, gc=False, frozen=True):
    answer: Any = None
    expected: Any = None
    parsed: bool | None = None
    correct: bool | float | None = None
    confidence: float | None = None
    confidence_low: float | None = None
    confidence_high: float | None = None
    letter_mass: float | None = None
    mean_token_probability: float | None = None
    p_correct: float | None = None
    position: float | None = None


class SlimSample(msgspec.Struct, gc=False, tag_field="type", tag="sample"):
    """The fields of `record.Sample` that become columns."""

    key: str
    item: str
    item_hash: str
    condition: msgspec.Raw
    """Undecoded: a log has few distinct conditions, and each is decoded once."""
    outcome: Outcome
    suite: str = ""
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    language: str | None = None
    cluster: str | None = None
    repeat: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)] = 0
    timing: _Timing = _Timing()
    usage: _Usage = _Usage()
    scores: _Scores = _Scores()


decode_slim = msgspec.json.Decoder(SlimSample | Run | Resume | End).decode
"""One line's bytes as a record; the floor beside which `benchmarks/tables.py` measures `read`."""
_decode_condition = msgspec.json.Decoder(dict[str, Scalar]).decode
_FIELDS = SlimSample.__struct_fields__
_GROUPS = {
    "timing": ("latency_ms", *_Timing.__struct_fields__[1:]),
    "usage": _Usage.__struct_fields__,
    "scores": _Scores.__struct_fields__,
}


def read(path: Path, issues: Issues) -> tuple[LogColumns, str]:
    """The log at `path` as columns, and the sha256 of exactly the bytes that were read.

    A line that cannot be read becomes an issue, as in `runlog.iterate`. Raises `Problem` where the file cannot be read
    or does not start with a header.
    """
    header = next((line for _, line in runlog.iterate(path, issues)), None)
    if not isinstance(header, Run):
        raise Problem.at(path, "log-header", "not a run log: it does not start with a header", line=1)
    try:
        with path.open("rb", buffering=0) as stream:
            return _Reader(path, header, issues).read(stream)
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None


class _Words(dict[str | None, int]):
    """Numbers texts in order of appearance; looking one up adds it. None is -1."""

    def __init__(self) -> None:
        super().__init__({None: -1})

    def __missing__(self, text: str | None) -> int:
        code = self[text] = len(self) - 1
        return code

    def codes(self, texts: tuple[str | None, ...]) -> Array:
        return np.fromiter(map(self.__getitem__, texts), np.int32, len(texts))


class _Reader:
    def __init__(self, path: Path, header: Run, issues: Issues) -> None:
        self.path, self.issues = path, issues
        self.log = LogColumns(run=header)
        self.sha = hashlib.sha256()
        self.torn = 0
        """Bytes after the last newline."""
        self.digests = {model.name: model.digest for model in header.models}
        self.known: dict[bytes, int] = {}
        """Index in `log.settings` of each condition met since the digests last changed, by its bytes; -1 is unreadable."""
        self.samples: list[SlimSample] = []
        self.settings: list[int] = []
        self.numbers: list[int] = []
        self.words = {name: _Words() for name in TEXTS}
        self.keys: list[Any] = []
        self.hashes: list[Array] = []
        self.chunks: dict[str, list[Array | None]] = {name: [] for name in ALL}
        """None stands for a chunk in which nothing is known."""

    def read(self, stream: IO[bytes]) -> tuple[LogColumns, str]:
        number = 0
        decode, samples, settings, numbers = decode_slim, self.samples, self.settings, self.numbers
        for batch in self._batches(stream):
            for number, raw in enumerate(batch, number + 1):  # noqa: B020 - counting goes on from batch to batch
                try:
                    line = decode(raw)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    if raw.strip():
                        self._bad(number, raw, error)
                    continue
                if type(line) is SlimSample:
                    condition = bytes(line.condition)
                    setting = self.known.get(condition)
                    if setting is None:
                        setting = self._setting(condition)
                    if setting < 0:
                        self._bad(number, raw, "`condition` must hold plain values")
                        continue
                    samples.append(line)
                    settings.append(setting)
                    numbers.append(number)
                elif number > 1:
                    self._move()
                    self._other(number, line)
            if len(samples) >= _ROWS:
                self._move()
        self._move()
        if self.torn:
            self.issues.add(
                self.path,
                "log-torn",
                f"the last line is not whole ({self.torn:,} bytes): the collector was stopped while writing it",
                line=number + 1,
                hint="`llmxsite run` cuts it off and asks that sample again",
                severity="warning",
            )
        return self._finish(), self.sha.hexdigest()

    def _batches(self, stream: IO[bytes]) -> Iterator[list[bytes]]:
        """The whole lines of the file, in batches; leaves in `torn` how much follows them.

        Meanwhile a second thread hashes, which needs no lock of the interpreter: the hash comes almost for nothing.
        """
        pending: list[bytes] = []
        held = 0
        with ThreadPoolExecutor(1) as pool:
            while block := stream.read(_BLOCK):
                hashing = pool.submit(self.sha.update, block)
                head, newline, tail = block.rpartition(b"\n")
                if newline:
                    lines = b"".join([*pending, head]).split(b"\n")
                    yield [_TOO_LONG, *lines[1:]] if held > MAX_LINE else lines
                    pending, held = [tail], len(tail)
                else:
                    held += len(block)
                    pending = [*pending, block] if held <= MAX_LINE else []
                hashing.result()
        self.torn = held

    def _move(self) -> None:
        """Move the samples decoded so far into arrays."""
        rows, settings, numbers = self.samples, self.settings, self.numbers
        if not rows:
            return
        self.log.end = None
        self.log.rows += len(rows)
        fields = _transposed(_FIELDS, rows)
        for group, names in _GROUPS.items():
            fields |= _transposed(names, fields.pop(group))
        self.keys.append(pa.array(fields["key"], pa.string()))
        self.hashes.append(np.fromiter(map(hash, fields["key"]), np.int64, len(rows)))
        for name in ("answer", "expected"):
            fields[name] = tuple(map(_text, fields[name]))
        for name in TEXTS:
            self._add(name, fields[name], self.words[name].codes)
        for name in NUMBERS:
            self._add(name, fields[name], _floats)
        self._add("parsed", fields["parsed"], _flags)
        for name, counts in (("setting", settings), ("repeat", fields["repeat"]), ("line", numbers)):
            self.chunks[name].append(np.array(counts, np.int32))
        rows.clear()
        settings.clear()
        numbers.clear()

    def _add(self, name: str, values: tuple[Any, ...], convert: Callable[[tuple[Any, ...]], Array]) -> None:
        unknown = values[0] is None and values.count(None) == len(values)
        self.chunks[name].append(None if unknown else convert(values))

    def _setting(self, raw: bytes) -> int:
        """Take up a condition that is met for the first time."""
        try:
            condition = _decode_condition(raw)
        except msgspec.DecodeError:
            self.known[raw] = -1
            return -1
        model = condition.get("model")
        if model is None and len(self.digests) == 1:
            model = next(iter(self.digests))
        digest = self.digests.get(model) if isinstance(model, str) else None
        self.log.settings.append(Setting(condition | {"model": model}, digest))
        index = self.known[raw] = len(self.log.settings) - 1
        return index

    def _other(self, number: int, line: Run | Resume | End) -> None:
        if isinstance(line, Run):
            self.issues.add(self.path, "log-line", "a second header; passed over", line=number)
        elif isinstance(line, Resume):
            self.log.end = None
            if line.models:  # from here on the same name may stand for other weights
                self.digests |= {model.name: model.digest for model in line.models}
                self.known.clear()
        else:
            self.log.end = line

    def _bad(self, number: int, raw: bytes, why: object) -> None:
        if raw is _TOO_LONG:
            self.issues.add(self.path, "log-line", f"longer than {MAX_LINE:,} bytes; passed over", line=number)
            return
        excerpt = raw[:400].decode("utf-8", "replace")
        self.issues.add(self.path, "log-line", f"not a line of a run log: {why}", line=number, excerpt=excerpt)

    def _finish(self) -> LogColumns:
        log = self.log
        log.words = {name: [text for text in table if text is not None] for name, table in self.words.items()}
        for name, chunks in self.chunks.items():
            if any(chunk is not None for chunk in chunks):
                sizes = map(len, self.hashes)
                log.chunks[name] = [missing(name, n) if c is None else c for c, n in zip(chunks, sizes, strict=True)]
        keep = last_of_each(self.hashes, lambda rows: pa.chunked_array(self.keys).take(rows).to_pylist())
        if keep is not None:
            log.rows = len(keep)
            log.chunks = {name: [np.concatenate(chunks)[keep]] for name, chunks in log.chunks.items()}
        return log


def _transposed(names: tuple[str, ...], structs: Iterable[msgspec.Struct]) -> dict[str, tuple[Any, ...]]:
    """The fields of many structs as one tuple a field."""
    return dict(zip(names, zip(*map(astuple, structs), strict=True), strict=True))


def _floats(values: tuple[Any, ...]) -> Array:
    floats: Array = pa.array(values, pa.float64()).to_numpy(zero_copy_only=False)
    return floats


def _flags(values: tuple[Any, ...]) -> Array:
    flags: Array = pa.array(values, pa.bool_()).cast(pa.int8()).fill_null(-1).to_numpy()
    return flags


def _text(value: Any) -> str | None:
    """An answer as a word: a letter as it is, a number without a needless `.0`, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return msgspec.json.encode(value).decode()
