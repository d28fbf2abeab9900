"""Words that claim more than an interval may give, by language: that nothing differs, that something is proven.

A language is an entry here; a text in another one is not looked at. Patterns match small letters. A clause that hedges, asks or
tells what was expected claims nothing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_NUMBER = r"(?:\d|one\b|two\b|three\b|four\b|five\b|ten\b|half\b|a (?:few|point|tenth|third)\b)"
_MORE = r"(?:more|less|fewer|better|worse|higher|lower|faster|slower|surer)"


class ClaimWords(NamedTuple):
    """What a language has of them, as regular expressions."""

    nothing: tuple[str, ...]
    """There is no difference."""
    proof: tuple[str, ...]
    """It is certain."""
    hedges: tuple[str, ...]
    """The clause claims nothing after all."""


LANGUAGES: dict[str, ClaimWords] = {
    "en": ClaimWords(
        nothing=(
            r"no (?:\w+ )?(?:effect|difference|change|influence|impact|gain|loss|benefit)\b",
            rf"\bnot? (?:\w+ )?{_MORE}\b(?! than (?:\w+ )?{_NUMBER})",
            r"\bnot how (?:many|much|often)\b",
            r"\b(?:hardly|barely|scarcely)\b",
            r"\b(?:does|do|did)(?: not|n[’']t) (?:\w+ )?(?:change|move|matter|differ|affect|depend|help|hurt|improve|rise|fall|suffer)\b",
            r"\b(?:is|are|was|were|stays?|stayed|remains?|remained|keeps?) (?:just |about |all )?(?:the same\b|unchanged|unaffected|equal|constant|identical|alike)",
            r"\b(?:the same|equal) (?:accuracy|scores?|number|share)\b",
            r"\bequally (?:good|accurate|right|often|wrong|sure|fast|well)\b",
            r"\bas (?:good|accurate|often right|often wrong|often|right|wrong|sure|fast|well) as\b",
            r"\b(?:no matter|regardless of|independent of|irrelevant)\b",
        ),
        proof=(
            r"\b(?:proves?|proved|proven|proving|proof)\b",
            r"\b(?:conclusive|definitive|undeniabl|unquestionabl|undoubted)\w*",
            r"\bsignificant(?:ly)?\b",
            rf"\b(?:clearly|plainly|obviously) {_MORE}\b",
            r"\b(?:outperforms?|outperformed|beats|beat)\b",
        ),
        hedges=(
            r"\bnot (?:be )?(?:shown|show|proven|prove|significant|measurabl)",
            r"\b(?:inconclusive|unseen|undecided|unclear|uncertain whether)\b",
            r"\bno (?:evidence|proof)\b|\b(?:nothing|neither|none) (?:of \w+ )?(?:proves?|shows?)\b",
            r"\bno (?:\w+ )?(?:difference|effect|change) (?:was|is|were|has been|could be) (?:shown|seen|detected)\b",
            r"\bcan(?:not|n[’']t| not)\b|\bnor can\b",
            r"\bcould(?: not|n[’']t) (?:\w+ )?(?:show|see|tell|be)\b",
            r"\brul\w+ (?:\w+ )?out\b",
            r"\b(?:would|might|may|should|whether|if|perhaps|possibly|seems?|suggests?)\b",
            r"\b(?:hypothes\w+|predict\w*|expect\w*|claim\w*|believe\w*|advice|conclude)\b",
            r"\b(?:less|more) than\b.*\bno (?:effect|difference)\b",
            r"\b(?:is|are|does|do) not (?:mean|the same as)\b",
            r"\bwithin (?:the|a|its|this|our) (?:\w+ )?margin\b|\bmargin of\b|\bequivalent\b",
            r"\?",
        ),
    ),
    "de": ClaimWords(
        nothing=(
            r"\bkein\w* (?:\w+ )?(?:effekt|unterschied|einfluss|wirkung|änderung)\b",
            r"\bnicht (?:mehr|weniger|besser|schlechter|häufiger|seltener|öfter)\b(?! als (?:\d|ein|zwei|drei|fünf))",
            r"\b(?:kaum|gleich gut|gleich oft|ebenso oft|genauso oft|unverändert|unabhängig von)\b",
            r"\b(?:ändert|bewegt|unterscheidet|verbessert|verschlechtert)\w* (?:sich )?(?:\w+ )?nicht\b",
        ),
        proof=(r"\b(?:beweis\w*|bewiesen|nachgewiesen|zweifellos|signifikant\w*|eindeutig \w+er)\b",),
        hedges=(
            r"\bnicht (?:gezeigt|nachgewiesen|bewiesen|signifikant|auszuschließen)\b",
            r"\b(?:ob|wenn|falls|könnte|würde|vielleicht|möglicherweise|offen|unklar|hypothese|vorhersage|erwart\w*)\b",
            r"\?",
        ),
    ),
    "fr": ClaimWords(
        nothing=(
            r"\b(?:aucun\w*|pas d[’'e]) ?(?:\w+ )?(?:effet|différence|influence|changement)\b",
            r"\bpas (?:plus|moins|mieux|meilleure?s?)\b(?! de (?:\d|un|deux|trois|cinq))",
            r"\bne (?:change|bouge|diffère|dépend|varie)\w* (?:\w+ )?(?:pas|guère)\b",
            r"\b(?:à peine|guère|inchangée?s?|aussi souvent|reste\w* (?:la même|le même|les mêmes))\b",
        ),
        proof=(r"\b(?:prouv\w*|démontr\w*|indéniabl\w*|significati\w*)\b",),
        hedges=(
            r"\bpas (?:montrée?s?|démontrée?s?|prouvée?s?|significati\w*)\b",
            r"\b(?:si|peut-être|pourrait|serait|hypothèse|prédi\w*|attend\w*|exclure)\b",
            r"\?",
        ),
    ),
    "es": ClaimWords(
        nothing=(
            r"\b(?:ning[uú]n\w*|sin) (?:\w+ )?(?:efecto|diferencia|influencia|cambio)\b",
            r"\bno (?:\w+ )?(?:más|menos|mejor|peor)\b(?! de (?:\d|un|dos|tres|cinco))",
            r"\bno (?:cambia|varía|difiere|depende|importa|mejora|empeora)\w*\b",
            r"\b(?:apenas|igual de|sin cambios|los mismos|la misma precisión)\b",
        ),
        proof=(r"\b(?:prueba|demuestra|demostrado|indudabl\w*|significativ\w*)\b",),
        hedges=(
            r"\bno (?:se )?(?:ha )?(?:mostrad|demostrad|probad|muestra|demuestra|prueba|significativ)\w*",
            r"\b(?:si|quizá|podría|sería|hipótesis|predi\w*|esper\w*|descartar)\b",
            r"\?",
        ),
    ),
}
"""By the first part of a language tag."""


class Claim(NamedTuple):
    """One claim in a clause."""

    words: str
    """As they stand in the text."""
    offset: int
    """Where, in the text that was looked through."""
    clause: str
    nothing: bool
    """Whether it claims that nothing differs; else that something is certain."""


def claims(text: str, language: str) -> list[Claim]:
    """The claims of a text, at most one a clause: the first of its words that nothing differs, else of those that prove."""
    words = LANGUAGES.get(language.partition("-")[0].lower())
    found: list[Claim] = []
    for clause in _CLAUSE.finditer(text) if words is not None else ():
        small = clause[0].lower()
        if any(p.search(small) for p in _patterns(words.hedges)):  # type: ignore[union-attr]
            continue
        for nothing in (True, False):
            patterns = _patterns(words.nothing if nothing else words.proof)  # type: ignore[union-attr]
            hits = [hit for p in patterns if (hit := p.search(small)) is not None]
            if hits:
                first = min(hits, key=lambda hit: (hit.start(), -hit.end()))
                start = clause.start() + first.start()
                found.append(Claim(text[start : start + len(first[0])], start, clause[0].strip(), nothing))
                break
    return found


_CLAUSE = re.compile(r"[^.;!?\n](?:[^.;!?]|[.](?=\d))*[?]?")


@cache
def _patterns(words: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(word) for word in words)
