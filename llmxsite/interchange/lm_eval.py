"""Sample logs of lm-eval (`--log_samples`): `samples_<task>_<time>.jsonl`, a line a document and filter."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from llmxsite.diagnostics import Issues
from llmxsite.engine.protocol import EngineInfo, ModelInfo
from llmxsite.interchange.foreign import Foreign, Oddities, Options, decode
from llmxsite.interchange.imported import Imported, Repeats, suite_ref
from llmxsite.record import Answer, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.suite import LETTERS, Item, item_hash

TITLE = "lm-eval sample logs"
SUFFIXES = (".jsonl",)
_NAME = re.compile(r"(?:samples_)?(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d.\-]+)?")
_PRIMARY = ("exact_match", "acc", "acc_norm", "em", "f1", "pass@1")
"""Metrics in the order in which one is taken as the score; where a row has none of them, the first from 0 to 1."""
_INVALID = "[invalid]"
"""What lm-eval's filters leave where they find no answer."""


class Row(msgspec.Struct):
    """A line of such a file. Metrics stand beside these keys, each under its own name."""

    doc_id: int | str
    doc: Any
    target: Any
    resps: list[Any]
    filtered_resps: list[Any]
    arguments: Any = None
    filter: str | None = None
    metrics: list[str] | None = None


_KNOWN = {*Row.__struct_fields__, "doc_hash", "prompt_hash", "target_hash"}
_NEEDED = [field.name for field in msgspec.structs.fields(Row) if field.required]


def read(file: Foreign, options: Options, issues: Issues) -> list[Imported]:
    """The one run in the file. The model is the one given, or the folder the file lies in, as lm-eval names it."""
    model = options.model or file.folder.replace("__", "/")
    if not model:
        raise file.problem(f"{TITLE} do not say which model they are of", hint="name it with --model")
    named = _NAME.fullmatch(file.stem)
    odd = Oddities(file, issues)
    rows = _Rows(named["task"] if named else file.stem, model, odd)
    total = 0
    fault: tuple[int | None, str] | None = None
    for number, raw in file.rows():
        total += 1
        try:
            data = decode(raw)
            row = msgspec.convert(data, Row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            fault = fault or (number, f"not a line of {TITLE}: {error}")
            odd.add("unreadable_rows", number, f"left out, not a line of {TITLE}: {error}")
            continue
        rows.add(number, row, {name: value for name, value in data.items() if name not in _KNOWN})
    if not rows.samples:
        place, why = fault or (None, "no lines in it")
        raise file.problem(why, row=place, hint=f"each line has {', '.join(f'`{name}`' for name in _NEEDED)}")
    odd.finish()
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(rows.suite, None, rows.repeats.items.values())],
            samples=rows.samples,
            engine=EngineInfo(name="lm-eval"),
            source={"tool": "lm-eval", "file": file.name, "sha256": file.sha256, "rows": total, **odd.counts},
            identity=f"lm-eval {file.sha256} {model} {rows.suite}",
        )
    ]


class _Rows:
    """The samples of one file."""

    def __init__(self, suite: str, model: str, odd: Oddities) -> None:
        self.suite, self.model, self.odd = suite, model, odd
        self.samples: list[Sample] = []
        self.repeats = Repeats()
        self.times: Counter[tuple[str, str | None]] = Counter()

    def add(self, number: int, row: Row, others: dict[str, Any]) -> None:
        """`others` holds what stands beside the known keys: the metrics."""
        # What a document asks and what is right only lm-eval's task knows, so all of it makes the item.
        item = Item(id=str(row.doc_id), question=_json(row.doc), answer=_json(row.target))
        digest = item_hash(item)
        self.repeats.next(item, digest)
        condition: dict[str, Scalar] = {"model": self.model}
        if row.filter is not None:
            condition["filter"] = row.filter  # each filter reads the same reply on a line of its own
        met = f"{item.id} {digest}", row.filter
        repeat = self.times[met]
        self.times[met] += 1
        if repeat:
            self.odd.add("repeated_documents", number, f"document {item.id} comes again; kept as another sample of it")
        doc = row.doc if isinstance(row.doc, dict) else {}
        scores = self._scores(number, row, others)
        self.samples.append(
            Sample(
                key=sample_key(None, self.suite, met[0], condition, Sent(), repeat),
                suite=self.suite,
                item=item.id,
                item_hash=digest,
                category=_word(doc.get("category") or doc.get("subject")),
                condition=condition,
                repeat=repeat,
                request=Sent(prompt=_prompt(row.arguments)),
                shown=Shown(question=_word(doc.get("question")), choices=_choices(doc)),
                reply=Answer(text=_reply(row.resps)),
                outcome="failure" if scores.get("parsed") is False else "ok",
                scores=scores,
            )
        )

    def _scores(self, number: int, row: Row, others: dict[str, Any]) -> dict[str, Any]:
        """One metric as the score, all of them under `lm_eval`, answer and key where they can be told."""
        names = others if row.metrics is None else [name for name in row.metrics if name in others]
        metrics = {name: others[name] for name in names if isinstance(others[name], int | float)}
        found: dict[str, Any] = {"lm_eval": metrics} if metrics else {}
        grades = [name for name in (*_PRIMARY, *metrics) if 0 <= metrics.get(name, -1) <= 1]
        if grades:
            found["correct"] = float(metrics[grades[0]])
        else:
            self.odd.add("rows_without_a_grade", number, "no metric from 0 to 1; not scored")
        likelihoods = _likelihoods(row.filtered_resps)
        if likelihoods is not None:
            found["answer"] = LETTERS[likelihoods.index(max(likelihoods))]
            if str(row.target).isdigit() and int(row.target) < len(likelihoods):
                found |= {"expected": LETTERS[int(row.target)], "position": int(row.target)}
            return found
        found["expected"] = row.target if isinstance(row.target, str | int | float) else _json(row.target)
        answer = _reply(row.filtered_resps)
        if answer == _INVALID:
            found["parsed"] = False
        elif answer is not None:
            found["answer"] = answer
        return found


def _likelihoods(responses: list[Any]) -> list[float] | None:
    """The log-likelihood of each option, where options were compared: `[[-1.5, false], ...]`."""
    if not 2 <= len(responses) <= len(LETTERS):
        return None
    try:
        return [float(value) for value, _ in responses]
    except (TypeError, ValueError):
        return None


def _reply(responses: list[Any]) -> str | None:
    """The first reply, where replies are texts."""
    first = responses[0] if responses else None
    while isinstance(first, list) and first:
        first = first[0]
    return first if isinstance(first, str) and _likelihoods(responses) is None else None


def _prompt(arguments: Any) -> str | None:
    """The text that was sent: of several requests for one document, the first."""
    value = arguments
    for _ in range(3):
        if isinstance(value, dict) and value:
            value = next(iter(value.values()))
        elif isinstance(value, list) and value:
            value = value[0]
    return value if isinstance(value, str) else None


def _choices(doc: dict[str, Any]) -> list[str] | None:
    """The options, as most tasks name them."""
    value = doc.get("choices") or doc.get("options") or doc.get("endings")
    if isinstance(value, dict):
        value = value.get("text")
    return value if isinstance(value, list) and value and all(isinstance(v, str) for v in value) else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
