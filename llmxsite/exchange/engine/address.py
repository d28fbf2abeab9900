"""Addresses of servers: what a person may write, where it leads, and how it may be shown.

All functions are pure. Credentials written into an address (`http://me:secret@host`) are used for the connection and
never shown: only `Address.shown` goes into logs and messages.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from llmxsite.base.in_use import hidden


class Address(NamedTuple):
    """A server's root. `url` has no credentials and no slash at its end."""

    url: str
    user: str | None = None
    password: str | None = None

    @property
    def shown(self) -> str:
        """Scheme, host and port: fit for logs and messages."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def here(self) -> bool:
        """Whether it leads to this machine itself: what a server there says of its files is about ours."""
        return is_here(self.url)


def is_here(url: str) -> bool:
    """Whether an address leads to the machine itself."""
    host = urlsplit(url).hostname
    try:
        return host == "localhost" or (host is not None and ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def ollama_address(text: str | None) -> Address:
    """Where Ollama's own client would connect for a value of OLLAMA_HOST.

    >>> ollama_address(None).url
    'http://127.0.0.1:11434'
    >>> ollama_address("0.0.0.0:8080").url
    'http://127.0.0.1:8080'
    >>> ollama_address("https://lab.example/ollama/").url
    'https://lab.example:443/ollama'
    >>> ollama_address("[::1]").url
    'http://[::1]:11434'

    Follows `Host` and `ConnectableHost` of Ollama's envconfig: a port that is not one becomes the default, and an
    address that only a listener can use becomes the loopback one.
    """
    text = (text or "").strip().strip("\"'").strip()
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
        if rest == "ollama.com":
            scheme, rest = "https", "ollama.com:443"
    scheme = scheme.lower()
    default_port = {"http": "80", "https": "443"}.get(scheme, "11434") if found else "11434"
    hostport, _, path = rest.partition("/")
    credentials, at, hostport = hostport.rpartition("@")
    host, port = _split_port(hostport, default_port)
    if not (port.isdecimal() and int(port) <= 65535):
        port = default_port
    return _address(scheme, _connectable(host or "127.0.0.1"), port, path, credentials if at else "")


def openai_address(text: str) -> Address:
    """The root of an OpenAI-compatible server, without its `/v1`.

    >>> openai_address("localhost:8080").url
    'http://localhost:8080'
    >>> openai_address("https://me:pw@host/api/v1/").url
    'https://host/api'

    Raises `ValueError` when there is no host in it.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = str(parts.port) if parts.port is not None else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{redact(text)}' is not the address of a server")
    credentials, at, _ = parts.netloc.rpartition("@")
    path = re.sub(r"/v1/?$", "", parts.path.rstrip("/"))
    return _address(parts.scheme, _connectable(parts.hostname), port, path, credentials if at else "")


def redact(text: str) -> str:
    """`text` without the credentials, query or key that an address or a header in it may hold, and without what is in use."""
    text = hidden(text)
    text = re.sub(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@'\"]+@", r"\1", text)
    text = re.sub(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}", r"\1 ***", text)
    text = re.sub(r"\b(sk|hf|ghp|gho|glpat)[-_][\w-]{8,}", "***", text)
    return re.sub(r"(?i)([?&](?:api[_-]?)?(?:key|token|secret|password)=)[^\s&'\"]+", r"\1***", text)


def _split_port(hostport: str, default: str) -> tuple[str, str]:
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", hostport)
    if bracketed:
        return bracketed[1], default if bracketed[2] is None else bracketed[2]
    if hostport.count(":") == 1:
        host, _, port = hostport.partition(":")
        return host, port
    return hostport, default  # a bare name, or an IPv6 address without brackets


def _connectable(host: str) -> str:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host
    if ip.is_unspecified:
        return "127.0.0.1" if ip.version == 4 else "[::1]"
    return f"[{ip}]" if ip.version == 6 else str(ip)


def _address(scheme: str, host: str, port: str, path: str, credentials: str) -> Address:
    user, colon, password = credentials.partition(":")
    url = f"{scheme}://{host}{f':{port}' if port else ''}"
    if path.strip("/"):
        url += "/" + quote(path.strip("/"), safe="/%:@")
    return Address(url, unquote(user) if credentials else None, unquote(password) if colon else None)
