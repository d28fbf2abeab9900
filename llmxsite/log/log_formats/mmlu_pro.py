"""The published model outputs of MMLU-Pro: a JSON list with a row a question, a file a model.

An answer is what the reply says, read as every other reply is. The publishers' own reading, `pred`, stands beside it: some of
their files fill in a letter where they found none, and such a letter is nobody's answer.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues
from llmxsite.base.foreign_text import json_value, same
from llmxsite.exchange.answer.scorer import newest
from llmxsite.exchange.asking.plan import Turn
from llmxsite.exchange.asking.question import Question
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Reply
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, Oddities
from llmxsite.log.log_formats.imported import Imported, Repeats, fingerprint, suite_ref
from llmxsite.log.record import Answer, Sample, Scalar, Sent, Shown, sample_key
from llmxsite.study.suite import LETTERS, QuestionItem, item_hash
from llmxsite.study.suite.model import tidy

TITLE = "MMLU-Pro model outputs"
SUFFIXES = (".json", ".jsonl")
SUITE = "mmlu-pro"
_NAME = re.compile(r"(?:model_outputs_)?(?P<model>.+?)(?:_(?P<prompt>\d+shots?))?(?:\s*\(\d+\)| - Copy)?")
"""With what a browser or Windows adds to the name of a second copy."""


class Row(msgspec.Struct):
    """A row of such a file. Other keys are passed over."""

    question_id: int | float | str
    question: str
    options: list[str]
    answer: str
    pred: str | None = None
    answer_index: int | float | None = None
    category: str | None = None
    src: str | None = None
    generated_text: str | list[str] | None = None
    model_outputs: str | list[str] | None = None


_NEEDED = [field.name for field in msgspec.structs.fields(Row) if field.required]
_decode = msgspec.json.Decoder(Row).decode


def read(file: Foreign, options: ImportOptions, issues: Issues) -> list[Imported]:
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
            odd.leave_out(kind, number, f"not a row of {TITLE}: {error}")
            continue
        reader.add(number, row)
    if not reader.samples:
        place, why = fault or (None, "no rows in it")
        raise file.problem(why, row=place, hint=f"each row has {', '.join(f'`{name}`' for name in _NEEDED)}")
    odd.finish()
    preds = reader.preds
    return [
        Imported(
            model=ModelInfo(name=model),
            suites=[suite_ref(SUITE, "MMLU-Pro", reader.repeats.items.values())],
            samples=reader.samples,
            engine=EngineInfo(name="mmlu-pro"),
            source=odd.source("MMLU-Pro", total, pred=preds.counts),
            identity=f"mmlu-pro {fingerprint(reader.samples)} {model}",
            said=preds.said(),
        )
    ]


def _row(raw: bytes) -> Row:
    """A row; by the slower way where it is not quite JSON."""
    try:
        return _decode(raw)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json_value(raw), Row)


def _whole(value: int | float | str | None) -> int | float | str | None:
    """A whole number without the .0 that pandas gives it where a column has gaps."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Preds:
    """How the publishers' letters agree with the replies."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(
            (
                "same",
                "differ",
                "without_an_answer",
                "without_a_pred",
                "pred_right",
                "reply_right",
                "right_without_an_answer",
            ),
            0,
        )

    def add(self, pred: str | None, answer: str | None, expected: str) -> None:
        kind = "same" if pred == answer else "without_a_pred" if pred is None else "differ"
        self.counts["without_an_answer" if answer is None and pred is not None else kind] += 1
        self.counts["pred_right"] += pred == expected
        self.counts["reply_right"] += answer == expected
        self.counts["right_without_an_answer"] += answer is None and pred == expected

    def said(self) -> list[str]:
        """The whole in a sentence, where the letters are not all the same."""
        n = self.counts
        if not n["differ"] + n["without_an_answer"] + n["without_a_pred"]:
            return []
        sentence = (
            f"`pred` disagrees with the replies: {n['without_an_answer']:,} where no answer can be read in the reply"
            f" ({n['right_without_an_answer']:,} of them right), {n['differ']:,} where the reply says another letter,"
            f" {n['without_a_pred']:,} missing; right by `pred` {n['pred_right']:,}, by the replies {n['reply_right']:,}"
        )
        return [sentence]


def _read(text: str, item: QuestionItem, options: list[str]) -> tuple[dict[str, Any], str | None]:
    """The scores of a reply, and what gave them; a key that is none of the options' letters can only be compared."""
    expected = item.answer if isinstance(item.answer, str) and item.right is not None else LETTERS[0]
    question = Question(kind="choice", choices=options, expected=expected, style="reasoned")
    reading = newest(question.kind)
    assert reading is not None  # the way to score a choice comes with this package
    scored = reading.score(question, [Turn(Sent().calls("")[0], Reply(text=text))]).written()
    if item.right is not None:
        return scored, reading.id
    scored.pop("position")
    return scored | {"expected": item.answer, "correct": scored["answer"] == item.answer}, None


