"""The GGUF reader: what it finds in a header, and that no file, however broken, makes it fail in another way."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmxsite.exchange.engine.gguf import GgufError, digest, read_header


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, value: Any) -> bytes:
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, bool):
        return text(key) + struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return text(key) + struct.pack("<II", 4, value)
    if value and isinstance(value[0], str):
        return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
    return text(key) + struct.pack("<IIQ", 9, 6, len(value)) + struct.pack(f"<{len(value)}f", *value)


def gguf(pairs: dict[str, Any], tensors: dict[str, tuple[int, ...]]) -> bytes:
    data = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs))
    data += b"".join(pair(key, value) for key, value in pairs.items())
    for name, shape in tensors.items():
        data += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + struct.pack("<IQ", 3, 0)
    return data


MODEL = gguf(
    {
        "general.architecture": "llama",
        "general.name": "Tiny",
        "general.file_type": 15,
        "general.license": "apache-2.0",
        "llama.context_length": 2048,
        "tokenizer.ggml.tokens": ["<s>", "a", "é"],
        "tokenizer.ggml.scores": [0.5, 1.5],
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": "{% for m in messages %}{{ m }}{% endfor %}",
    },
    {"token_embd.weight": (64, 1000), "blk.0.norm": (64,)},
)


def test_header(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(MODEL)
    header = read_header(path)
    assert (header.architecture, header.name, header.quantization) == ("llama", "Tiny", "Q4_K_M")
    assert (header.parameters, header.context_length) == (64_064, 2048)
    assert header.template is not None and header.template.startswith("{% for")
    assert header.licence == "apache-2.0" and not header.embeds
    assert digest(path) == hashlib.sha256(MODEL).hexdigest()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "too short"),
        (b"GGML" + b"\0" * 40, "not a GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 0), "more entries"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 60), "longer text"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 1 << 50), "longer list"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 9, 1), "lists of lists"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 77), "unknown value type"),
    ],
)
def test_what_is_no_model_is_said(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(GgufError, match=words):
        read_header(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.integers(0, len(MODEL) - 1), st.lists(st.tuples(st.integers(0, len(MODEL) - 1), st.integers(0, 255)), max_size=4)
)
def test_any_damage_is_a_gguf_error(tmp_path: Path, end: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(MODEL[:end] if end > len(MODEL) // 2 else MODEL)
    for place, value in changes:
        if place < len(data):
            data[place] = value
    path = tmp_path / "damaged.gguf"
    path.write_bytes(data)
    try:
        header = read_header(path)
    except GgufError:
        return
    assert header.parameters >= 0
