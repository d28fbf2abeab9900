"""The replies behind rows of samples, read from their logs once more: tables keep numbers, not words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from llmxsite.base.diagnostics import Problem
from llmxsite.base.lines import raw_lines
from llmxsite.base.regular import opened

_WORD = re.compile(r"\s*\S+|\s+$")


class _Top(msgspec.Struct, gc=False, frozen=True):
    logprob: float | None = None


class _Token(msgspec.Struct, gc=False, frozen=True):
    token: str
    logprob: float | None = None


class _Reply(msgspec.Struct, gc=False, frozen=True):
    text: str | None = None
    thinking: str | None = None
    tokens: list[_Token] | None = None
    alternatives: list[_Top] | None = None


class _Usage(msgspec.Struct, gc=False, frozen=True):
    prompt_tokens: float | None = None
    cached_tokens: float | None = None


class _Timing(msgspec.Struct, gc=False, frozen=True):
    prompt_ms: float | None = None


class _Line(msgspec.Struct, gc=False, frozen=True):
    """The fields of a `sample` line that say what came back."""

    reply: _Reply | None = None
    usage: _Usage = _Usage()
    timing: _Timing = _Timing()


_decode = msgspec.json.Decoder(_Line).decode


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """What came back for one sample, as far as two replies are compared."""

    text: str
    """Thinking, where there is any, and the reply."""
    tokens: tuple[str, ...]
    """As the model wrote it; word by word where the server gave no tokens."""
    logprobs: npt.NDArray[np.float64] | None
    """Of each token, minus infinity among them; None where the server gave none."""
    margin: float | None
    """Logprob of the likeliest token at the answer's place minus the next one's, in nats; None where they are not known."""
    cached: tuple[float, float] | None
    """Tokens of the prompt that the server took from its cache, and all of them; None where it does not tell."""
    prompt_ms: float | None = None
    """Milliseconds that reading the prompt took the server."""


def replies(frame: pd.DataFrame, paths: Mapping[str, Path]) -> list[Reply | None]:
    """The reply of each row; None for an error, which has none. Raises `Problem` for a log that is not there any more."""
    found: list[Reply | None] = [None] * len(frame)
    runs = frame["run"].astype(object).to_numpy()
    lines = frame["line"].to_numpy()
    for run in pd.unique(runs):
        rows = np.flatnonzero(runs == run)
        where = {int(lines[row]): int(row) for row in rows}
        path = paths.get(str(run))
        if path is None:
            raise Problem.at(str(run), "log-missing", f"the log of run {run} is not here")
        for number, raw in log_lines(path):
            if (row := where.get(number)) is not None:
                found[row] = _reply(_decode(raw))
    return found


def log_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line of a log with its number, from 1. Raises `Problem` for one that cannot be read."""
    try:
        with opened(path) as stream:
            yield from raw_lines(stream)
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None


def _reply(line: _Line) -> Reply | None:
    reply, usage, prompt_ms = line.reply, line.usage, line.timing.prompt_ms
    if reply is None:
        return None
    text = (reply.thinking or "") + (reply.text or "")
    cached = None
    if usage.cached_tokens is not None and usage.prompt_tokens:
        cached = usage.cached_tokens, usage.prompt_tokens
    top = sorted((a.logprob for a in reply.alternatives or () if a.logprob is not None), reverse=True)
    margin = top[0] - top[1] if len(top) > 1 else None
    if not reply.tokens:
        return Reply(text, tuple(_WORD.findall(text)), None, margin, cached, prompt_ms)
    logprobs = np.array([-np.inf if t.logprob is None else t.logprob for t in reply.tokens])
    return Reply(text, tuple(t.token for t in reply.tokens), logprobs, margin, cached, prompt_ms)
