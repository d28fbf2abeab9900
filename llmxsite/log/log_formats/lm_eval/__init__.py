"""Sample logs of lm-eval (`--log_samples`): `samples_<task>_<time>.jsonl`, a line a document and filter."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues
from llmxsite.base.foreign_text import json_value
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, Oddities, finite
from llmxsite.log.log_formats.imported import Imported, Repeats, fingerprint, suite_ref, utc
from llmxsite.log.log_formats.lm_eval.results import Results, beside, model_of, task_of
from llmxsite.log.log_formats.lm_eval.row import NEEDED, Row
from llmxsite.log.record import Answer, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.study.suite import LETTERS, QuestionItem, item_hash

TITLE = "lm-eval sample logs"
SUFFIXES = (".jsonl",)
_PRIMARY = ("exact_match", "acc", "acc_norm", "em", "f1", "pass@1", "mc1", "prompt_level_strict_acc", "math_verify")
"""Metrics in the order in which one is taken as the score: more of each is better, and none leaves 0 to 1."""
_INVALID = "[invalid]"
"""What lm-eval's filters leave where they find no answer."""
_FACTORS = ("temperature", "top_p", "top_k", "max_gen_toks")


def read(file: Foreign, options: ImportOptions, issues: Issues) -> list[Imported]:
    """The one run in the file. The model is the one given, or the one that the results beside the file name, or the folder.

    The results themselves, which a pattern such as `output/*` names too, hold no samples: no run.
    """
    if file.name.startswith("results_") and file.name.endswith(".json"):
        return []
    results, task = beside(file), task_of(file)
    model = options.model or model_of(file, results)
    if not model:
        raise file.problem(f"{TITLE} do not say which model they are of", hint="name it with --model")
    odd = Oddities(file, issues)
    found: list[tuple[int, Row]] = []
    total = 0
    fault: tuple[int | None, str] | None = None
    for number, raw in file.rows():
        total += 1
        try:
            data = json_value(raw)
            row = msgspec.convert(data, Row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            fault = fault or (number, f"not a line of {TITLE}: {error}")
            odd.leave_out("unreadable_rows", number, f"not a line of {TITLE}: {error}")
            continue
        row.add_metrics(data)
        found.append((number, row))
    if not found:
        place, why = fault or (None, "no lines in it")
        raise file.problem(why, row=place, hint=f"each line has {', '.join(f'`{name}`' for name in NEEDED)}")
    metric = _primary([row for _, row in found], task, results)
    if metric is None:
        told = ", ".join(dict.fromkeys(name for _, row in found for name in row.values)) or "none"
        odd.add("files_without_a_score", None, f"no metric ({told}) is known to be a score from 0 to 1: not scored")
    rows = _Rows(task, model, metric, odd)
    for number, row in found:
        rows.add(number, row)
    if metric is not None:
        _compare([row for _, row in found], task, metric, results, odd)
    odd.finish()
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(rows.suite, None, rows.repeats.items.values())],
            samples=rows.samples,
            engine=EngineInfo(name="lm-eval", version=results.lm_eval_version),
            experiment=_experiment(task, metric, results),
            software={"lm_eval": results.lm_eval_version} if results.lm_eval_version else {},
            source=odd.source("lm-eval", total),
            identity=f"lm-eval {results.date} {fingerprint(rows.samples)} {model} {rows.suite}",
            started=utc(results.date),
        )
    ]


def _primary(rows: list[Row], task: str, results: Results) -> str | None:
    """The metric that says how good the answers are: one that is known to, or that the results say is better when high."""
    names = dict.fromkeys(name for row in rows for name in row.values)
    known = [name for name in _PRIMARY if name in names]
    known += [name for name in names if name not in known and results.better_high(task, name)]
    for name in known:
        values = [row.values[name] for row in rows if name in row.values]
        numbers = [number for v in values if (number := finite(v)) is not None]
        if numbers and all(0 <= v <= 1 for v in numbers):
            return name
    return None


