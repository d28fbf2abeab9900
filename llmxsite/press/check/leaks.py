"""What a study would give away when it is published: keys, names, home folders, addresses.

Every finding is shown with its middle left out, so that a report of a leak is not a leak. Patterns ask for enough shape
to be rare in prose; what they still find wrongly goes into `publish_allow` in site.yaml.
"""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from llmxsite.base.diagnostics import Severity
from llmxsite.press.check import credentials, places

_KEY = "take it out, and revoke it: what was committed once is known"
_PATH = "write the path from the study's folder"
_NETWORK = "leave it out: it says how a network is built"
_ALLOW = "publish_allow in content/site.yaml when it is meant to be public"
_MAIL = f"leave it out, or list it under {_ALLOW}"


class _Rule:
    """One kind of leak. Each needle is a literal text that a match starts with, looked for before any pattern is tried."""

    def __init__(self, code: str, kind: str, mend: str, needles: str, rest: str, *, loose: bool = False) -> None:
        self.code, self.kind, self.mend = code, kind, mend
        self.loose = loose
        """Whether a match may follow a letter or digit."""
        self.needles = [(n, re.compile(re.escape(n) + rest)) for n in needles.split()]


_TOKEN = r"[A-Za-z0-9_-]"
_NAMED_KEY = r"[\"']?\s*[:=]\s*[\"']?(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}"
_RULES = [
    _Rule("leak-key", "an OpenAI or Anthropic key", _KEY, "sk-", r"(?:proj-|ant-|svcacct-|or-v1-)?" + _TOKEN + "{20,}"),
    _Rule("leak-key", "a Hugging Face token", _KEY, "hf_", "[A-Za-z0-9]{30,}"),
    _Rule("leak-key", "a GitHub token", _KEY, "ghp_ gho_ ghu_ ghs_ ghr_", "[A-Za-z0-9]{36,}"),
    _Rule("leak-key", "a GitHub token", _KEY, "github_pat_", "[A-Za-z0-9_]{40,}"),
    _Rule("leak-key", "a GitLab token", _KEY, "glpat-", _TOKEN + "{20,}"),
    _Rule("leak-key", "an AWS access key", _KEY, "AKIA ASIA", r"[0-9A-Z]{16}\b"),
    _Rule(
        "leak-key",
        "an AWS secret key",
        _KEY,
        "aws_secret_access_key AWS_SECRET_ACCESS_KEY",
        r"\W{1,6}[A-Za-z0-9/+]{40}\b",
    ),
    _Rule("leak-key", "a Google API key", _KEY, "AIza", _TOKEN + "{35}"),
    _Rule("leak-key", "a Slack token", _KEY, "xoxa- xoxb- xoxp- xoxr- xoxs-", "[A-Za-z0-9-]{10,}"),
    _Rule("leak-key", "an npm token", _KEY, "npm_", "[A-Za-z0-9]{36}"),
    _Rule("leak-key", "a PyPI token", _KEY, "pypi-AgEI", _TOKEN + "{50,}"),
    _Rule("leak-key", "a Groq key", _KEY, "gsk_", "[A-Za-z0-9]{40,}"),
    _Rule("leak-key", "a Replicate token", _KEY, "r8_", "[A-Za-z0-9]{30,}"),
    _Rule("leak-key", "an NVIDIA key", _KEY, "nvapi-", _TOKEN + "{40,}"),
    _Rule("leak-key", "a JSON web token", _KEY, "eyJ", rf"{_TOKEN}{{10,}}\.eyJ{_TOKEN}{{10,}}\.{_TOKEN}{{10,}}"),
    _Rule("leak-key", "a bearer token", _KEY, "Bearer bearer", r"\s+[A-Za-z0-9._~+/-]{20,}=*"),
    _Rule("leak-key", "a private key", _KEY, "-----BEGIN", r" (?:[A-Z]+ )*PRIVATE KEY-----"),
    _Rule(
        "leak-key",
        "a password in an address",
        _KEY,
        "http:// https:// ftp:// postgres:// postgresql:// mysql:// mongodb:// redis:// ssh://",
        r"[^\s/:@\"'<>]+:[^\s/@\"'<>]{3,}@",
    ),
    _Rule(
        "leak-key",
        "an API key",
        _KEY,
        "api_key api-key apikey API_KEY APIKEY apiKey secret_key SECRET_KEY access_token ACCESS_TOKEN",
        _NAMED_KEY,
        loose=True,
    ),
]
_DOMAIN = re.compile(r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}\b")
_LOCAL_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]*$")
_EXAMPLE = re.compile(
    r"(?i)@(?:[\w-]+\.)*(?:example(?:\.[a-z]+)?|test|invalid|localhost|users\.noreply\.[\w.-]+)$|^noreply@|^git@"
)
_GENERIC = set(
    str.split(
        "admin administrator debian default docker host server ec2-user gitpod guest home jovyan linuxbrew me name nobody node pi "
        "public root runner shared student test ubuntu user username users vagrant vscode work worker you your-name "
        "yourname localhost"
    )
)
"""Account names that name nobody."""


