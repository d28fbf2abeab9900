"""PDF documents: their pages, without what runs or opens something, and without who made them where."""

from __future__ import annotations

import io
import logging
from typing import Any

from llmxsite.press.files.refused import Refused

_RUNS = (
    "/OpenAction",
    "/AA",
    "/JavaScript",
    "/JS",
    "/Launch",
    "/EmbeddedFiles",
    "/AcroForm",
    "/XFA",
    "/Names",
    "/Metadata",
    "/URI",
    "/Collection",
)
_ACTIONS = frozenset(
    [
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/RichMediaExecute",
    ]
)
MAX_PAGES = 2_000


def cleaned(data: bytes) -> bytes:
    """The document's pages alone. Raises `Refused` where it cannot be read."""
    from pypdf import PdfReader, PdfWriter

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise Refused("it is encrypted, so what is in it cannot be looked at")
        if len(reader.pages) > MAX_PAGES:
            raise Refused(f"it has more than {MAX_PAGES:,} pages")
        writer = PdfWriter()
        for page in reader.pages:
            _without(page)
            writer.add_page(page)
        writer.metadata = None
        for held in writer._objects:
            _without(held)
        out = io.BytesIO()
        writer.write(out)
    except Refused:
        raise
    except Exception as error:  # a parser of a hundred kinds of object has as many ways to fail
        raise Refused(f"it cannot be read as a PDF: {type(error).__name__}") from None
    return out.getvalue()


def _without(held: Any) -> None:
    """Takes out of a dictionary of the document what runs, opens or tells."""
    if not isinstance(held, dict):
        return
    for name in _RUNS:
        if name in held and not (
            name == "/URI" and str(held.get("/URI", "")).lower().startswith(("http:", "https:", "mailto:"))
        ):
            del held[name]
    action: Any = held.get("/A")
    if hasattr(action, "get_object"):
        action = action.get_object()
    if isinstance(action, dict) and action.get("/S") in _ACTIONS:
        del held["/A"]
    if held.get("/S") in _ACTIONS:
        held.clear()


def told(data: bytes) -> dict[str, str]:
    """What a document says of itself, by name: its author, its program, its title. Empty where it cannot be read."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        found = {str(k).strip("/"): str(v)[:4000] for k, v in (reader.metadata or {}).items()}
        root: Any = reader.trailer["/Root"]
        xmp = root.get("/Metadata")
        if xmp is not None:
            found["XMP"] = xmp.get_object().get_data()[:100_000].decode("utf-8", "replace")
    except Exception:
        return {}
    return found