def _compare(rows: list[Row], task: str, metric: str, results: Results, odd: Oddities) -> None:
    """Say where the results beside the file claim another mean than its lines give."""
    for name in dict.fromkeys(row.filter for row in rows):
        values = (finite(row.values.get(metric)) for row in rows if row.filter == name)
        numbers = [value for value in values if value is not None]
        claimed = results.claimed(task, metric, name)
        if claimed is None or not numbers:
            continue
        if not math.isclose(mean := sum(numbers) / len(numbers), claimed, abs_tol=1e-6):
            message = f"the results say {metric} {claimed:g} (filter {name}), the lines give {mean:g}"
            odd.add("totals_that_disagree", None, message, hint="the lines count")


def _experiment(task: str, metric: str | None, results: Results) -> dict[str, Any]:
    """What the results say of how it was run, without paths and machines."""
    told = {
        "task": task,
        "metric": metric,
        "num_fewshot": results.shots.get(task),
        "task_version": results.versions.get(task),
        "system": results.system_instruction or None,
    }
    return {name: value for name, value in told.items() if value is not None}


class _Rows:
    """The samples of one file."""

    def __init__(self, suite: str, model: str, metric: str | None, odd: Oddities) -> None:
        self.suite, self.model, self.metric, self.odd = suite, model, metric, odd
        self.samples: list[Sample] = []
        self.repeats = Repeats()
        self.times: Counter[tuple[str, str | None]] = Counter()

    def add(self, number: int, row: Row) -> None:
        # What a document asks and what is right only lm-eval's task knows, so all of it makes the item.
        item = QuestionItem(id=str(row.doc_id), question=_json(row.doc), answer=_json(row.target))
        digest = item_hash(item)
        self.repeats.next(item, digest)
        condition: dict[str, Scalar] = {"model": self.model}
        condition |= {name: row.settings[name] for name in _FACTORS if finite(row.settings.get(name)) is not None}
        if row.filter not in (None, "none"):
            condition["filter"] = row.filter  # each filter reads the same reply on a line of its own
        met = f"{item.id} {digest}", row.filter
        repeat = self.times[met]
        self.times[met] += 1
        if repeat:
            self.odd.add("repeated_documents", number, f"document {item.id} comes again; kept as another sample of it")
        doc = row.doc if isinstance(row.doc, dict) else {}
        scores = self._scores(number, row)
        draws = [Answer(text=text) for text in row.replies]
        won = next((reply for reply in draws if str(scores.get("answer", "")) in (reply.text or "")), None)
        self.samples.append(
            Sample(
                key=sample_key(None, self.suite, met[0], condition, Sent(), repeat),
                suite=self.suite,
                item=item.id,
                item_hash=digest,
                category=_word(doc.get("category") or doc.get("subject")),
                condition=condition,
                repeat=repeat,
                request=Sent(prompt=row.prompt, options=row.settings),
                shown=Shown(question=_word(doc.get("question")), choices=row.choices),
                reply=won or (draws[0] if draws else None),
                draws=draws if len(draws) > 1 else None,
                outcome="failure" if scores.get("parsed") is False else "ok",
                scores=scores,
            )
        )

    def _scores(self, number: int, row: Row) -> dict[str, Any]:
        """One metric as the score, all of them under `lm_eval`, answer and key where they can be told."""
        found: dict[str, Any] = {"lm_eval": row.values} if row.values else {}
        value = finite(row.values.get(self.metric)) if self.metric is not None else None
        if value is not None:
            found["correct"] = value
        elif self.metric is not None:
            self.odd.add("rows_without_a_score", number, f"no number for '{self.metric}'; not scored")
        likelihoods = row.likelihoods
        if likelihoods is not None:
            # By any other metric another option may have been the model's answer.
            if self.metric in ("acc", "exact_match"):
                found["answer"] = LETTERS[likelihoods.index(max(likelihoods))]
            if row.right is not None:
                found |= {"expected": LETTERS[row.right], "position": row.right}
            return found
        found["expected"] = row.target if isinstance(row.target, str | int | float) else _json(row.target)
        if answer := next(iter(row.answers), None):
            found |= {"parsed": False} if answer == _INVALID else {"answer": answer}
        return found


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
