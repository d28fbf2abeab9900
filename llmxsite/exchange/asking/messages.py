"""Turning an item into messages: the built-in prompts and template files."""

from __future__ import annotations

import hashlib
import random
import re
from functools import lru_cache

from llmxsite.base.diagnostics import Problem
from llmxsite.exchange.asking.plan import style_of
from llmxsite.exchange.asking.question import Question
from llmxsite.exchange.asking.wording import list_letters, primary, wording
from llmxsite.exchange.engine.protocol import Message
from llmxsite.study.experiment import Prompt, Template
from llmxsite.study.suite import LETTERS, QuestionItem, Suite, item_hash

_REFERS = re.compile(
    r"\b(above|below|ci-dessus|ci-dessous|précédent\w*|preceding|both|neither)\b|\b[A-Z]\b\s*(,|and|or|et|ou|&)\s*\b[A-Z]\b"
)


def question_of(
    suite: Suite, item: QuestionItem, prompt: Prompt, language: str | None, shuffle: int | None
) -> Question:
    """How the item is shown, and what counts as right. `shuffle` is the seed of the options' order; None keeps it."""
    known = language or item.language or suite.language
    spoken, heard = primary(known), primary(known) if known else None
    style = style_of(prompt)
    if item.choices:
        right = item.right
        if right is None:
            raise Problem.at(suite.id, "suite-answer", f"item '{item.id}': the answer is not one of its options")
        order = None if shuffle is None else option_order(item, shuffle)
        shown = item.choices if order is None else [item.choices[i] for i in order]
        place = right if order is None else order.index(right)
        return Question(
            kind="choice",
            choices=list(shown),
            expected=LETTERS[place],
            order=order,
            language=spoken,
            spoken=heard,
            style=style,
        )
    if isinstance(item.answer, int | float):
        return Question(
            kind="numeric", expected=item.answer, unit=item.unit, language=spoken, spoken=heard, style=style
        )
    accepted = [item.answer] if isinstance(item.answer, str) else list(item.answer)
    return Question(kind="text", expected=accepted[0], accepted=accepted, language=spoken, spoken=heard, style=style)


def option_order(item: QuestionItem, seed: int) -> list[int]:
    """The order of an item's options under a seed: for each place shown, the option's index in the suite.

    It depends on the seed and on the item's content, not on its neighbours. Options that speak of others by place or
    letter ("all of the above", "both A and B") would change their meaning: such an item keeps its order.
    """
    choices = item.choices or []
    order = list(range(len(choices)))
    if not any(_REFERS.search(choice) for choice in choices):
        digest = hashlib.sha256(f"{seed}\0{item_hash(item)}".encode()).digest()
        random.Random(digest).shuffle(order)
    return order


def messages_for(
    suite: Suite, item: QuestionItem, question: Question, prompt: Prompt, system: str | None, template: str | None
) -> tuple[list[Message], str | None]:
    """The messages of a request, or, for the prompt `completion`, none and the raw text."""
    messages = [Message(role="system", content=system)] if system else []
    if prompt.kind == "completion":
        parts = [_worked(example, question.language) for example in _examples(suite, prompt)]
        raw = "\n\n".join([*parts, _labelled_question(item, question)])
        return [], f"{system}\n\n{raw}" if system else raw
    if prompt.kind == "template":
        return [*messages, Message(role="user", content=_template(suite, item, question, str(template)))], None
    if prompt.kind == "few-shot":
        for example in _examples(suite, prompt):
            shown = question_of(suite, example, prompt, question.language, None)
            messages.append(Message(role="user", content=_user(example, shown, prompt)))
            messages.append(Message(role="assistant", content=_solution(shown)))
    return [*messages, Message(role="user", content=_user(item, question, prompt))], None


def _user(item: QuestionItem, question: Question, prompt: Prompt) -> str:
    """One item as a user's message: the question, its options, what to answer with."""
    words = wording(question.language)
    reasons = prompt.kind in ("cot", "self-consistency")
    if question.kind == "choice":
        last = words.last_letter if reasons else words.letter
    elif question.kind == "numeric":
        plain = words.number_unit.format(unit=question.unit) if question.unit else words.number
        last = words.last_number if reasons else plain
        if reasons and question.unit:
            last = f"{last} ({question.unit})"
    else:
        last = words.last_text if reasons else words.text
    parts = [item.question, _options(question), f"{words.steps} {last}" if reasons else last]
    return "\n\n".join(part for part in parts if part)


def _options(question: Question) -> str:
    return "\n".join(f"{letter}) {text}" for letter, text in zip(LETTERS, question.choices, strict=False))


def _labelled_question(item: QuestionItem, question: Question) -> str:
    words = wording(question.language)
    parts = [f"{words.question} {item.question}", _options(question), words.answer]
    return "\n".join(part for part in parts if part)


def _worked(example: QuestionItem, language: str) -> str:
    """A worked example of a raw prompt."""
    shown = question_of(_NO_SUITE, example, Prompt("letter"), language, None)
    return f"{_labelled_question(example, shown)} {_solution(shown)}"


def _solution(question: Question) -> str:
    value = question.expected
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _examples(suite: Suite, prompt: Prompt) -> list[QuestionItem]:
    if len(suite.examples) < prompt.n:
        raise Problem.at(
            suite.id,
            "suite-examples",
            f"{prompt.kind}({prompt.n}) needs {prompt.n} worked examples; the suite '{suite.id}' has {len(suite.examples)}",
            hint="add items under 'examples:' in the suite, or ask with fewer",
        )
    return _worked_ones(suite)[: prompt.n]


def _worked_ones(suite: Suite) -> list[QuestionItem]:
    return [example for example in suite.examples if isinstance(example, QuestionItem)]


def _template(suite: Suite, item: QuestionItem, question: Question, text: str) -> str:
    words = wording(question.language)
    return _parsed(text).render(
        {
            "question": item.question,
            "choices": _options(question),
            "letters": list_letters(LETTERS[: len(question.choices)], words.either),
            "unit": question.unit or "",
            "category": item.category or "",
            "examples": "\n\n".join(_worked(example, question.language) for example in _worked_ones(suite)),
        }
    )


@lru_cache(maxsize=32)
def _parsed(text: str) -> Template:
    return Template.parse(text, "template")


_NO_SUITE = Suite(id="", title="")
