"""Where a study and this llmxsite came from, as an address that others can fetch it from.

llmxsite is on no package index. What a page or a workflow says about installing it is taken from how it was installed here;
where that tells no address, nothing makes one up.
"""

from __future__ import annotations

import ipaddress
import json
import re
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from llmxsite import __version__
from llmxsite.base import checkout

_SCP = re.compile(r"(?:[\w.+-]+@)?([\w.-]+):(?!//)/?([\w./~+-]+)")
"""An address in the manner of `scp`, as in `git@host.example:owner/name.git`."""


UNKNOWN = "WHERE-LLMXSITE-IS"
"""What a workflow says in place of an address that is not known."""


class Source(NamedTuple):
    """A repository that others can reach, and a commit that is known to be in it."""

    address: str
    commit: str | None = None

    def requirement(self, *extras: str) -> str:
        """What pip is asked for: `llmxsite[embedded] @ git+https://host.example/owner/name@0123abc`."""
        wanted = f"[{','.join(extras)}]" if extras else ""
        return f"llmxsite{wanted} @ git+{self.address}{f'@{self.commit}' if self.commit else ''}"


def public_address(remote: str) -> str | None:
    """A git remote as others would open it: over HTTP, without anybody's name or password. None where it is on this machine.

    `git@host.example:owner/name.git` -> `https://host.example/owner/name`
    """
    remote = remote.strip()
    parts = urlsplit(remote) if "://" in remote else None
    if parts is not None:
        if parts.scheme not in ("http", "https", "ssh", "git"):
            return None
        host, path = parts.hostname or "", parts.path
        port = f":{parts.port}" if parts.scheme in ("http", "https") and parts.port else ""
        scheme = "http" if parts.scheme == "http" else "https"
    else:
        found = _SCP.fullmatch(remote)
        if found is None:
            return None
        host, path, port, scheme = found[1], found[2], "", "https"
    path = path.strip("/").removesuffix(".git")
    if not path or not _reachable(host):
        return None
    return f"{scheme}://{host}{port}/{path}"


def _reachable(host: str) -> bool:
    """Whether a host's name may mean the same to others: no alias of an ssh configuration, no address of a local network."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".localhost", ".lan", ".internal"))


def repository(folder: Path, file: str) -> str | None:
    """The address of the repository that `folder` is, from its remote `origin`; None where there is none for others.

    `file` tells that it is this repository's folder, and not one that lies in it unknown to git, or deeper inside.
    """
    remote = checkout.remote(folder) if checkout.whole(folder, file) else None
    return public_address(remote) if remote else None


@cache
def installed() -> Source | None:
    """Where this llmxsite can be had: the repository that pip took it from, or that of the folder it was installed from."""
    from urllib.request import url2pathname  # it brings the whole of HTTP and TLS with it

    try:
        told = metadata.distribution("llmxsite").read_text("direct_url.json")
        known = json.loads(told) if told else {}
    except (metadata.PackageNotFoundError, OSError, ValueError):
        known = {}
    url, taken = str(known.get("url", "")), known.get("vcs_info")
    if isinstance(taken, dict):
        address = public_address(url)
        return Source(address, taken.get("commit_id")) if address else None
    folder = Path(url2pathname(unquote(urlsplit(url).path))) if url.startswith("file:") else Path(__file__).parents[2]
    address = repository(folder, "llmxsite/base/origin.py")
    return Source(address, checkout.published(folder)) if address else None


def how_to_install(*extras: str) -> str:
    """A line for a shell that installs this llmxsite, or, where no address is known, a comment that says which it is."""
    source = installed()
    if source is not None:
        return f'pip install "{source.requirement(*extras)}"'
    wanted = f"[{','.join(extras)}]" if extras else ""
    return f"# llmxsite {__version__}, from a copy of its source: pip install '.{wanted}'"
