"""One line of a `_samples.jsonl`: a sample as the format's instance schema has it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
from msgspec import UNSET

from llmxsite.exchange.answer.scores import Answered, ChoiceScores
from llmxsite.exchange.engine.protocol import Message
from llmxsite.log.record import Sample, scores_of

VERSION = "0.3.0"
"""Of both schemas; see tests/vendored/every_eval_ever/."""
_ABOUT = ("category", "subcategory", "difficulty", "language", "cluster")
_SCORES = ("confidence", "confidence_low", "confidence_high", "letter_mass", "mean_token_probability", "p_correct")


def row(sample: Sample, score: float, question: str | None, tool: str) -> dict[str, object]:
    """The line of a sample, without what all lines of its record share.

    `question` is the item's text from the suite where the study has it; `tool` what scored an imported sample.
    """
    sent = _sent(sample)
    raw = (sample.shown.question if sample.shown else None) or question or _last(sample) or ""
    reference = _texts(_known(scores_of(sample).expected))
    asked: dict[str, object] = {"raw": raw, "reference": reference}
    if sent and sent != raw:
        asked["formatted"] = sent
    if choices := _choices(sample):
        asked["choices"] = choices
    agentic = _agentic(sample)
    transcript = _transcript(sample) if agentic else []
    source = f"messages[{len(transcript) - 1}].content" if agentic else "output.raw"
    out: dict[str, object] = {"sample_id": sample.item}
    if raw:
        out["sample_hash"] = _sample_hash(raw, reference)
    out["interaction_type"] = "agentic" if agentic else "single_turn"
    out["input"] = asked
    if agentic:
        out["messages"] = transcript
    else:
        out["output"] = _output(sample)
    out["answer_attribution"] = _attribution(sample, max(len(transcript) - 1, 0), source, tool)
    out["evaluation"] = {"score": score, "is_correct": score == 1}
    if agentic:
        calls = sum(len(m.get("tool_calls", ())) for m in transcript)
        out["evaluation"] = {
            "score": score,
            "is_correct": score == 1,
            "num_turns": len(transcript),
            "tool_calls_count": calls,
        }
    if usage := _usage(sample):
        out["token_usage"] = usage
    if performance := _performance(sample):
        out["performance"] = performance
    if sample.reply is not None and sample.reply.failure:
        out["error"] = sample.reply.failure
    out["metadata"] = _metadata(sample)
    return out


def _known(score: Any) -> Any:
    return None if score is UNSET else score


def _choices(sample: Sample) -> list[str]:
    """The options in the order in which the model met them, which is what the letters of answer and key go by."""
    choices = (sample.shown.choices if sample.shown else None) or []
    order = scores_of(sample, Answered).order
    if not isinstance(order, list) or sorted(map(str, order)) != sorted(map(str, range(len(choices)))):
        return choices
    return [choices[int(place)] for place in order]


def text(value: Any) -> str:
    """Any value as the strings that the format's free fields take."""
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()


def _texts(value: Any) -> list[str]:
    """One accepted answer or several."""
    if value is None:
        return []
    return [text(v) for v in value] if isinstance(value, list) else [text(value)]


def _sample_hash(raw: str, reference: list[str]) -> str:
    """The format's own recipe, so that samples of other tools can be joined."""
    parts = json.dumps({"raw": raw, "reference": reference}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(parts.encode()).hexdigest()


def _sent(sample: Sample) -> str | None:
    """All that was sent, without the chat template, which the server puts around it."""
    if sample.request.prompt is not None:
        return sample.request.prompt
    return "\n\n".join(message.content for message in sample.request.messages) or None


def _last(sample: Sample) -> str | None:
    """The last thing a person would have said to the model."""
    asked = [message.content for message in sample.request.messages if message.role == "user"]
    return asked[-1] if asked else sample.request.prompt


def _agentic(sample: Sample) -> bool:
    calls = sample.reply is not None and sample.reply.tool_calls
    return bool(calls or sample.request.tools or any(m.role == "tool" for m in sample.request.messages))


def _transcript(sample: Sample) -> list[dict[str, Any]]:
    """Every message in order, the reply last. Logs have no ids of calls: a call is known by its turn and place."""
    messages = list(sample.request.messages)
    if sample.reply is not None:
        messages.append(
            Message(
                role="assistant",
                content=sample.reply.text or "",
                thinking=sample.reply.thinking,
                tool_calls=sample.reply.tool_calls,
            )
        )
    found: list[dict[str, Any]] = []
    for turn, message in enumerate(messages):
        line: dict[str, Any] = {"turn_idx": turn, "role": message.role, "content": message.content}
        if message.thinking:
            line["reasoning_trace"] = message.thinking
        if message.tool_calls:
            line["tool_calls"] = [
                {"id": f"{turn}.{place}", "name": call.name}
                | ({"arguments": {k: text(v) for k, v in call.arguments.items()}} if call.arguments is not None else {})
                for place, call in enumerate(message.tool_calls)
            ]
        found.append(line)
    return found


def _output(sample: Sample) -> dict[str, object]:
    """Every reply: more than one where the sample was a vote, none where an import did not keep it."""
    replies = sample.draws or ([sample.reply] if sample.reply is not None else [])
    found: dict[str, object] = {"raw": [reply.text for reply in replies if reply.text is not None]}
    if thoughts := [reply.thinking for reply in replies if reply.thinking]:
        found["reasoning_trace"] = thoughts
    return found


def _attribution(sample: Sample, turn: int, source: str, tool: str) -> list[dict[str, object]]:
    """How the answer was read from the reply; empty where none could be."""
    answer = _known(scores_of(sample).answer)
    if answer is None:
        return []
    return [
        {
            "turn_idx": turn,
            "source": source,
            "extracted_value": text(answer),
            "extraction_method": sample.scorer or tool or "unknown",
            "is_terminal": True,
        }
    ]


def _usage(sample: Sample) -> dict[str, object] | None:
    """Tokens, where both sides of the sum are known."""
    sent, made = sample.usage.prompt_tokens, sample.usage.completion_tokens
    if sent is None or made is None:
        return None
    found: dict[str, object] = {"input_tokens": sent, "output_tokens": made, "total_tokens": sent + made}
    if sample.usage.cached_tokens is not None:
        found["input_tokens_cache_read"] = sample.usage.cached_tokens
    return found


def _performance(sample: Sample) -> dict[str, object]:
    timing = sample.timing
    named = {
        "latency_ms": timing.total_ms,
        "time_to_first_token_ms": timing.first_token_ms,
        "generation_time_ms": timing.eval_ms,
    }
    found: dict[str, object] = {name: value for name, value in named.items() if value is not None}
    more = {"load_ms": timing.load_ms, "prompt_ms": timing.prompt_ms}
    if details := {name: text(value) for name, value in more.items() if value is not None}:
        found["additional_details"] = details
    return found


def _metadata(sample: Sample) -> dict[str, str]:
    """What the suite says of the item, where the sample stands in the log, and the confidence in the answer."""
    found = {name: value for name in _ABOUT if (value := getattr(sample, name)) is not None}
    found |= {"outcome": sample.outcome, "repeat": str(sample.repeat), "item_hash": sample.item_hash, "key": sample.key}
    scores = scores_of(sample, ChoiceScores)
    found |= {name: text(value) for name in _SCORES if (value := _known(getattr(scores, name))) is not None}
    if sample.reply is not None and sample.reply.done_reason:
        found["done_reason"] = sample.reply.done_reason
    return found
