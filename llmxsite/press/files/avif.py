"""AVIF pictures, whose metadata lie among the picture's own parts: zeros are written over them, and nothing else is moved."""

from __future__ import annotations

from collections.abc import Iterator

from llmxsite.press.files.refused import Refused

_LOOKS = frozenset([b"av01", b"grid", b"iovl", b"tmap", b"iden"])
"""Items that are the picture, or say how its parts are put together."""
_NO_EXIF = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
"""Metadata that say nothing, as readers want them who read them at all."""


def blotted(data: bytes) -> bytes:
    """The picture with zeros in place of every item that is none of it. Raises `Refused` where its parts cannot be told."""
    out = bytearray(data)
    meta = next((inner for name, inner in _boxes(data, 0, len(data)) if name == b"meta"), None)
    if meta is None:
        raise Refused("its parts cannot be told")
    parts = dict(_boxes(data, meta[0] + 4, meta[1]))
    kinds = dict(_kinds(data, *parts.get(b"iinf", (0, 0))))
    idat = parts.get(b"idat", (0, 0))[0]
    for item, inside, start, length in _places(data, *parts.get(b"iloc", (0, 0))):
        if kinds.get(item, b"") not in _LOOKS:
            at = start + (idat if inside else 0)
            if length == 0 or at + length > len(out):
                raise Refused("it holds metadata whose place cannot be told; save it as PNG or WebP")
            empty = _NO_EXIF if kinds.get(item) == b"Exif" and length >= len(_NO_EXIF) else b""
            out[at : at + length] = empty + bytes(length - len(empty))
    return bytes(out)


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Each box by name, with where its content begins and ends."""
    while at + 8 <= end:
        size, name, head = _number(data, at, 4), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = _number(data, at + 8, 8), 16
        size = size or end - at
        if size < head or at + size > end:
            raise Refused("a part of it is cut off")
        yield name, (at + head, at + size)
        at += size


def _kinds(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The kind of each item by its number."""
    head = 6 if data[at : at + 1] == b"\0" else 8
    for name, (start, _) in _boxes(data, at + head, end):
        if name == b"infe":
            wide = 4 if data[start] == 3 else 2
            yield _number(data, start + 4, wide), data[start + 4 + wide + 2 : start + 4 + wide + 6]


def _places(data: bytes, at: int, end: int) -> Iterator[tuple[int, bool, int, int]]:
    """`(item, whether it lies in the box idat, offset, length)` of each piece of each item."""
    if end - at < 8:
        raise Refused("its parts cannot be told")
    version, sizes, more = data[at], data[at + 4], data[at + 5]
    wide_offset, wide_length, wide_base = sizes >> 4, sizes & 15, more >> 4
    wide_index = more & 15 if version in (1, 2) else 0
    wide = 4 if version == 2 else 2
    count, at = _number(data, at + 6, wide), at + 6 + wide
    for _ in range(count):
        item, at = _number(data, at, wide), at + wide
        inside = version in (1, 2) and _number(data, at, 2) & 15 == 1
        at += (2 if version in (1, 2) else 0) + 2
        base, at = _number(data, at, wide_base), at + wide_base
        pieces, at = _number(data, at, 2), at + 2
        for _ in range(pieces):
            at += wide_index
            offset, at = _number(data, at, wide_offset), at + wide_offset
            length, at = _number(data, at, wide_length), at + wide_length
            if at > end:
                raise Refused("its parts cannot be told")
            yield item, inside, base + offset, length
