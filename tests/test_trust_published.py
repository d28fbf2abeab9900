"""Files beside a text as they are published: what a browser shows, without what it would run and without what nobody meant to tell."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from llmxsite.base.diagnostics import Problem
from llmxsite.press.files import Refused, cleaned, css, picture, published

SECRET = "Somebody at 48.2N 11.5E"


def saved(kind: str, **options: Any) -> bytes:
    image = Image.radial_gradient("L").resize((32, 24)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x010E] = 6, SECRET, SECRET
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, kind, exif=exif, **options)
    return out.getvalue()


def text_chunks() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET)
    info.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET}</x>", zip=True)
    return info


PICTURES = {
    ".png": lambda: saved("PNG", pnginfo=text_chunks()),
    ".jpg": lambda: saved("JPEG", comment=SECRET.encode(), xmp=f"<x>{SECRET}</x>".encode()),
    ".webp": lambda: saved("WEBP", xmp=f"<x>{SECRET}</x>".encode(), lossless=True),
    ".gif": lambda: saved("GIF", comment=SECRET.encode()),
    ".avif": lambda: saved("AVIF", xmp=f"<x>{SECRET}</x>".encode()),
}


@pytest.mark.parametrize("suffix", PICTURES)
def test_a_picture_is_the_same_without_what_it_tells(suffix: str) -> None:
    before = PICTURES[suffix]()
    after = cleaned(before, suffix)
    assert SECRET.encode() not in after and SECRET not in str(picture.told(after, suffix))
    assert "GPS" not in picture.told(after, suffix)
    one, other = (Image.open(io.BytesIO(data)) for data in (before, after))
    assert one.size == other.size and one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


def test_what_a_picture_tells_is_told() -> None:
    for suffix in (".png", ".jpg", ".webp", ".avif"):
        assert SECRET in str(picture.told(PICTURES[suffix](), suffix)), suffix
    assert picture.told(PICTURES[".jpg"](), ".jpg")["GPS"]


def test_a_photograph_stays_the_right_way_up() -> None:
    after = Image.open(io.BytesIO(cleaned(PICTURES[".jpg"](), ".jpg")))
    assert dict(after.getexif()) == {0x0112: 6}


def test_what_follows_a_picture_is_left_out() -> None:
    for suffix in (".png", ".gif", ".jpg"):
        assert b"<script>" not in cleaned(PICTURES[suffix]() + b"<script>alert(1)</script>", suffix)


def test_an_animation_stays_one() -> None:
    frames = [Image.new("RGB", (8, 8), c) for c in ("red", "blue")]
    for suffix, kind in ((".gif", "GIF"), (".png", "PNG"), (".webp", "WEBP")):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], loop=0, duration=50)
        assert Image.open(io.BytesIO(cleaned(out.getvalue(), suffix))).n_frames == 2


@pytest.mark.parametrize("suffix", [*PICTURES, ".svg", ".pdf"])
@given(data=st.data())
def test_no_bytes_make_it_fail(suffix: str, data: st.DataObject) -> None:
    """Whatever is in it: the file as it is published, or why it is not."""
    whole = PICTURES[suffix]() if suffix in PICTURES else SVG.encode() if suffix == ".svg" else pdf()
    at, length = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 40))
    broken = whole[:at] + data.draw(st.binary(max_size=40)) + whole[at + length :]
    for bytes_ in (broken, data.draw(st.binary(max_size=200))):
        with contextlib.suppress(Refused):
            cleaned(bytes_, suffix)
        if suffix in PICTURES:
            picture.told(bytes_, suffix)


def test_a_file_is_of_the_kind_that_its_name_says(tmp_path: Path) -> None:
    for name in ("x.png", "x.svg", "x.pdf", "x.jpg"):
        (tmp_path / name).write_text("<script>alert(1)</script>")
        with pytest.raises(Problem, match="not published"):
            published(tmp_path / name, tmp_path)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    data = bytearray(saved("PNG"))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(Refused):
        cleaned(bytes(data), ".png")


SVG = """<?xml version="1.0"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10" onload="alert(1)">
<metadata><author>Somebody</author></metadata>
<script>alert(1)</script>
<defs><linearGradient id="g"><stop offset="0" style="stop-color:red"/></linearGradient></defs>
<style>rect { fill: url(#g) } circle { fill: url(https://evil.example/x) }</style>
<rect width="5" height="5" fill="url(#g)" onclick="alert(1)" style="fill:url(https://evil.example/x);stroke:red"/>
<a xlink:href="javascript:alert(1)"><text x="1">read me</text></a>
<use xlink:href="#g"/><use xlink:href="https://evil.example/x.svg#a"/>
<image href="https://evil.example/x.png"/><image href="data:image/svg+xml;base64,AAAA"/>
<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example/"/></foreignObject>
<set attributeName="href" to="javascript:alert(1)"/><animate attributeName="x" to="1"/>
</svg>"""


def test_an_svg_draws_and_does_nothing_else() -> None:
    text = cleaned(SVG.encode(), ".svg").decode()
    for gone in (
        "script",
        "alert",
        "evil",
        "onload",
        "onclick",
        "foreignObject",
        "iframe",
        "metadata",
        "animate",
        "javascript",
        "<set",
        "DOCTYPE",
    ):
        assert gone not in text, gone
    for kept in (
        'viewBox="0 0 10 10"',
        "linearGradient",
        'fill="url(#g)"',
        "stroke:red",
        "<use",
        "<rect",
        'xmlns="http://www.w3.org/2000/svg"',
    ):
        assert kept in text, kept


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>',
        '<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
        '<svg xmlns="http://www.w3.org/2000/svg">' + "<g>" * 300 + "</g>" * 300 + "</svg>",
        '<svg xmlns="http://www.w3.org/2000/svg">' + "<g>" * 100_000,
        "",
    ],
)
def test_what_is_no_picture_is_no_svg(text: str) -> None:
    with pytest.raises(Refused):
        cleaned(text.encode(), ".svg")


def pdf() -> bytes:
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, TextStringObject

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": SECRET})
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('hello')")}
    )
    writer.root_object[NameObject("/OpenAction")] = action
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})
    writer.add_attachment("x.html", b"<script>alert(1)</script>")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_its_pages() -> None:
    from pypdf import PdfReader

    after = cleaned(pdf(), ".pdf")
    for gone in (SECRET.encode(), b"app.alert", b"/JavaScript", b"/EmbeddedFiles", b"/OpenAction", b"<script>"):
        assert gone not in after, gone
    assert len(PdfReader(io.BytesIO(after)).pages) == 1


@pytest.mark.parametrize(
    "text",
    [
        "@import 'x.css';",
        "p { background: url(https://evil.example/x) }",
        "p { background: url( '//evil.example/x') }",
        "p { background: URL(x.png) }",
        "p { background: \\75rl(https://evil.example/x) }",
        "p { background: image-set('https://evil.example/x' 1x) }",
        "p { -moz-binding: url(#x) }",
        "</style><script>alert(1)</script>",
    ],
)
def test_a_style_sheet_that_loads_is_not_used(text: str) -> None:
    assert css.fault(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "h1 { color: red; content: '\\201C' }",
        "p { background: url(data:image/png;base64,AAAA) } a::after { content: '\\2192' }",
        "@media print { p { fill: url(#g) } } @font-face { src: url(data:font/woff2;base64,AA) }",
    ],
)
def test_a_style_sheet_that_loads_nothing_is_used(text: str) -> None:
    assert css.fault(text) is None
