"""A line of lm-eval's sample logs, from 0.4.0 (lists) to 0.4.13 (texts), and what can be told from it."""

from __future__ import annotations

from typing import Any

import msgspec

from llmxsite.study.suite import LETTERS


class Row(msgspec.Struct):
    """A line. Metrics stand beside these keys, each under its own name: `add_metrics` brings them in."""

    doc_id: int | str
    doc: Any
    target: Any
    resps: list[Any]
    filtered_resps: list[Any]
    arguments: Any = None
    filter: str | None = None
    metrics: list[str] | None = None
    values: dict[str, Any] = {}
    """Metrics by name."""

    def add_metrics(self, line: dict[str, Any]) -> None:
        """Take the metrics from the whole line: those it names, or in old logs whatever is no key of its own."""
        others = {name: value for name, value in line.items() if name not in _KNOWN}
        names = others if self.metrics is None else [name for name in self.metrics if name in others]
        self.values = {name: others[name] for name in names}

    @property
    def requests(self) -> list[list[Any]]:
        """What was asked of the model for this document: the arguments of each request, in order."""
        every = list(self.arguments.values()) if isinstance(self.arguments, dict) else self.arguments
        if not isinstance(every, list):
            return []
        return [list(one.values()) if isinstance(one, dict) else one for one in every if isinstance(one, list | dict)]

    @property
    def prompt(self) -> str | None:
        """The text that was sent: of several requests, the first."""
        first = self.requests[0][0] if self.requests and self.requests[0] else None
        return first if isinstance(first, str) else None

    @property
    def settings(self) -> dict[str, Any]:
        """How replies were generated: temperature, stops, budget, under lm-eval's names."""
        first = self.requests[0] if self.requests else []
        return first[1] if len(first) > 1 and isinstance(first[1], dict) else {}

    @property
    def generated(self) -> bool:
        """Whether the model wrote. Else its likelihoods were asked for: of options, of a continuation, of a whole text."""
        first = self.requests[0] if self.requests else None
        return isinstance(first[1], dict) if first and len(first) > 1 else first is None and self.likelihoods is None

    @property
    def replies(self) -> list[str]:
        """Every text the model wrote for this document."""
        return _texts(self.resps) if self.generated else []

    @property
    def answers(self) -> list[str]:
        """What the filter made of the replies."""
        return _texts(self.filtered_resps) if self.generated else []

    @property
    def likelihoods(self) -> list[float] | None:
        """Log-likelihood of each option, where options were compared: `[[-1.5, false], ...]`, or the same as texts."""
        found = self.filtered_resps
        if "acc_mutual_info" in self.values and len(found) % 2 == 0:
            found = found[: len(found) // 2]  # the other half is without the question
        if not 2 <= len(found) <= len(LETTERS):
            return None
        try:
            return [float(value) for value, _ in found]
        except (TypeError, ValueError, OverflowError):
            return None

    @property
    def choices(self) -> list[str] | None:
        """The options, as the document has them, or else the continuations that were compared after one prompt."""
        doc = self.doc if isinstance(self.doc, dict) else {}
        value = doc.get("choices") or doc.get("options") or doc.get("endings")
        if isinstance(value, dict):
            value = value.get("text")
        if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            return value
        return self.continuations

    @property
    def continuations(self) -> list[str] | None:
        """What was compared after one prompt, without the space before it."""
        likelihoods = self.likelihoods
        if likelihoods is None:
            return None
        asked = self.requests[: len(likelihoods)]
        if any(len(request) < 2 or request[0] != asked[0][0] or not isinstance(request[1], str) for request in asked):
            return None
        return [request[1].strip() for request in asked] or None

    @property
    def right(self) -> int | None:
        """Index of the right option: `target` is it, or names it by its text or by the letter that was compared."""
        likelihoods = self.likelihoods
        if likelihoods is None:
            return None
        target = str(self.target).strip()
        if target.isdigit() and int(target) < len(likelihoods):
            return int(target)
        for options in (self.continuations, self.choices):
            if options and options.count(target) == 1:
                return options.index(target)
        return None


def _texts(responses: list[Any]) -> list[str]:
    """`[["one", "two"]]` and `["one", "two"]` as texts."""
    inner = responses[0] if len(responses) == 1 and isinstance(responses[0], list) else responses
    return [text for text in inner if isinstance(text, str)]


_KNOWN = {*Row.__struct_fields__, "doc_hash", "prompt_hash", "target_hash"} - {"values"}
NEEDED = [field.name for field in msgspec.structs.fields(Row) if field.required]
