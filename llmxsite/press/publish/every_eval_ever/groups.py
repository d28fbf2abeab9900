"""What one record is about: the samples of a run that share model, condition and suite."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import msgspec

from llmxsite.analysis.results.tables import rows
from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.log.record import Sample, Scalar, SuiteRef
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.publish.every_eval_ever import instance
from llmxsite.press.publish.every_eval_ever.identity import file_id, folder, model_id
from llmxsite.press.site.edition import Edition
from llmxsite.study.suite import item_hash


class Group(msgspec.Struct, kw_only=True):
    """One record while it is made. `numbers` is its row of `results.summarise`."""

    run: RunEntry
    suite: SuiteRef
    model: ModelInfo
    model_id: str
    condition: dict[str, Scalar]
    file: str
    """The files' name without suffix."""
    numbers: dict[str, Any]
    values: dict[int, float]
    """Score by line of the log, of the samples that have one."""
    questions: dict[str, str]
    """Text of an item by its hash, where the study has the suite that was asked."""
    options: dict[str, Any] | None = None
    """What every request of the group was sent with."""
    think: bool | None = None
    scorers: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def place(self) -> str:
        """Address of its files from the datastore's root, without suffix."""
        return f"{folder(self.suite.id, self.model_id)}/{self.file}"

    @property
    def evaluation_id(self) -> str:
        """Suite, model and what tells this record from any other of the two; it stays when the model's card changes."""
        return f"{self.suite.id}/{self.model.name}/{self.file}"

    @property
    def result_id(self) -> str:
        """Of the one result in the record, which every sample points to."""
        return f"{self.suite.id}:{'accuracy' if self.right_or_wrong else 'mean_score'}"

    @property
    def right_or_wrong(self) -> bool:
        """Whether every score is 0 or 1, so that their mean is an accuracy."""
        return all(value in (0, 1) for value in self.values.values())

    def take(self, sample: Sample, line: int) -> dict[str, object]:
        """A sample's line, and note what was sent."""
        options = sample.request.options
        known = options if self.options is None else self.options
        self.options = {k: v for k, v in known.items() if k in options and options[k] == v}
        self.think = sample.request.think
        if sample.scorer:
            self.scorers[sample.scorer] += 1
        head: dict[str, object] = {
            "schema_version": instance.VERSION,
            "evaluation_id": self.evaluation_id,
            "model_id": self.model_id,
            "evaluation_name": self.suite.id,
            "evaluation_result_id": self.result_id,
        }
        tool = str((self.run.run.source or {}).get("tool", ""))
        return head | instance.row(sample, self.values[line], self.questions.get(sample.item_hash), tool)


def groups(edition: Edition, entry: RunEntry) -> list[Group]:
    """The records of a run, in a fixed order; none for samples that nothing scored."""
    from llmxsite.analysis.results import summarise
    from llmxsite.analysis.results.groups import group, scores

    samples = edition.numbers.of([entry])
    if not len(samples):
        return []
    by = ["suite", "suite_hash", "model", "digest", *samples.factors]
    codes = group(samples, by).codes
    summaries = rows(summarise(samples, by))
    value, line = scores(samples.frame).value, samples.frame["line"].to_numpy()
    found = []
    for code, numbers in enumerate(summaries):
        values = {int(n): float(v) for n, v in zip(line[codes == code], value[codes == code], strict=True) if v == v}
        if values:
            condition = {k: _plain(numbers[k]) for k in ("model", *samples.factors) if numbers.get(k) is not None}
            found.append(_group(edition, entry, numbers, values, condition))
    return found


def _group(
    edition: Edition,
    entry: RunEntry,
    numbers: dict[str, Any],
    values: dict[int, float],
    condition: dict[str, Scalar],
) -> Group:
    run, name, digest = entry.run, str(numbers["model"]), numbers.get("digest")
    suite_id, suite_hash = str(numbers["suite"]), str(numbers.get("suite_hash") or "")
    ref = next((s for s in run.suites if s.id == suite_id), None) or SuiteRef(id=suite_id, hash=suite_hash)
    known = edition.catalogue.suite(suite_id)
    items = known.suite.items if known is not None and known.suite is not None else []
    model = next((m for m in run.models if m.name == name and digest in (m.digest, m.weights)), None)
    return Group(
        run=entry,
        suite=ref,
        model=model or ModelInfo(name=name, digest=digest),
        model_id=model_id(edition, name),
        condition=condition,
        file=file_id(run.id, suite_id, suite_hash, digest, condition),
        numbers=numbers,
        values=values,
        questions={item_hash(item): item.shown() for item in items},
    )


def _plain(value: Any) -> Scalar:
    """A factor's value as the log has it: the table turns whole numbers of a column with gaps into floats."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
