"""The published model outputs of MMLU-Pro: a JSON list with a row a question, a file a model."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from llmxsite.diagnostics import Issues
from llmxsite.engine.protocol import EngineInfo, ModelInfo
from llmxsite.interchange.foreign import Foreign, Oddities, Options, decode
from llmxsite.interchange.imported import Imported, Repeats, suite_ref
from llmxsite.record import Answer, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.suite import LETTERS, Item, item_hash
from llmxsite.suite.model import tidy

TITLE = "MMLU-Pro model outputs"
SUFFIXES = (".json", ".jsonl")
SUITE = "mmlu-pro"
_NAME = re.compile(r"(?:model_outputs_)?(?P<model>.+?)(?:_(?P<prompt>\d+shots?))?")


class Row(msgspec.Struct):
    """A row of such a file. Other keys are passed over."""

    question_id: int | str
    question: str
    options: list[str]
    answer: str
    pred: str | None
    answer_index: int | None = None
    category: str | None = None
    src: str | None = None
    generated_text: str | list[str] | None = None
    model_outputs: str | list[str] | None = None


_NEEDED = [field.name for field in msgspec.structs.fields(Row) if field.required]
_decode = msgspec.json.Decoder(Row).decode


def read(file: Foreign, options: Options, issues: Issues) -> list[Imported]:
    """The one run in the file. Every row of the right shape is a sample; the others are counted and told.

    Raises `Problem` where there is none.
    """
    named = _NAME.fullmatch(file.stem)
    model = options.model or (named["model"] if named else file.stem)
    condition: dict[str, Scalar] = {"model": model}
    if named and named["prompt"]:
        condition["prompt"] = named["prompt"]
    odd = Oddities(file, issues)
    reader = _Rows(condition, odd)
    total = 0
    fault: tuple[int | None, str] | None = None
    for number, raw in file.rows():
        total += 1
        try:
            row = _row(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            fault = fault or (number, f"not a row of {TITLE}: {error}")
            kind = "unreadable_rows" if raw.lstrip()[:1] == b"{" else "rows_not_objects"
            odd.add(kind, number, f"left out, not a row of {TITLE}: {error}")
            continue
        reader.add(number, row)
    if not reader.samples:
        place, why = fault or (None, "no rows in it")
        raise file.problem(why, row=place, hint=f"each row has {', '.join(f'`{name}`' for name in _NEEDED)}")
    odd.finish()
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(SUITE, "MMLU-Pro", reader.repeats.items.values())],
            samples=reader.samples,
            engine=EngineInfo(name="mmlu-pro"),
            source={"tool": "MMLU-Pro", "file": file.name, "sha256": file.sha256, "rows": total, **odd.counts},
            identity=f"mmlu-pro {file.sha256} {model}",
        )
    ]


def _row(raw: bytes) -> Row:
    """A row; by the slower way where it is not quite JSON."""
    try:
        return _decode(raw)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(decode(raw), Row)


class _Rows:
    """The samples of one file."""

    def __init__(self, condition: dict[str, Scalar], odd: Oddities) -> None:
        self.condition, self.odd = condition, odd
        self.samples: list[Sample] = []
        self.repeats = Repeats()

    def add(self, number: int, row: Row) -> None:
        item = Item(
            id=str(row.question_id),
            question=tidy(row.question),
            choices=[tidy(option) for option in row.options],
            answer=row.answer,
        )
        digest = item_hash(item)
        repeat = self.repeats.next(item, digest)
        warnings = self._warnings(number, row, item, digest, repeat)
        scores: dict[str, Any] = {
            "answer": row.pred,
            "expected": row.answer,
            "correct": row.pred == row.answer,
            "parsed": row.pred is not None,
        }
        if item.right is not None:
            scores["position"] = item.right
        reply = row.generated_text if row.generated_text is not None else row.model_outputs
        text = "\n\n".join(reply) if isinstance(reply, list) else reply
        self.samples.append(
            Sample(
                key=sample_key(None, SUITE, f"{item.id} {digest}", self.condition, Sent(), repeat),
                suite=SUITE,
                item=item.id,
                item_hash=digest,
                category=row.category,
                subcategory=row.src,
                condition=self.condition,
                repeat=repeat,
                shown=Shown(question=row.question, choices=row.options),
                reply=Answer(text=text, warnings=warnings),
                outcome="failure" if row.pred is None else "ok",
                scores=scores,
            )
        )

    def _warnings(self, number: int, row: Row, item: Item, digest: str, repeat: int) -> list[str]:
        """What is odd about a row that is a sample all the same."""
        found: list[str] = []
        index = row.answer_index
        if index is not None and (not 0 <= index < len(LETTERS) or LETTERS[index] != row.answer):
            found.append("key-disagrees")
            letter = LETTERS[index] if 0 <= index < len(LETTERS) else "no letter"
            message = (
                f"question {item.id}: `answer` is {row.answer}, `answer_index` {index} is {letter}; `answer` counts"
            )
            self.odd.add("key_disagreements", number, message)
        if item.right is None:
            found.append("key-outside-options")
            message = f"question {item.id}: the key {row.answer!r} is none of its {len(row.options)} options"
            self.odd.add("keys_outside_options", number, message)
        if row.pred is not None and row.pred not in [*LETTERS[: len(row.options)]]:
            found.append("answer-outside-options")
            message = f"question {item.id}: {row.pred!r} is none of its {len(row.options)} options; counted as wrong"
            self.odd.add("answers_outside_options", number, message)
        if self.repeats.differs(item, digest):
            found.append("question-differs")
            message = f"question {item.id} comes again with another text or key; kept apart as an item of its own"
            self.odd.add("questions_that_differ", number, message)
        elif repeat:
            found.append("question-repeats")
            self.odd.add("repeated_questions", number, f"question {item.id} comes again; kept as another sample of it")
        return found
