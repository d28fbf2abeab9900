"""What directives have in common: their place, their block of `directives.html`."""

from __future__ import annotations

from typing import Any

from llmxsite.press.catalogue import addresses
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.writing.directive import Directive


def part(host: PageHost, name: str, **context: Any) -> Any:
    """One block of `directives.html`."""
    to = lambda target: addresses.relative(host.address, target)  # noqa: E731
    return host.edition.templates.block("directives.html", name, to=to, **context)


def names(value: Any) -> list[str]:
    """`model, category` or a list of names, as a list."""
    if value is None:
        return []
    return (
        [str(v) for v in value] if isinstance(value, list) else [v.strip() for v in str(value).split(",") if v.strip()]
    )


def place(host: PageHost, d: Directive) -> dict[str, str]:
    """Where the ledger says that a test is shown."""
    report = host.report.slug if host.report is not None else ""
    return {"report": report, "address": f"{host.address}#{d.id}", "place": d.label or "Figure"}
