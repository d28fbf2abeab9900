"""What is conceded to a server: the options it was found to refuse, and the values it takes in their place.

One place for every engine. An engine says under which names it sends what (`Names`); a refusal is read by `refusal`, and
from then on every request of that kind is settled before it is sent, so that what is logged is what went over the wire. A
refusal counts for the model and the kind of request it was met with: a server may give log-probabilities, and none
beside tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from llmxsite.exchange.engine.protocol import EngineError, Options, RefusedError, Request
from llmxsite.exchange.engine.refusal import nearest, refusals

NEAR = 0.05
"""How far from what an experiment sets a value may lie that is sent in its place: a temperature of 0.01 for one of 0."""
_ESSENTIAL = ("messages", "model", "prompt", "tools", "stream", "max_tokens", "max_completion_tokens", "input")
_OPTIONS = frozenset(Options.__struct_fields__)

Kind = tuple[str, bool, bool]
"""Model, whether its chat template is passed by, whether there are tools."""


class Names(NamedTuple):
    """Under which names an API takes what a request has."""

    fields: Mapping[str, str]
    """By its name on the wire: the option, or the field of `Request`, that can be left out."""
    own: frozenset[str] = frozenset()
    """Of those on the wire, the ones that the API's inventors do not have: left out together where a server refuses a request
    without saying what of it."""
    framing: frozenset[str] = frozenset()
    """Names on the wire that no request has, such as `stream_options`: they can be left out and are logged nowhere."""
    fixed: frozenset[str] = frozenset()
    """Options that the API has no field for."""


class Concessions:
    """What one server refused so far. Safe for concurrent requests of one event loop."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._without: dict[Kind, dict[str, None]] = {}
        """Names on the wire that are left out, by kind of request."""
        self._instead: dict[tuple[Kind, str, Any], Any] = {}
        """By kind, option or field, and the value asked for: what is sent."""
        self._bare: dict[Kind, bool] = {}
        """Kinds of which everything but the API's own fields is left out, and whether that was seen to help."""
        self.lacks: dict[str, None] = {}
        """In words, in the order they were found."""

    def settled(self, request: Request) -> Request:
        """The request as it is sent: the same object where nothing is conceded."""
        kind = _kind(request)
        left_out = self._left_out(kind)
        changes: dict[str, Any] = {self._names.fields[name]: None for name in left_out if name in self._names.fields}
        if "top_logprobs" in left_out and "logprobs" not in left_out:
            changes["top_logprobs"] = (
                None if request.top_logprobs is None else 0
            )  # log-probabilities without alternatives
        changes |= dict.fromkeys(self._names.fixed)
        for (of, field, value), instead in self._instead.items():
            if of == kind and value_of(request, field) == value:
                changes[field] = instead
        kept = request.own - self._names.fixed
        return _changed(request, {k: v for k, v in changes.items() if v is not None or k not in kept})

    def framing(self, request: Request) -> frozenset[str]:
        """Names on the wire, beside those of the request, that are left out."""
        return self._names.framing & self._left_out(_kind(request))

    def learn(self, error: EngineError, request: Request) -> bool:
        """Whether a request that was refused may be asked again, otherwise than it was.

        `request` is as it was sent. Raises `RefusedError` where the refusal is about something that the experiment itself sets.
        """
        if error.status not in (400, 422) or error.kind not in ("invalid-request", "unsupported"):
            return False
        words, kind = str(error), _kind(request)
        sent = [name for name in (*self._names.fields, *self._names.framing) if self._sends(name, request)]
        found = refusals(words, sent)
        for refusal in found:
            if refusal.kind == "value" and refusal.field in self._names.fields:
                self._give_way(refusal.field, error, request)
            else:
                self._leave_out(refusal.field, error, request)
        return bool(found) or self._strip(kind, error, request, sent)

    def confirm(self, request: Request) -> None:
        """A request was answered as it was sent."""
        kind = _kind(request)
        if self._bare.get(kind) is False:
            self._bare[kind] = True
            self._lack(f"no {', '.join(sorted(self._names.own))}: the server refuses a request with all of them")

    def explained(self, error: EngineError, request: Request) -> EngineError:
        """The error of a request that is not asked again, with what may be to blame for it."""
        if self._bare.pop(_kind(request), None) is False:
            extra = ", ".join(sorted(self._names.own))
            return EngineError(
                error.kind,
                f"{error} (asked with {extra} beside the API's own fields, and without)",
                retry=error.retry,
                retry_after=error.retry_after,
                status=error.status,
            )
        return error

    def _left_out(self, kind: Kind) -> frozenset[str]:
        own = self._names.own if kind in self._bare else frozenset()
        return own | self._without.get(kind, {}).keys()

    def _sends(self, name: str, request: Request) -> bool:
        if name in self._names.framing:
            return name not in self._left_out(_kind(request))
        value = value_of(request, self._names.fields[name])
        return bool(value) if name == "top_logprobs" else value is not None

    def _leave_out(self, name: str, error: EngineError, request: Request) -> None:
        field = self._names.fields.get(name)
        if field in request.own:
            value = value_of(request, field)
            raise RefusedError(field, value, f"the server takes no {name}: {error}", status=error.status)
        kind = _kind(request)
        self._without.setdefault(kind, {})[name] = None
        self._lack(f"no {name}{' with tools' if kind[2] else ''}: the server refuses it")

    def _give_way(self, name: str, error: EngineError, request: Request) -> None:
        """Send the nearest value that the server says it takes, where that is near enough."""
        field, kind = self._names.fields[name], _kind(request)
        value = value_of(request, field)
        instead = nearest(value, str(error)) if isinstance(value, int | float) and not isinstance(value, bool) else None
        again = any(of == kind and f == field and sent == value for (of, f, _), sent in self._instead.items())
        if instead is None or again or (field in request.own and abs(instead - value) > NEAR):
            if field in request.own:
                raise RefusedError(
                    field, value, f"the server does not take {name} {_shown(value)}: {error}", status=error.status
                )
            self._without.setdefault(kind, {})[name] = None
            self._lack(f"no {name}: the server refuses the value {_shown(value)}")
            return
        instead = int(instead) if isinstance(value, int) else instead
        self._instead[kind, field, value] = instead
        self._lack(f"{name} {_shown(instead)} in place of {_shown(value)}: the server refuses {_shown(value)}")

    def _strip(self, kind: Kind, error: EngineError, request: Request, sent: list[str]) -> bool:
        """Try with the API's own fields only, once, where a refusal names nothing."""
        extra = self._names.own.intersection(sent)
        if not extra or kind in self._bare or error.kind != "invalid-request" or _speaks_of_more(str(error)):
            return False
        if wanted := sorted(self._names.fields[name] for name in extra if self._names.fields.get(name) in request.own):
            named = ", ".join(wanted)
            value = value_of(request, wanted[0])
            words = f"{error} (the request has {named}, which not every server of this kind takes)"
            raise RefusedError(wanted[0], value, words, status=error.status)
        self._bare[kind] = False
        return True

    def _lack(self, words: str) -> None:
        self.lacks[words] = None


def value_of(request: Request, field: str) -> Any:
    """What a request sets an option or one of its fields to; None where it does not."""
    if field in _OPTIONS:
        value = getattr(request.options, field)
        return value if value != () else None
    return getattr(request, field)


def _kind(request: Request) -> Kind:
    return request.model, request.raw_prompt is not None, bool(request.tools)


def _changed(request: Request, changes: dict[str, Any]) -> Request:
    options = {k: v for k, v in changes.items() if k in _OPTIONS and getattr(request.options, k) != v}
    rest = {k: v for k, v in changes.items() if k not in _OPTIONS and getattr(request, k) != v}
    if options:
        rest["options"] = msgspec.structs.replace(request.options, **options)
    return msgspec.structs.replace(request, **rest) if rest else request


def _speaks_of_more(words: str) -> bool:
    """Whether a refusal is about something without which there is no request."""
    return bool(refusals(words, _ESSENTIAL)) or any(word in words.lower() for word in ("context", "template", "tools"))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
