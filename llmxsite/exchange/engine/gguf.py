"""The header of a GGUF file: what the weights say of themselves. Read with care, for a file can come from anywhere.

The format is described in ggml's docs/gguf.md: a magic word, a version, counts, typed key-value pairs, then one entry a
tensor. Only scalars and texts are kept; arrays (vocabularies) are walked over.
"""

from __future__ import annotations

import hashlib
import math
import mmap
import struct
from pathlib import Path
from typing import NamedTuple

_TEXT, _ARRAY = 8, 9
_TOKENS, _TYPES = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
_CONTROL, _MAX_CONTROL = 3, 1024
"""llama.cpp's LLAMA_TOKEN_TYPE_CONTROL; how many of them are kept."""
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_MAX_PAIRS, _MAX_TENSORS, _MAX_KEY, _MAX_TEXT, _MAX_ITEMS = 10_000, 200_000, 1024, 4 << 20, 20_000_000

# llama.cpp's enum llama_ftype (include/llama.h).
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


class GgufError(ValueError):
    """The file is no GGUF, is cut off, or claims sizes that no model has."""


class Header(NamedTuple):
    """What a GGUF file says of its model. None is `not said`."""

    architecture: str | None
    name: str | None
    quantization: str | None
    parameters: int
    """Counted from the shapes of the tensors, as llama.cpp does."""
    context_length: int | None
    template: str | None
    """The chat template (Jinja); None in a base model."""
    licence: str | None
    embeds: bool
    """Whether it is an embedding model: it says how it pools its tokens."""
    control: tuple[str, ...] = ()
    """Control tokens of its vocabulary, as they are written: `<|im_end|>`."""


def read_header(path: Path) -> Header:
    """The header of a GGUF file. Raises `GgufError`, `OSError`."""
    if path.stat().st_size < 24:
        raise GgufError("too short for a GGUF file")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _header(_Cursor(data))
        except (struct.error, UnicodeDecodeError):
            raise GgufError("the header is cut off or damaged") from None


def digest(path: Path) -> str:
    """sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(cursor: _Cursor) -> Header:
    if cursor.take(4) != b"GGUF":
        raise GgufError("not a GGUF file")
    version = cursor.number("<I")
    if version not in (2, 3):
        raise GgufError(f"GGUF version {version} is not known here (2 and 3 are)")
    tensors, pairs = cursor.number("<Q"), cursor.number("<Q")
    if tensors > _MAX_TENSORS or pairs > _MAX_PAIRS:
        raise GgufError("the header claims more entries than any model has")
    values: dict[str, object] = {}
    lists: dict[str, int] = {}
    for _ in range(pairs):
        key = cursor.text(_MAX_KEY)
        if key in (_TOKENS, _TYPES):
            lists[key] = cursor.at
        value = cursor.value()
        if value is not None:
            values[key] = value
    parameters = 0
    for _ in range(tensors):
        cursor.text(_MAX_KEY)
        dimensions = cursor.number("<I")
        if dimensions > 8:
            raise GgufError("a tensor claims more than eight dimensions")
        parameters += math.prod(cursor.number("<Q") for _ in range(dimensions))
        cursor.take(12)  # type and offset
    architecture = _text(values.get("general.architecture"))
    context = values.get(f"{architecture}.context_length")
    file_type = values.get("general.file_type")
    return Header(
        architecture=architecture,
        name=_text(values.get("general.name")),
        quantization=_FILE_TYPES.get(file_type) if isinstance(file_type, int) else None,
        parameters=parameters,
        context_length=context if isinstance(context, int) and not isinstance(context, bool) else None,
        template=_text(values.get("tokenizer.chat_template")),
        licence=_text(values.get("general.license")),
        embeds=f"{architecture}.pooling_type" in values,
        control=_control(cursor, lists[_TOKENS], lists[_TYPES]) if len(lists) == 2 else (),
    )


def _control(cursor: _Cursor, tokens: int, types: int) -> tuple[str, ...]:
    """The tokens whose type is `control`, out of the lists that begin at two places of the header."""
    cursor.at = types + 4
    kind, count = cursor.number("<I"), cursor.number("<Q")
    if kind not in (4, 5):
        return ()
    marked = [n for n, (value,) in enumerate(struct.iter_unpack("<i", cursor.take(4 * count))) if value == _CONTROL]
    cursor.at = tokens + 4
    kind, count = cursor.number("<I"), cursor.number("<Q")
    found: list[str] = []
    at = 0
    for n in marked[:_MAX_CONTROL]:
        if kind != _TEXT or n >= count:
            break
        for _ in range(n - at):
            cursor.take_over(cursor.number("<Q"))
        found.append(cursor.text(_MAX_KEY))
        at = n + 1
    return tuple(token for token in found if token.strip())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


class _Cursor:
    """A place in the file that moves on as values are read, and never past the end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise GgufError("the header is cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return int(value)

    def text(self, limit: int) -> str:
        length = self.number("<Q")
        if length > limit:
            raise GgufError("the header claims a longer text than any model has")
        return self.take(length).decode("utf-8", "replace")

    def value(self) -> object:
        """The next typed value; None for an array, which is passed over."""
        kind = self.number("<I")
        if kind == _TEXT:
            return self.text(_MAX_TEXT)
        if kind == _ARRAY:
            self._pass_array()
            return None
        form = _SCALARS.get(kind)
        if form is None:
            raise GgufError(f"unknown value type {kind} in the header")
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return value

    def _pass_array(self) -> None:
        kind, count = self.number("<I"), self.number("<Q")
        if count > _MAX_ITEMS:
            raise GgufError("the header claims a longer list than any model has")
        if kind in _SCALARS:
            self.take_over(count * struct.calcsize(_SCALARS[kind]))
        elif kind == _TEXT:
            length_of = struct.Struct("<Q").unpack_from
            data, at, end = self.data, self.at, len(self.data)
            for _ in range(count):
                at += 8 + length_of(data, at)[0]
                if at > end:
                    raise GgufError("the header is cut off")
            self.at = at
        else:
            raise GgufError("lists of lists are not known in a GGUF header")

    def take_over(self, count: int) -> None:
        if self.at + count > len(self.data):
            raise GgufError("the header is cut off")
        self.at += count
