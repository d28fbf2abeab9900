"""What inspect_ai's own reader says of its logs, as JSON. Runs in an environment that has inspect_ai, not in this project's.

python tests/peers/read_inspect.py LOG... > reader.json
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalSample, read_eval_log
from inspect_ai.scorer import value_to_float


def plain(value: Any) -> Any:
    """A score's value as JSON has it; NaN, which it has not, as null."""
    return None if isinstance(value, float) and math.isnan(value) else value


def grade(value: Any) -> float | None:
    """The value as a number, as inspect_ai's metrics take it."""
    return None if isinstance(value, dict | list) else plain(value_to_float()(value))


def sample(row: EvalSample) -> dict[str, Any]:
    usage = row.output.usage
    return {
        "id": str(row.id),
        "epoch": row.epoch,
        "input": row.input if isinstance(row.input, str) else [message.text for message in row.input],
        "choices": row.choices,
        "target": row.target,
        "completion": row.output.completion if row.output.choices else None,
        "stop_reason": row.output.stop_reason if row.output.choices else None,
        "seconds": row.output.time,
        "tokens": [usage.input_tokens, usage.output_tokens] if usage else None,
        "values": {name: plain(score.value) for name, score in (row.scores or {}).items()},
        "grades": {name: grade(score.value) for name, score in (row.scores or {}).items()},
        "answers": {name: score.answer for name, score in (row.scores or {}).items()},
        "error": row.error.message if row.error else None,
        "limit": row.limit.type if row.limit else None,
    }


def read(path: Path) -> dict[str, Any]:
    log = read_eval_log(str(path), resolve_attachments=True)
    # Of several ways to put epochs together, the mean is the one that is the mean of all samples.
    scores = [s for s in (log.results.scores if log.results else []) if s.reducer in (None, "mean")]
    return {
        "status": log.status,
        "model": log.eval.model,
        "accuracy": {s.name: plain(s.metrics["accuracy"].value) for s in scores if "accuracy" in s.metrics},
        "samples": [sample(row) for row in log.samples or []],
    }


if __name__ == "__main__":
    found = {Path(name).name: read(Path(name)) for name in sys.argv[1:]}
    json.dump(found, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
