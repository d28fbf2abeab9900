"""Run logs on disk: `writer` appends them, `reader` reads them back without trusting them, `verify` checks them.

`file` is a log as an open file, `lock` keeps others out of it, `state` is what it holds already, `seal` its last line,
`trouble` what a person reads when it cannot be written. `whole` writes one at once, `rescore` scores a line anew and `again` a whole log,
`repetition` says which runs repeat others, `identity` which digests are one model, `clock` gives the time.

A log is one JSON object a line (`record` has the types): `run`, then `sample` lines in order of completion, a `resume`
line wherever a collector took it up again, and `end`. It only ever grows, but for a torn last line, which is cut off.
"""

from llmxsite.runlog.again import Again, score_again
from llmxsite.runlog.clock import Clock
from llmxsite.runlog.file import tidy
from llmxsite.runlog.identity import weights_of
from llmxsite.runlog.lock import Lock, alone
from llmxsite.runlog.reader import RunLog, iterate, read, read_header
from llmxsite.runlog.repetition import repeated
from llmxsite.runlog.rescore import asked, rescore
from llmxsite.runlog.state import done_keys
from llmxsite.runlog.verify import Verified, verify
from llmxsite.runlog.whole import write
from llmxsite.runlog.writer import RunLogWriter

__all__ = [
    "Again",
    "Clock",
    "Lock",
    "RunLog",
    "RunLogWriter",
    "Verified",
    "alone",
    "asked",
    "done_keys",
    "iterate",
    "read",
    "read_header",
    "repeated",
    "rescore",
    "score_again",
    "tidy",
    "verify",
    "weights_of",
    "write",
]
