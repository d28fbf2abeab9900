"""What makes a suite a poor measure, though it can be used: `suite check` adds these warnings to the faults of loading."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from llmxsite.base.diagnostics import Issue, Issues, did_you_mean, several
from llmxsite.study.suite import giveaway, spoken
from llmxsite.study.suite.datasheet import QUESTIONS
from llmxsite.study.suite.model import LETTERS, Item, QuestionItem, Suite, choices_of, item_hash
from llmxsite.study.suite.origin import Origin
from llmxsite.study.suite.reader import Loaded, name, read

FEW = 20
"""LLMxRay's community rule: at least 20 questions."""
DIFFICULTIES = ("easy", "medium", "hard")
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffd]")
_BY_PLACE = re.compile(
    r"\b(?i:(all|none|both|neither|either) of the (above|below|others?))\b"
    r"|^\(?(([Bb]oth|[Nn]either|[Ee]ither) )?\(?[A-Z]\)?,? (and|or|nor) \(?[A-Z]\)?( only)?\.?$"
)
"""`All of the above`, `Both A and B`: options that point at others by where they stand."""
_WORDS = re.compile(r"\w+")


def check(path: Path, issues: Issues) -> Loaded:
    """Load the suite at `path` and report everything about it. Raises `Problem` when nothing can be read at all."""
    path = path / "suite.yaml" if path.is_dir() else path
    loaded = read(path, issues)
    suite, origin = loaded
    issues.extend(_head(suite, origin, path))
    issues.extend(_counts(suite, origin))
    issues.extend(_texts(suite, origin))
    issues.extend(_repeats(suite, origin))
    issues.extend(_labels(suite, origin))
    issues.extend(_difficulties(suite, origin))
    issues.extend(giveaway.find(suite, origin))
    return loaded


def _head(suite: Suite, origin: Origin, path: Path) -> Iterator[Issue]:
    if name(path) != suite.id and not origin.names:
        message = f"the suite's id is '{suite.id}', but its file says '{name(path)}'"
        yield origin.suite.issue("suite-id-file", message, "id", severity="warning", hint="give them the same name")
    if not suite.licence:
        hint = "add `licence:` with an SPDX identifier, such as CC-BY-4.0; without one nobody may reuse the questions"
        yield origin.suite.issue("suite-licence-missing", "no licence", severity="warning", hint=hint)
    for field in ("description", "version", "language", "source"):
        if not getattr(suite, field):
            yield origin.suite.issue(f"suite-{field}-missing", f"no {field}", severity="hint", hint=f"add `{field}:`")
    if unread := spoken.unread(suite):
        yield origin.suite.issue(spoken.CODE, unread, "language", severity="warning", hint=spoken.HINT)
    for section, answers in suite.datasheet.items():
        if section not in QUESTIONS:
            yield _strange(origin, f"a datasheet has no section '{section}'", (section,), list(QUESTIONS))
            continue
        for key in answers if isinstance(answers, dict) else []:
            if key not in QUESTIONS[section]:
                message = f"section '{section}' has no question '{key}'"
                yield _strange(origin, message, (section, key), list(QUESTIONS[section]))


def _strange(origin: Origin, message: str, keys: tuple[str, ...], known: list[str]) -> Issue:
    hint = did_you_mean(keys[-1], known)
    return origin.suite.issue("suite-datasheet-key", message, "datasheet", *keys, severity="warning", hint=hint)


def _counts(suite: Suite, origin: Origin) -> Iterator[Issue]:
    if 0 < len(suite.items) < FEW:
        message = f"{several(len(suite.items), 'item')}; fewer than {FEW} show next to nothing"
        hint = "with 20 questions the interval around 50 % is still 20 points wide to each side"
        yield origin.suite.issue("suite-few-items", message, "items", severity="warning", hint=hint)


