"""Pictures without what cameras and programs write into them: where they were taken, by whom, with what, and a smaller picture of before they
were cut.

Nothing is compressed anew: the parts of the file that say how it looks are kept byte for byte, all others are left out. Which way up a
photograph is held stands in what is left out, and is kept in a note of its own.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from typing import Any

from llmxsite.press.files import avif
from llmxsite.press.files.refused import Refused

MAX_PIXELS = 100_000_000
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".gif": "GIF", ".webp": "WEBP", ".avif": "AVIF"}
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
_LOOKS = frozenset(["icc_profile", "exif", "transparency", "gamma", "dpi", "jfif", "jfif_version"])
"""What Pillow says of a picture that is no text of anybody's."""
_RIFF_LEFT = frozenset([b"EXIF", b"XMP "])


def cleaned(data: bytes, suffix: str) -> bytes:
    """The picture alone. Raises `Refused` where it is not of the kind that its name says, or too large."""
    kind = _FORMATS[suffix]
    image = _opened(data, kind)
    turned = _turned(image)
    try:
        if kind == "PNG":
            return _png(data)
        if kind == "JPEG":
            return _jpeg(data, turned)
        if kind == "GIF":
            return _gif(data)
        if kind == "WEBP":
            return _webp(data)
        return avif.blotted(data)
    except (IndexError, struct.error, ValueError) as error:
        raise Refused(f"it is no whole picture: {error}") from None


def told(data: bytes, suffix: str) -> dict[str, str]:
    """What a picture says of itself beside how it looks, by name. Empty where it cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dict(_told(_opened(data, _FORMATS[suffix])))
        except Exception:  # a reader of as many formats has as many ways to fail
            return {}


def _told(image: Any) -> Iterator[tuple[str, str]]:
    from PIL import ExifTags

    image.load()
    for name, value in {**image.info, **getattr(image, "text", {})}.items():
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(text, str) and name not in _LOOKS:
            yield str(name), text[:100_000]
    exif = image.getexif()
    for number, value in [*exif.items(), *exif.get_ifd(0x8769).items()]:
        yield ExifTags.TAGS.get(number, str(number)), str(value)[:4000]
    if exif.get_ifd(0x8825):
        yield "GPS", "where it was taken"


def _opened(data: bytes, kind: str) -> Any:
    """The picture as Pillow sees it, its pixels not decoded yet."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=[kind])
        except Exception as error:
            raise Refused(f"it is no {kind} picture ({type(error).__name__})") from None
    if image.width * image.height > MAX_PIXELS:
        raise Refused(f"it has {image.width:,} by {image.height:,} pixels; at most {MAX_PIXELS:,} are shown")
    return image


def _turned(image: Any) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _png(data: bytes) -> bytes:
    out, at = [data[:8]], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + size
        if end > len(data):
            raise ValueError("a part of it is cut off")
        if name in _PNG_KEPT:
            out.append(_no_profile_name(data[at:end]) if name == b"iCCP" else data[at:end])
        at = end
        if name == b"IEND":
            return b"".join(out)
    raise ValueError("it has no end")


def _no_profile_name(chunk: bytes) -> bytes:
    """A colour profile without the name that a program gave it."""
    import zlib

    body = chunk[8:-4]
    body = b"profile" + body[body.index(b"\0") :]
    return len(body).to_bytes(4, "big") + b"iCCP" + body + zlib.crc32(b"iCCP" + body).to_bytes(4, "big")


def _jpeg(data: bytes, turned: int) -> bytes:
    out, at = [data[:2]], 2
    if turned in range(2, 9):
        tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HH", turned, 0) + b"\0\0\0\0"
        out.append(b"\xff\xe1" + struct.pack(">H", len(tiff) + 2) + tiff)
    while True:
        if data[at] != 0xFF:
            raise ValueError("a mark is missing")
        while data[at + 1] == 0xFF:
            at += 1
        mark = data[at + 1]
        if mark == 0xD9:
            return b"".join([*out, b"\xff\xd9"])
        if mark == 0x01 or 0xD0 <= mark <= 0xD7:
            out.append(data[at : at + 2])
            at += 2
            continue
        size = struct.unpack(">H", data[at + 2 : at + 4])[0]
        body, end = data[at + 4 : at + 2 + size], at + 2 + size
        colour = (
            (mark == 0xE0 and body[:5] == b"JFIF\0") or (mark == 0xE2 and body[:12] == b"ICC_PROFILE\0") or mark == 0xEE
        )
        if colour or not (0xE0 <= mark <= 0xEF or mark == 0xFE):
            # Of JFIF's own part a small picture may follow the fourteen bytes that count.
            out.append(b"\xff\xe0\0\x10" + body[:12] + b"\0\0" if mark == 0xE0 else data[at:end])
        at = end
        if mark == 0xDA:  # what follows is the picture, up to the next mark
            start = at
            while not (data[at] == 0xFF and data[at + 1] not in (0x00, *range(0xD0, 0xD8))):
                at += 1
            out.append(data[start:at])


def _gif(data: bytes) -> bytes:
    def blocks(at: int) -> int:
        while data[at]:
            at += data[at] + 1
        return at + 1

    at = 13 + (3 * (2 << (data[10] & 7)) if data[10] & 0x80 else 0)
    out = [data[:at]]
    while True:
        if data[at] == 0x3B:
            return b"".join([*out, b";"])
        start = at
        if data[at] == 0x21:
            label, at = data[at + 1], blocks(at + 2)
            loops = label == 0xFF and data[start + 3 : start + 14] in (b"NETSCAPE2.0", b"ANIMEXTS1.0")
            if label in (0xF9, 0x01) or loops:
                out.append(data[start:at])
        elif data[at] == 0x2C:
            at += 10 + (3 * (2 << (data[at + 9] & 7)) if data[at + 9] & 0x80 else 0)
            at = blocks(at + 1)
            out.append(data[start:at])
        else:
            raise ValueError("a part of it is of no known kind")


def _webp(data: bytes) -> bytes:
    kept = []
    for name, chunk in _riff(data):
        if name == b"VP8X":
            chunk = bytes([*chunk[:8], chunk[8] & ~0x0C, *chunk[9:]])
        if name not in _RIFF_LEFT:
            kept.append(chunk)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        yield data[at : at + 4], data[at:end]
        at = end