WORST = ("leak-key", "leak-name", "leak-path", "leak-address", "leak-email")
"""Kinds of leak, the worst first."""


class Leak(msgspec.Struct, kw_only=True):
    """One thing found. `text` is the match itself: never to be printed."""

    kind: str
    code: str
    text: str
    mend: str
    line: int = 0
    column: int = 0

    @property
    def shown(self) -> str:
        """Enough of it to find it again, and not it."""
        return mask(self.text)


@dataclass(frozen=True)
class Who:
    """Names of this account and machine that must not stand in what is published; None where they say nothing."""

    user: str | None = None
    host: str | None = None

    @classmethod
    def here(cls) -> Who:
        try:
            user: str | None = getpass.getuser()
        except (OSError, KeyError):
            user = None
        return cls(_telling(user), _telling(socket.gethostname().split(".")[0]))


def _telling(name: str | None) -> str | None:
    """A name worth looking for: short and generic ones stand in every text."""
    if name is None or len(name) < 4 or name.lower() in _GENERIC or name.isdigit():
        return None
    return name


def mask(text: str) -> str:
    """`sk-abc…` for a key: a third of it, at most eight characters."""
    kept = min(8, max(2, len(text) // 3))
    return f"{text[:kept]}… ({len(text)} characters)"


class Scanner:
    """Looks through texts for one study: what is declared public in its site.yaml is not a leak."""

    def __init__(self, who: Who, allow: Iterable[str] = (), public: str = "") -> None:
        self.allow = {a.strip().lower() for a in allow if a.strip()}
        self.public = public.lower()
        """Text that is published on purpose: names and addresses in it are no secret."""
        self.names = [
            (what, re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", re.IGNORECASE), name.lower())
            for what, name in (("this account's name", who.user), ("this machine's name", who.host))
            if name and name.lower() not in self.public and name.lower() not in self.allow
        ]

    @property
    def key(self) -> list[list[str]]:
        """What a finding depends on beside the text."""
        return [sorted(self.allow), [self.public], [name for _, _, name in self.names]]

    def scan(self, text: str) -> list[Leak]:
        """Everything found in a text, in the order of the text; where two kinds overlap, the first counts."""
        found = sorted(self._find(text), key=lambda pair: (pair[0], WORST.index(pair[1].code), -len(pair[1].text)))
        leaks: list[Leak] = []
        line, last, end = 1, 0, -1
        for start, leak in found:
            if start < end or leak.text.lower() in self.allow:
                continue
            line += text.count("\n", last, start)
            last, end = start, start + len(leak.text)
            leak.line, leak.column = line, start - text.rfind("\n", 0, start)
            leaks.append(leak)
        return leaks

    def _find(self, text: str) -> Iterator[tuple[int, Leak]]:
        for rule in _RULES:
            for needle, pattern in rule.needles:
                if needle not in text:
                    continue
                for found in pattern.finditer(text):
                    start = found.start()
                    before = text[start - 1] if start > 0 else " "
                    if rule.loose or not (before.isalnum() or before in "_."):
                        yield start, Leak(kind=rule.kind, code=rule.code, text=found[0], mend=rule.mend)
        for credential in credentials.find(text):
            yield credential.start, Leak(kind=credential.kind, code="leak-key", text=credential.text, mend=_KEY)
        for place in places.find(text):
            if place.name.lower() not in _GENERIC and place.name.lower() not in self.allow:
                mend = _PATH if place.code == "leak-path" else _NETWORK
                yield place.start, Leak(kind=place.kind, code=place.code, text=place.text, mend=mend)
        if "@" in text:
            yield from self._emails(text)
        for what, pattern, name in self.names:
            if name in text.lower():
                for found in pattern.finditer(text):
                    yield found.start(), Leak(kind=what, code="leak-name", text=found[0], mend=_MAIL)

    def _emails(self, text: str) -> Iterator[tuple[int, Leak]]:
        for found in _DOMAIN.finditer(text):
            local = _LOCAL_PART.search(text, max(0, found.start() - 64), found.start())
            if local is None:
                continue
            address = local[0] + found[0]
            if not _EXAMPLE.search(address) and address.lower() not in self.public:
                yield local.start(), Leak(kind="an e-mail address", code="leak-email", text=address, mend=_MAIL)


def severity(leak: Leak, *, in_sample: bool) -> Severity:
    """Models and suites make up addresses; a key, a path or a name is serious wherever it stands."""
    return "warning" if in_sample and leak.code in ("leak-email", "leak-address") else "error"