class _Rows:
    """The samples of one file."""

    def __init__(self, condition: dict[str, Scalar], odd: Oddities) -> None:
        self.condition, self.odd = condition, odd
        self.samples: list[Sample] = []
        self.repeats = Repeats()
        self.preds = Preds()

    def add(self, number: int, row: Row) -> None:
        item = QuestionItem(
            id=str(_whole(row.question_id)),
            question=tidy(row.question),
            choices=[tidy(option) for option in row.options],
            answer=row.answer,
        )
        digest = item_hash(item)
        repeat = self.repeats.next(item, digest)
        warnings = self._warnings(number, row, item, digest, repeat)
        reply = row.generated_text if row.generated_text is not None else row.model_outputs
        text = "\n\n".join(reply) if isinstance(reply, list) else reply
        if text is None:
            scores, scorer = self._told(number, row, item), None
        else:
            scores, scorer = _read(text, item, row.options)
            self._compare(number, row, item, scores["answer"])
        scores["mmlu_pro"] = {"pred": row.pred}
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
                outcome="ok" if scores["parsed"] else "failure",
                scores=scores,
                scorer=scorer,
            )
        )

    def _told(self, number: int, row: Row, item: QuestionItem) -> dict[str, Any]:
        """The scores of a row without a reply: the publishers' letter is all there is."""
        self.odd.add("rows_without_a_reply", number, f"question {item.id}: no reply; `pred` is taken for the answer")
        answer = (row.pred or "").strip() or None
        scores = {"answer": answer, "expected": row.answer, "parsed": answer is not None}
        scores["correct"] = answer is not None and same(answer, row.answer)
        return scores | ({"position": item.right} if item.right is not None else {})

    def _compare(self, number: int, row: Row, item: QuestionItem, answer: str | None) -> None:
        """Count whether the publishers' letter is the one that the reply says, and tell where it is not."""
        pred = (row.pred or "").strip() or None
        self.preds.add(pred, answer, row.answer.strip())
        if pred == answer:
            return
        if answer is None:
            message = f"question {item.id}: `pred` says {pred}, but no answer can be read in the reply; not taken"
            self.odd.add("preds_without_an_answer", number, message)
        elif pred is None:
            self.odd.add(
                "answers_without_a_pred", number, f"question {item.id}: no `pred`, but the reply says {answer}"
            )
        else:
            message = f"question {item.id}: `pred` says {pred}, the reply {answer}; the reply counts"
            self.odd.add("preds_that_differ", number, message)

    def _warnings(self, number: int, row: Row, item: QuestionItem, digest: str, repeat: int) -> list[str]:
        """What is odd about a row that is a sample all the same."""
        found: list[str] = []
        index = _whole(row.answer_index)
        letter = LETTERS[index] if isinstance(index, int) and 0 <= index < len(LETTERS) else "no letter"
        if index is not None and letter != row.answer:
            found.append("key-disagrees")
            message = (
                f"question {item.id}: `answer` is {row.answer}, `answer_index` {index} is {letter}; `answer` counts"
            )
            self.odd.add("key_disagreements", number, message)
        if item.right is None:
            found.append("key-outside-options")
            message = f"question {item.id}: the key {row.answer!r} is none of its {len(row.options)} options"
            self.odd.add("keys_outside_options", number, message)
        if row.pred is not None and row.pred.strip() and row.pred.strip() not in [*LETTERS[: len(row.options)]]:
            found.append("pred-outside-options")
            message = f"question {item.id}: `pred` {row.pred!r} is none of its {len(row.options)} options"
            self.odd.add("preds_outside_options", number, message)
        if self.repeats.differs(item, digest):
            found.append("question-differs")
            message = f"question {item.id} comes again with another text or key; kept apart as an item of its own"
            self.odd.add("questions_that_differ", number, message)
        elif repeat:
            found.append("question-repeats")
            self.odd.add("repeated_questions", number, f"question {item.id} comes again; kept as another sample of it")
        return found
