"""Whom to trust: the certificates of the system, so that a laboratory's own authority holds here as it does elsewhere."""

from __future__ import annotations

import ssl


def certificates(url: str) -> ssl.SSLContext:
    """What httpx takes as `verify` for `url`. Where it is not https, nothing is loaded, and every certificate refused."""
    return ssl.create_default_context() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
