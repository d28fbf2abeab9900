"""What goes wrong on the side of the machine, the network or the server."""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """The machine's, network's or server's fault. `retry` says whether asking again may help.

    `kind` is one of connection, timeout, overloaded, missing-model, unsupported, invalid-request, context, memory,
    protocol, server, refused. `retry_after` is the server's own wish in seconds. The message never holds credentials.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        retry: bool,
        retry_after: float | None = None,
        status: int | None = None,
        context: int | None = None,
        hint: str | None = None,
    ):
        super().__init__(message)
        self.kind, self.retry, self.retry_after, self.status = kind, retry, retry_after, status
        self.context = context
        """For kind `context`, a prompt that does not fit: the tokens that the context has, where the server tells."""
        self.hint = hint
        """The mend, where it is known better than by the kind."""


class RefusedError(EngineError):
    """The server takes no request with an option, or a value of one, that the experiment itself sets."""

    def __init__(self, field: str, value: Any, message: str, *, status: int | None = None):
        super().__init__("refused", message, retry=False, status=status)
        self.field = field
        """The option, as `Request.own` names it."""
        self.value = value
        """What it was set to."""