def _texts(suite: Suite, origin: Origin) -> Iterator[Issue]:
    """Characters that break a table, a log or a prompt, and options that only make sense in one order."""
    by_place: list[int] = []
    quoted: list[int] = []
    denormal: list[int] = []
    for index, item in enumerate(suite.items):
        place = origin.item(index)
        fields = list(item.texts())
        choices = choices_of(item)
        for field, text in fields:
            if match := _CONTROL.search(text):
                message = f"control character U+{ord(match[0]):04X} in {'an option' if field == 'choices' else f'the {field}'}"
                yield place.issue("suite-text-control", message, field, severity="warning")
            elif match := _INVISIBLE.search(text):
                message = f"invisible or broken character U+{ord(match[0]):04X} ({unicodedata.name(match[0], 'unnamed').lower()})"
                yield place.issue("suite-text-invisible", message, field, severity="warning")
        for number, choice in enumerate(choices):
            if "\n" in choice:
                message = f"option {LETTERS[number]} has several lines: a list of options breaks"
                yield place.issue("suite-choice-lines", message, "choices", number, severity="warning")
        if _lettered(choices):
            message = "the options carry their own letters, and will get them twice"
            yield place.issue(
                "suite-choice-letters", message, "choices", severity="warning", hint="take the letters off"
            )
        if any(_BY_PLACE.search(choice) for choice in choices):
            by_place.append(index)
        if _quoted(item):
            quoted.append(index)
        if any(unicodedata.normalize("NFC", text) != text for _, text in fields):
            denormal.append(index)
    yield from _together(
        by_place,
        suite,
        origin,
        "suite-choice-order",
        "options refer to others by place (`all of the above`); do not shuffle them",
    )
    yield from _together(
        quoted,
        suite,
        origin,
        "suite-answer-quoted",
        "a number in quotes is compared as text",
        "answer",
        hint="take the quotes off",
    )
    yield from _together(
        denormal, suite, origin, "suite-text-unicode", "letters and accents are separate characters (not Unicode NFC)"
    )


def _quoted(item: Item) -> bool:
    """Whether the answer is a number that was written as a text."""
    answer = item.answer if isinstance(item, QuestionItem) and item.choices is None else None
    return isinstance(answer, str) and re.fullmatch(r"[-+]?[\d.,]+", answer) is not None


def _lettered(choices: list[str]) -> bool:
    starts = [re.match(r"\(?([A-Z])[).:] ", choice) for choice in choices]
    letters = "".join(match[1] for match in starts if match)
    return len(letters) > 1 and letters == LETTERS[: len(starts)]


def _repeats(suite: Suite, origin: Origin) -> Iterator[Issue]:
    questions: dict[str, list[int]] = {}
    for index, item in enumerate(suite.items):
        questions.setdefault(_same(item), []).append(index)
        if isinstance(item, QuestionItem):
            yield from _equal_choices(item, index, origin)
    for same in questions.values():
        for position, index in enumerate(same[1:], 1):
            item, earlier = suite.items[index], [suite.items[i] for i in same[:position]]
            twin = next((e for e in earlier if _choice_set(e) == _choice_set(item)), None)
            if twin is not None:
                field = ("question",) if isinstance(item, QuestionItem) else ()
                message = f"the same {'question' if field else 'item'} as item '{twin.id}'"
                yield origin.item(index).issue("suite-duplicate-question", message, *field, severity="warning")
    folded: dict[str, str] = {}
    for index, item in enumerate(suite.items):
        other = folded.setdefault(item.id.casefold(), item.id)
        if other != item.id:
            message = f"id '{item.id}' differs from '{other}' only in capitals"
            yield origin.item(index).issue("suite-duplicate-id", message, "id", severity="warning")
    for index, example in enumerate(suite.examples):
        if _same(example) in questions:
            message = "a worked example must not be asked: its answer is in the prompt"
            yield origin.example(index).issue("suite-example-asked", message, "question", severity="warning")


def _equal_choices(item: QuestionItem, index: int, origin: Origin) -> Iterator[Issue]:
    """Options that are the same (an error already where one is the answer), or differ in capitals and spaces only."""
    seen: dict[str, int] = {}
    for number, choice in enumerate(item.choices or []):
        first = seen.setdefault(" ".join(choice.split()).casefold(), number)
        assert item.choices is not None
        if first == number or (choice == item.choices[first] and item.right in (first, number)):
            continue
        how = "are the same" if choice == item.choices[first] else "differ in capitals or spaces only"
        message = (
            f"options {LETTERS[first]} and {LETTERS[number]} {how}" if number < len(LETTERS) else f"two options {how}"
        )
        yield origin.item(index).issue("suite-choices-equal", message, "choices", number, severity="warning")


