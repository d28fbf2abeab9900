"""The lines of a run log as typed records: `header` has the first line, `sample` the lines of samples, `sent` what was sent for
one, `line` the others and the bytes. Their JSON Schema is generated from here and shipped.

A log is UTF-8, one JSON object a line: first `run`, then `sample` lines in order of completion, `material` lines where something
was made into vectors for the samples that follow, `resume` lines where a collector took the run up again, `lack` lines where the
server turned out to lack something, last `end`. Later versions only add fields; `schema` counts the versions.
"""

from llmxsite.log.record.header import (
    SCHEMA,
    Git,
    Gpu,
    Host,
    Hypothesis,
    RerunOf,
    Run,
    Share,
    SuiteRef,
    hypothesis_hash,
)
from llmxsite.log.record.line import End, Lack, Line, MaterialLine, Resume, decode_line, encode_line
from llmxsite.log.record.sample import Answer, Fault, Outcome, Rows, Sample, Shown, TurnLine, scores_of
from llmxsite.log.record.sent import Scalar, Sent, sample_key

__all__ = [
    "SCHEMA",
    "Answer",
    "End",
    "Fault",
    "Git",
    "Gpu",
    "Host",
    "Hypothesis",
    "Lack",
    "Line",
    "MaterialLine",
    "Outcome",
    "RerunOf",
    "Resume",
    "Rows",
    "Run",
    "Sample",
    "Scalar",
    "Sent",
    "Share",
    "Shown",
    "SuiteRef",
    "TurnLine",
    "decode_line",
    "encode_line",
    "hypothesis_hash",
    "sample_key",
    "scores_of",
]
