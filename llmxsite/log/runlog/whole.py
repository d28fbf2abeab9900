"""Writing a log whose samples are all at hand, as imports do."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from llmxsite.base.written import away, fresh
from llmxsite.log.record import Run, Sample, encode_line
from llmxsite.log.runlog.file import sync_folder
from llmxsite.log.runlog.seal import seal
from llmxsite.log.runlog.trouble import unwritable


def write(path: Path, run: Run, samples: Iterable[Sample], *, ended: str | None = None) -> dict[str, int]:
    """A whole, sealed log at once: it appears under its name complete or not at all.

    Replaces a log of that name. Returns the samples counted by outcome. `ended` goes into the last line; without it
    the bytes depend on nothing but the arguments.
    """
    part = path.with_name(path.name + ".part")
    outcomes: dict[str, str] = {}
    sha = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh(part) as stream:
            header = encode_line(run)
            stream.write(header)
            sha.update(header)
            for sample in samples:
                data = encode_line(sample)
                stream.write(data)
                sha.update(data)
                outcomes[sample.key] = sample.outcome
            counts = dict(Counter(outcomes.values()))
            stream.write(encode_line(seal(sha.hexdigest(), counts, "complete", ended)))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        away(part)
    return counts
