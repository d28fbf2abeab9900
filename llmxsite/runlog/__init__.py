"""Run logs on disk: `writer` appends them, `reader` reads them back without trusting them, `verify` checks them.

A log is one JSON object a line (`record` has the types): `run`, then `sample` lines in order of completion, a `resume`
line wherever a collector took it up again, and `end`. It only ever grows, but for a torn last line, which is cut off.
"""

from llmxsite.runlog.lock import Lock
from llmxsite.runlog.reader import RunLog, iterate, read, read_header
from llmxsite.runlog.repetition import repeated
from llmxsite.runlog.rescore import asked, rescore
from llmxsite.runlog.verify import Verified, verify
from llmxsite.runlog.writer import RunLogWriter, done_keys, write

__all__ = [
    "Lock",
    "RunLog",
    "RunLogWriter",
    "Verified",
    "asked",
    "done_keys",
    "iterate",
    "read",
    "read_header",
    "repeated",
    "rescore",
    "verify",
    "write",
]
