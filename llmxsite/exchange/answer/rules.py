"""Other rules of reading a choice, to see how far an accuracy depends on the rule.

`strict` takes a letter alone, or one that "answer is" or "Answer:" announces; `last` takes the last statement, whatever else the
reply says; `lm-eval` takes what the two expressions of lm-eval's MMLU-Pro task find (EleutherAI/lm-evaluation-harness). None
of them judges whether a reply contradicts itself, so that they bound what judging does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from llmxsite.exchange.answer.choice import last_stated
from llmxsite.exchange.answer.thinking import answer_span
from llmxsite.exchange.asking.question import Style

_ALONE = re.compile(r"[\s*_`\"'(\[$]*(?:\\boxed\{)?([A-Za-z])[\s*_`\"')\]}$.:]*")
_STRICT = re.compile(r"(?i:\banswer(?:\s+is|\s*:))[\s*_`\"'(\[$:]{0,8}(?:\\boxed\{)?([A-Z])(?![\w'’(])")
_LM_EVAL = re.compile(r"answer is \(?([A-J])\)?"), re.compile(r"[aA]nswer:\s*([A-J])")


def strict(reply: str, choices: Sequence[str], style: Style, language: str | None) -> str | None:
    """The reply's only letter, or the one that `answer is X` gives; None where it gives several."""
    start, end, _ = answer_span(reply)
    if match := _ALONE.fullmatch(reply, start, end):
        return match[1].upper()
    found = {match[1] for match in _STRICT.finditer(reply, start, end)}
    return found.pop() if len(found) == 1 else None


def last(reply: str, choices: Sequence[str], style: Style, language: str | None) -> str | None:
    """The letter of the last statement."""
    return last_stated(reply, choices, style=style, language=language)


def lm_eval(reply: str, choices: Sequence[str], style: Style, language: str | None) -> str | None:
    """What lm-eval's expressions find first."""
    match = _LM_EVAL[0].search(reply) or _LM_EVAL[1].search(reply)
    return match[1] if match else None


RULES: dict[str, Callable[[str, Sequence[str], Style, str | None], str | None]] = {
    "strict": strict,
    "last": last,
    "lm-eval": lm_eval,
}
"""Rules by name. Each takes a reply, the options as shown, how the prompt has it answered, and the language where it is known."""
ASKS = {
    "strict": "a letter alone, or “answer is X”",
    "last": "a statement of one of the options",
    "lm-eval": "“The answer is (X)”",
}
"""What a reply has to say for a rule to find an answer in it, as a reader is told."""
