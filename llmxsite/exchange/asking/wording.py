"""The words around an item, by language. A language without words of its own gets the English ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Wording(NamedTuple):
    """One language's instructions; `{unit}` is what a number is counted in.

    They do not list the letters: a model of 135 million parameters answers "A, B, C or D" to an instruction that ends so.
    """

    letter: str
    """No list of the letters here: very small models copy it back instead of choosing."""
    number: str
    number_unit: str
    text: str
    steps: str
    """Asks to reason first; followed by one of the `last_` lines."""
    last_letter: str
    last_number: str
    last_text: str
    question: str
    """Labels of a raw prompt, with the punctuation of the language."""
    answer: str
    either: str
    """The word between the last two letters where a template lists them."""


WORDINGS: dict[str, Wording] = {
    "en": Wording(
        letter="Answer with the letter of the right option only.",
        number="Answer with the number only.",
        number_unit="Answer with the number only, in {unit}.",
        text="Answer in as few words as possible.",
        steps="Think step by step.",
        last_letter="Then write on the last line: Answer: X, where X is the letter of the right option.",
        last_number="Then write on the last line: Answer: N, where N is the number.",
        last_text="Then write on the last line: Answer: followed by as few words as possible.",
        question="Question:",
        answer="Answer:",
        either="or",
    ),
    "fr": Wording(
        letter="Réponds seulement par la lettre de la bonne option.",
        number="Réponds seulement par le nombre.",
        number_unit="Réponds seulement par le nombre, en {unit}.",
        text="Réponds en aussi peu de mots que possible.",
        steps="Raisonne étape par étape.",
        last_letter="Puis écris sur la dernière ligne : Réponse : X, où X est la lettre de la bonne option.",
        last_number="Puis écris sur la dernière ligne : Réponse : N, où N est le nombre.",
        last_text="Puis écris sur la dernière ligne : Réponse : suivi d'aussi peu de mots que possible.",
        question="Question :",
        answer="Réponse :",
        either="ou",
    ),
    "de": Wording(
        letter="Antworte nur mit dem Buchstaben der richtigen Option.",
        number="Antworte nur mit der Zahl.",
        number_unit="Antworte nur mit der Zahl, in {unit}.",
        text="Antworte mit so wenigen Wörtern wie möglich.",
        steps="Denke Schritt für Schritt.",
        last_letter="Schreibe dann in die letzte Zeile: Antwort: X, wobei X der Buchstabe der richtigen Option ist.",
        last_number="Schreibe dann in die letzte Zeile: Antwort: N, wobei N die Zahl ist.",
        last_text="Schreibe dann in die letzte Zeile: Antwort: und so wenige Wörter wie möglich.",
        question="Frage:",
        answer="Antwort:",
        either="oder",
    ),
    "es": Wording(
        letter="Responde solo con la letra de la opción correcta.",
        number="Responde solo con el número.",
        number_unit="Responde solo con el número, en {unit}.",
        text="Responde con las menos palabras posibles.",
        steps="Razona paso a paso.",
        last_letter="Después escribe en la última línea: Respuesta: X, donde X es la letra de la opción correcta.",
        last_number="Después escribe en la última línea: Respuesta: N, donde N es el número.",
        last_text="Después escribe en la última línea: Respuesta: y las menos palabras posibles.",
        question="Pregunta:",
        answer="Respuesta:",
        either="o",
    ),
}


def primary(language: str | None) -> str:
    """The primary subtag of a language tag, in small letters; `en` where none is given.

    >>> primary("fr-CA")
    'fr'
    """
    return (language or "en").split("-")[0].split("_")[0].lower()


def wording(language: str) -> Wording:
    """The words for a primary language subtag."""
    return WORDINGS.get(language, WORDINGS["en"])


def list_letters(letters: Sequence[str], either: str) -> str:
    """`A, B, C or D`."""
    return f"{', '.join(letters[:-1])} {either} {letters[-1]}" if len(letters) > 1 else "".join(letters)
