"""The words around a sentence, by language: a file a language in `words/`. A language without one gets the English ones."""

from __future__ import annotations

import tomllib
from functools import cache

from llmxsite.base import registry
from llmxsite.exchange.asking.wording import primary


@cache
def wording(language: str | None) -> dict[str, str]:
    """`say`, `again` and `judge` in a language, a BCP 47 tag."""
    folder = registry.texts("recall")
    assert folder is not None  # this very package
    file = folder / "words" / f"{primary(language)}.toml"
    return tomllib.loads((file if file.is_file() else folder / "words" / "en.toml").read_text(encoding="utf-8"))