def _labels(suite: Suite, origin: Origin) -> Iterator[Issue]:
    """Missing categories, and labels that differ in spelling only."""
    without = [index for index, item in enumerate(suite.items) if not (item.category or "").strip()]
    if suite.items and len(without) == len(suite.items):
        hint = "add `category:` to each; results are shown by category"
        yield origin.suite.issue(
            "suite-category-missing", "no item has a category", "items", severity="warning", hint=hint
        )
    else:
        for index in without:
            yield origin.item(index).issue("suite-category-missing", "no category", severity="warning")
    for field in ("category", "subcategory", "difficulty"):
        counts = Counter(value for item in suite.items if (value := getattr(item, field)))
        usual: dict[str, str] = {}
        for value, _ in counts.most_common():
            usual.setdefault(re.sub(r"[\W_]+", "", value).casefold(), value)
        for index, item in enumerate(suite.items):
            value = getattr(item, field)
            common = usual.get(re.sub(r"[\W_]+", "", value or "").casefold(), value)
            if value and common != value:
                message = f"{field} '{value}' and '{common}' are two, and were probably meant to be one"
                yield origin.item(index).issue("suite-label-spelling", message, field, severity="warning")


def _difficulties(suite: Suite, origin: Origin) -> Iterator[Issue]:
    labelled = [item.difficulty for item in suite.items if item.difficulty]
    if not labelled:
        return
    counts = Counter(labelled)
    if len(labelled) < len(suite.items):
        message = f"{len(suite.items) - len(labelled)} of {len(suite.items)} items have no difficulty"
        yield origin.suite.issue("suite-difficulty-missing", message, "items", severity="warning")
    for index, item in enumerate(suite.items):
        near = did_you_mean(item.difficulty or "", DIFFICULTIES)
        if item.difficulty and item.difficulty not in DIFFICULTIES and near and near.startswith("did"):
            message = f"difficulty '{item.difficulty}' is not one of {', '.join(DIFFICULTIES)}"
            yield origin.item(index).issue(
                "suite-difficulty-unknown", message, "difficulty", severity="warning", hint=near
            )
    shown = ", ".join(f"{level} {counts[level]}" for level in sorted(counts, key=_rank))
    if len(labelled) >= FEW and len(counts) > 1 and max(counts.values()) > 3 * min(counts.values()):
        message = f"difficulty labels are unbalanced: {shown}"
        yield origin.suite.issue("suite-difficulty-unbalanced", message, "items", severity="warning")
    elif len(labelled) >= FEW and len(counts) == 1:
        message = f"every item is labelled '{labelled[0]}': the label says nothing"
        yield origin.suite.issue("suite-difficulty-unbalanced", message, "items", severity="hint")


def _together(
    indexes: list[int], suite: Suite, origin: Origin, code: str, message: str, *field: str, hint: str | None = None
) -> Iterator[Issue]:
    """One hint for many items: where a thing is a matter of style, a line an item would drown the rest."""
    if indexes:
        ids = ", ".join(suite.items[index].id for index in indexes[:5]) + (", ..." if len(indexes) > 5 else "")
        text = f"{message}: {several(len(indexes), 'item')} ({ids})"
        yield origin.item(indexes[0]).issue(code, text, *(field or ("choices",)), severity="hint", hint=hint)


def _rank(level: str) -> tuple[int, str]:
    return (DIFFICULTIES.index(level) if level in DIFFICULTIES else len(DIFFICULTIES), level)


def _same(item: Item) -> str:
    """What two items share that are the same to a reader; of a kind that is no question, what is asked."""
    return _normal(item.question) if isinstance(item, QuestionItem) else item_hash(item)


def _normal(text: str) -> str:
    """A question without capitals, punctuation and spacing; itself where nothing else is in it."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_WORDS.findall(folded)) or folded


def _choice_set(item: Item) -> frozenset[str] | None:
    return frozenset(" ".join(choice.split()).casefold() for choice in choices_of(item)) or None
