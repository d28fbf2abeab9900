"""How a run's server conducted itself: what it lacks, what it did otherwise than asked, and which replies it marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from llmxsite.engine.protocol import ModelInfo
from llmxsite.site.entries import RunEntry
from llmxsite.site.templates import count

WARNED = {
    "context-truncated": "the server seems to have cut the prompt",
    "logprobs-missing": "no log-probabilities came back",
    "token-mismatch": "the tokens do not spell the text",
    "repetition-stopped": "the server ended the reply, which repeated itself",
    "unread-fields": "the server told something in a shape that is not known, and it was passed over",
    "duplicate-alternatives": "an alternative was listed twice",
    "invalid-utf8": "some bytes were no text",
}
"""What the warnings of replies mean (docs/engines.md)."""


def remarks(entry: RunEntry, warned: Mapping[str, int], lacks: Sequence[str] = ()) -> list[str]:
    """What a reader should know of a run's server before trusting its answers.

    `warned` counts replies by warning; `lacks` is what the server turned out to lack while the run went on.
    """
    replies = [
        f"{count(n, 'reply', 'replies')}: {WARNED.get(name, name.replace('-', ' '))}"
        for name, n in sorted(warned.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    models = [remark for model in entry.run.models for remark in _model(model, _asked(entry))]
    late = [
        f"{lack} (found while the run went on)" for lack in dict.fromkeys(lacks) if lack not in entry.run.engine.lacks
    ]
    return [*entry.run.engine.lacks, *late, *models, *replies]


def _model(model: ModelInfo, asked: int | None) -> Iterator[str]:
    if model.remote:
        yield f"{model.name} is not local: another machine computed"
    if asked is not None and model.context_in_force is not None and model.context_in_force < asked:
        yield f"{model.name} had a context of {model.context_in_force:,} tokens where {asked:,} were asked for"
    if model.stored_messages:
        put = count(model.stored_messages, "message")
        yield f"{model.name} has {put} stored with it, put before every conversation"
    if model.system:
        yield f"{model.name} has a system prompt stored with it, added where the experiment sets none"


def _asked(entry: RunEntry) -> int | None:
    """The longest context that the experiment asks for."""
    plan = entry.run.experiment
    asked = [(plan.get("options") or {}).get("num_ctx"), *((plan.get("sweep") or {}).get("num_ctx") or ())]
    asked += [condition.get("num_ctx") for condition in plan.get("conditions") or ()]
    return max((n for n in asked if isinstance(n, int)), default=None)
