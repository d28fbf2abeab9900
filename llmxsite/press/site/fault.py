"""A page that could not be made: what is said of it, on the page and to who builds it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from llmxsite.base.diagnostics import Issue, Issues, Problem


def said(error: BaseException, address: str, title: str) -> tuple[Issue, ...]:
    """The issues of a page, run or file that failed: its own where it has some, else that it failed, and on what."""
    if isinstance(error, Problem):
        return error.issues
    if os.environ.get("LLMXSITE_DEBUG"):
        hint = "at " + " < ".join(
            f"{f.filename.rpartition('llmxsite/')[2]}:{f.lineno}"
            for f in reversed(traceback.extract_tb(error.__traceback__)[-4:])
        )
    else:
        hint = "something that it is made of is not as it should be; LLMXSITE_DEBUG=1 names the place in llmxsite that failed"
    message = f"'{title}' could not be made: {reason(error)}"
    return (Issue(path=address, code="page-failed", message=message[:400], hint=hint),)


@contextmanager
def told(issues: Issues, place: str, title: str) -> Iterator[None]:
    """What fails inside is said, and ends nothing."""
    try:
        yield
    except Exception as error:
        issues.extend(said(error, place, title))


def reason(error: BaseException) -> str:
    """Why, in a few words."""
    if isinstance(error, Problem):
        return error.issues[0].message
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    if isinstance(error, RecursionError):
        return "something in it is nested without end"
    return f"{type(error).__name__}: {str(error)[:200]}" if str(error) else type(error).__name__
