"""The words by which replies announce an answer, a table a language: `fr.toml` holds those of French.

A language is added by a file. Words are written as they are said, in small letters where the language allows; case, the
shape of apostrophes and the width of spaces do not matter, and neither do spaces in scripts that have none between words.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

import msgspec

from llmxsite.base.words.patterns import alternatives, anywhere, spaceless
from llmxsite.base.words.vocabulary import Vocabulary, has_words, languages, table


@lru_cache(maxsize=64)
def words(language: str | None) -> Words:
    """The words of a language, with those of English; those of all languages where it is not known or has no table.

    English is always among them because models fall back on it, and on the labels of its prompts.
    """
    names = ("en", language) if language is not None and has_words(language) else languages()
    return _together(tuple(dict.fromkeys(names)))


@lru_cache(maxsize=64)
def _together(names: tuple[str, ...]) -> Words:
    tables = [table(name) for name in names]
    fields = {
        f.encode_name: "".join(t.letters for t in tables)
        if f.name == "letters"
        else list(dict.fromkeys(word for t in tables for word in getattr(t, f.name)))
        for f in msgspec.structs.fields(Vocabulary)
    }
    return Words(msgspec.convert(fields, Vocabulary))


class Words:
    """A table as regular expressions, all of them without regard to case."""

    def __init__(self, table: Vocabulary) -> None:
        self.table = table
        self.letters = frozenset(table.letters)
        t = table
        self._is, self._the, self._answer = alternatives(t.is_), alternatives(t.the), alternatives(t.answer)
        self._right, self._final, self._wrong = alternatives(t.right), alternatives(t.final), alternatives(t.wrong)
        self._adverbs = rf"(?:{alternatives(t.adverbs)}[\s,，]{{0,3}}){{0,4}}"

    @cached_property
    def label(self) -> re.Pattern[str]:
        """What an answer is called, anywhere."""
        return anywhere(self.table.answer)

    @cached_property
    def after_label(self) -> re.Pattern[str]:
        """After a label: a mark such as ":" (group `mark`), or "is" and what goes with it."""
        quality = rf"(?:\s*(?:{self._right}|{self._final})){{0,3}}"
        markup = r"[*_`\"'“”«»\s]{0,12}"
        mark = rf"{quality}{markup}(?:\(\s?[^\W\d_]{{2,20}}\s?\)\s*)?(?P<mark>[:=]|->|→|⇒|\s[-–—]\s)"
        spoken = rf"{quality}{markup},?\s*{self._adverbs}{self._is}{markup}{self._adverbs}"
        return re.compile(rf"{mark}|{spoken}", re.IGNORECASE)

    @cached_property
    def heading(self) -> re.Pattern[str]:
        """After a label that opens a line: the line's end."""
        return re.compile(rf"(?:\s*(?:{self._right}|{self._final}))?[ \t*_.]*\n", re.IGNORECASE)

    @cached_property
    def one_of_many(self) -> re.Pattern[str]:
        """Before a label, at the end: "each", "the wrong"."""
        every = alternatives([*self.table.every, *self.table.wrong])
        return re.compile(rf"(?<!\w){every}[^\S\n]*(?:(?:{self._right}|{self._final})[^\S\n]*){{0,2}}\Z", re.IGNORECASE)

    @cached_property
    def supposed(self) -> re.Pattern[str]:
        """Before a label, at the end: "if the correct"."""
        return re.compile(
            rf"(?<!\w){alternatives(self.table.if_)}[^\S\n]*(?:[^\W\d_]+[^\S\n]+){{0,3}}\Z", re.IGNORECASE
        )

    @cached_property
    def last_word(self) -> re.Pattern[str]:
        """Before a label, at the end: "final", or a heading "Final answer" of its own."""
        own = rf"(?:{self._answer}\W{{0,8}}(?:{self._the}\s*)?)?"
        return re.compile(rf"(?<!\w){self._final}\s*(?:{self._right}\s*)?{own}(?:{self._right}\s*)?$", re.IGNORECASE)

    @cached_property
    def filler(self) -> re.Pattern[str]:
        """Between an announcement and a letter: "the", "option", "most likely", "not B but"."""
        no, but = alternatives(self.table.not_), alternatives(self.table.but)
        denied = rf"{no}\s*\W?[A-Z]\W?,?\s*{but}"
        return re.compile(
            rf"(?:{denied}|{self._the}|{alternatives(self.table.adverbs)}|{self._right})\s*", re.IGNORECASE
        )

    @cached_property
    def cue(self) -> re.Pattern[str]:
        """Weaker announcements."""
        chosen, so = anywhere(self.table.choose).pattern, anywhere(self.table.so).pattern
        return re.compile(rf"{chosen}[\s:,]{{0,4}}|(?:{so}\s*[,，:]?|→|⇒|=>)\s*", re.IGNORECASE)

    @cached_property
    def verdict(self) -> re.Pattern[str]:
        """After a letter: "is correct", "is the right answer" (then with a group `noun`)."""
        noun = rf"(?:{self._answer}|one(?!\w))"
        is_one = alternatives(w for w in self.table.is_ if w != "are")
        return re.compile(
            rf"[)\]*_`\"”]{{0,4}}(?:['’](?!\w))?,?\s*(?:{alternatives(self.table.because)}\s+)?{is_one}\s*{self._adverbs}(?:{self._the}\s*)?(?=(?:{self._right}|{noun}))"
            rf"(?:{self._right}\s*){{0,3}}(?P<noun>{noun})?",
            re.IGNORECASE,
        )

    @cached_property
    def denial(self) -> re.Pattern[str]:
        """After a letter: "is incorrect"."""
        return re.compile(
            rf"[)\]*_`\"”]{{0,4}}(?:['’](?!\w))?\s*(?:{self._is}\s*)?{self._adverbs}(?:{self._the}\s*)?{self._wrong}",
            re.IGNORECASE,
        )

    @cached_property
    def denied_later(self) -> re.Pattern[str]:
        """After a letter: that it is none of the right ones after all, as in ", but it's not correct"."""
        but = alternatives(self.table.but)
        same = r"(?:[^.!?\n]|\.(?=\d)){0,60}?"
        taken_back = rf"{same}[.?!]\s+{alternatives(self.table.wait)},?\s+(?:[\w'’]+\s+){{1,2}}?{self._wrong}"
        anew = rf"{same}[,;]\s*{but}\s*(?:{self._the}\s*)?(?:(?:{self._final}|{self._right})\s*){{1,2}}{self._answer}\s*{self._is}"
        return re.compile(
            rf"{same}[,;]?\s+{but}\s*(?:[\w'’]+\s+){{0,3}}?{self._wrong}|{taken_back}|{anew}", re.IGNORECASE
        )

    @cached_property
    def none_given(self) -> re.Pattern[str]:
        """That the answer is not something that is no letter: "The answer is not among the options"."""
        contracted = alternatives(word for word in self.table.not_ if "'" in word)
        return re.compile(
            rf"(?:^|[.,;:!?\n(]\W{{0,4}}|(?<!\w){alternatives(self.table.but)}\s*)(?:(?:{self._the}|{self._final}|{self._right})\s*){{0,3}}{self._answer}\s*{self._adverbs}"
            rf"(?:{self._is}\s*{self._adverbs}{alternatives(self.table.not_)}|{contracted})(?!\W{{0,4}}(?:{self._the}\W{{0,4}})?[A-Z](?!\w))",
            re.IGNORECASE,
        )

    @cached_property
    def anew(self) -> re.Pattern[str]:
        """Before a statement, at the end: an empty line and a label of its own, "Answer:"."""
        return re.compile(rf"\n\s*\n[\s#*_]*{self._answer}[*_\s]*[:：][*_\s]*(?:{self._the}\s*)?$", re.IGNORECASE)

    @cached_property
    def other_part(self) -> re.Pattern[str]:
        """After a letter: what it is for, and another letter (group `letter`) for something else."""
        part, close = alternatives(self.table.part), r"[)\]*_]{0,4}"
        return re.compile(
            rf"(?i:{close}\s*{part}[^.;!?\n]{{1,120}}?(?:[,;]|{alternatives(self.table.or_)})\s*(?:{alternatives(self.table.or_)}\s*)?"
            rf"(?:{self._the}\s*)?)[*_(\[]{{0,3}}(?P<letter>[A-Z])(?i:{close}\s*{part})"
        )

    @cached_property
    def is_right(self) -> re.Pattern[str]:
        """Between an option's text and a label, at the end: "is the correct"."""
        is_one = alternatives(w for w in self.table.is_ if w != "are")
        return re.compile(
            rf"(?<!\w){is_one}\s*{self._adverbs}(?:{self._the}\s*)?(?:{self._right}\s*){{0,3}}$", re.IGNORECASE
        )

    @cached_property
    def is_before(self) -> re.Pattern[str]:
        """Before a letter, at the end: "is"."""
        return re.compile(rf"{self._is}[\s*_`\"'“$(\[]*$", re.IGNORECASE)

    @cached_property
    def denies(self) -> re.Pattern[str]:
        """In a sentence: that it denies something."""
        return anywhere([*self.table.not_, *self.table.wrong])

    @cached_property
    def another(self) -> re.Pattern[str]:
        """After a letter: a second one beside it, joined by a sign (group `list`) or a word."""
        return re.compile(
            rf"[\s*_)\]\"'}}]*(?:\([^()\n]{{2,40}}\)\s*)?(?:(?P<list>[,/&+、])|(?:,?\s*{alternatives(self.table.or_)}\s*))[\s*_(\[\"']*(?i:{self._the}\s*[(]?)?"
            r"(?P<letter>[A-Z])(?![\w'’+#°(-])"
        )

    @cached_property
    def list_goes_on(self) -> re.Pattern[str]:
        """After the second letter of a list."""
        return re.compile(rf"[\s*_)\]\"']*(?:$|[.,;:!?/&+\n、。]|{alternatives(self.table.or_)})", re.IGNORECASE)

    @cached_property
    def reason(self) -> re.Pattern[str]:
        """After a letter that might be a word: what shows that it is none."""
        return re.compile(
            rf"\s*(?:\n|$)|\s+[-–—=(]|\s+(?:{alternatives([*self.table.because, *self.table.is_, *self.table.or_])})",
            re.IGNORECASE,
        )

    @cached_property
    def why(self) -> re.Pattern[str]:
        """After a letter that opens a reply: that nothing follows, or a reason."""
        return re.compile(rf"\s*(?:\n|$)|\s+[-–—(]|\s+(?:{alternatives(self.table.because)})", re.IGNORECASE)

    @cached_property
    def denied_before(self) -> re.Pattern[str]:
        """Before a letter or an option's text, at the end: what denies it, a word or two between allowed."""
        gap = r"[^\w,.;:!?\n]{0,3}"
        return re.compile(rf"(?<!\w){alternatives(self.table.not_)}{gap}(?:\w+[^\w,.;:!?\n]+){{0,2}}$", re.IGNORECASE)

    @cached_property
    def retraction(self) -> re.Pattern[str]:
        """What takes back what was said before."""
        found = alternatives(w for w in self.table.wait)
        return re.compile(rf"(?<!\w){found}", re.IGNORECASE)

    @cached_property
    def refusal(self) -> re.Pattern[str]:
        return anywhere(self.table.refuse)

    @cached_property
    def about(self) -> re.Pattern[str]:
        """Before a letter that a verdict follows, at the end: "I think", "so", "option"."""
        found = alternatives([*self.table.that, *self.table.so, *self.table.the, *self.table.answer])
        return re.compile(rf"(?<!\w){found}[\s*_`\"'“(\[]*$", re.IGNORECASE)

    @cached_property
    def concludes(self) -> re.Pattern[str]:
        """In a sentence: that it draws a conclusion, or speaks of the right option."""
        return anywhere([*self.table.so, *self.table.right])

    @cached_property
    def wrong_one(self) -> re.Pattern[str]:
        """In a sentence: that it names a wrong answer."""
        return re.compile(rf"(?<!\w){self._wrong}\s*{self._answer}", re.IGNORECASE)

    @cached_property
    def points(self) -> re.Pattern[str]:
        """Before a letter that closes a sentence, at the end: "is", ":", "option"."""
        return re.compile(rf"(?:{self._is}|(?<!\w){self._the}|[:,=])[\s*_`\"'“$]*$", re.IGNORECASE)

    @cached_property
    def noun_before(self) -> re.Pattern[str]:
        """Before a letter, at the end: what an option is called, as in "option C"."""
        nouns = [*self.table.answer, *self.table.the]
        spaced = alternatives(w for w in nouns if len(w) > 4 and not spaceless(w))
        unspaced = alternatives(w for w in nouns if spaceless(w))
        return re.compile(rf"(?:(?<!\w){spaced}\s+|{unspaced}\s*)[\"'`*(]{{0,3}}$", re.IGNORECASE)

    @cached_property
    def next_question(self) -> re.Pattern[str]:
        """A next question, made up by the model."""
        found = alternatives(self.table.question)
        return re.compile(rf"\n[ \t]{{0,8}}(?:#{{1,6}}[ \t]{{0,8}})?(?:\*\*)?{found}\s*\d*\s*[:：]", re.IGNORECASE)
