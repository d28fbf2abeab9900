"""Run logs on disk: `writer` appends them, `reader` reads them back without trusting them, `verify` checks them.

`file` is a log as an open file, `lock` keeps others out of it, `state` is what it holds already, `seal` its last line,
`trouble` what a person reads when it cannot be written. `whole` writes one at once, `turns` reads the turns of a
line, `rescore` scores it anew and `again` a whole log, `final` finds the last line of each key,
`repetition` says which runs repeat others, `identity` which digests are one model, `clock` gives the time.

A log is one JSON object a line (`record` has the types): `run`, then `sample` lines in order of completion, a `resume`
line wherever a collector took it up again, and `end`. It only ever grows, but for a torn last line, which is cut off.
"""

from llmxsite.log.runlog.again import Again, score_again
from llmxsite.log.runlog.clock import Clock
from llmxsite.log.runlog.file import tidy
from llmxsite.log.runlog.identity import weights_of
from llmxsite.log.runlog.lock import Lock, alone
from llmxsite.log.runlog.reader import RunLog, iterate, read, read_header
from llmxsite.log.runlog.repetition import repeated
from llmxsite.log.runlog.rescore import rescore
from llmxsite.log.runlog.state import done_keys
from llmxsite.log.runlog.verify import Verified, verify
from llmxsite.log.runlog.whole import write
from llmxsite.log.runlog.writer import RunLogWriter

__all__ = [
    "Again",
    "Clock",
    "Lock",
    "RunLog",
    "RunLogWriter",
    "Verified",
    "alone",
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
