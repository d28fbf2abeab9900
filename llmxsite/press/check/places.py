"""Where something was: home folders of every system, names and addresses of machines in a network that is not everybody's."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple


class Found(NamedTuple):
    """A place in a text. `name` is the part of it that names somebody or something."""

    start: int
    text: str
    kind: str
    code: str
    name: str


_WORD = r"(?:%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|[^\s/\\\"'<>`|:;,()\[\]{}*?])"
_HOME = re.compile(
    rf"(?i)(?:(?<=file://)|(?<![\w.~%-]))(?P<way>(?:/(?:[\w.-]+/)*?|[a-z]:[\\/]+|\\{{2,4}}[\w.$-]+\\+|\\\\wsl[\w.$-]*\\+)"
    rf"(?:home|users|documents and settings|volumes|nethome|scratch/users|people|staff|students)[\\/]+)(?P<name>(?![.~${{]|%(?![0-9A-Fa-f]{{2}})|\\)(?:{_WORD})+)"
)
_MACHINE = re.compile(
    r"(?i)(?<![\w.@%-])(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<name>(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+"
    r"(?P<end>local|lan|localdomain|internal|intranet|corp|home\.arpa|home|private|ts\.net|fritz\.box|cluster|hpc))(?P<port>:\d+)?(?![\w.-]*\w)"
)
_FOLDER = re.compile(r"(?i)[\\/](?:home|users|documents and settings|volumes|nethome|people|staff|students)[\\/]")
_END = re.compile(
    r"(?i)\w\.(?:local|lan|localdomain|internal|intranet|corp|home|private|ts\.net|fritz\.box|cluster|hpc)(?![\w-])"
)
"""What a text has that names such a place: looked for first, since that is quick."""
_BARE = re.compile(r"https?://(?P<name>[A-Za-z][A-Za-z0-9_-]*)(?=[:/\s\"'<>`]|$)")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):[0-9a-f:]{2,}(?:%\w+)?(?![\w:])", re.I)
_SURE = ("ts.net", "localdomain", "home.arpa", "fritz.box")
_NETWORKS = [
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
        "fe80::/10",
    )
]


def find(text: str) -> Iterator[Found]:
    """Every place in a text, in no order."""
    if _FOLDER.search(text):
        for found in _HOME.finditer(text):
            if not _address(text, found.start()):
                yield Found(found.start(), found[0], "a home folder", "leak-path", found["name"])
    for pattern in (_IPV4, _IPV6):
        for found in pattern.finditer(text):
            if _private(found[0]):
                yield Found(found.start(), found[0], "a private network address", "leak-address", found[0])
    if _END.search(text):
        for found in _MACHINE.finditer(text):
            name = found["name"].lower()
            label = name.split(".")[0]
            telling = (
                found["scheme"] or found["port"] or found["end"].lower() in _SURE or re.search(r"\d$|\d-|-\d", label)
            )
            if telling:
                yield Found(found.start(), found[0], "the name of a private host", "leak-address", name)
    if "://" in text:
        for found in _BARE.finditer(text):
            if found["name"].isupper():  # a place to be filled in
                continue
            yield Found(found.start(), found[0], "the name of a private host", "leak-address", found["name"])


def _address(text: str, at: int) -> bool:
    """Whether what stands at a place is the path of a page somewhere: `https://example.org/home/news`."""
    start = max(text.rfind(c, max(0, at - 300), at) for c in " \n\t\"'<>()`") + 1
    before = text[max(start, at - 300) : at + 2]
    return "://" in before and not before.lower().startswith("file:")


def _private(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in _NETWORKS if network.version == address.version)
