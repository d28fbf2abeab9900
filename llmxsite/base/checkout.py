"""The git repository around a folder, as git itself tells of it. Nothing here needs git to be installed."""

from __future__ import annotations

import os
from pathlib import Path

from llmxsite.base.programs import said

_QUIET = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.sshCommand": "false",
    "core.askPass": "false",
    "credential.helper": "",
    "protocol.allow": "never",
    "log.showSignature": "false",
    "gpg.program": "false",
    "diff.external": "",
    "core.alternateRefsCommand": "",
    "safe.bareRepository": "explicit",
}
"""What keeps a repository's own configuration from naming a program to run."""


def says(folder: Path, *words: str) -> str | None:
    """What git prints in `folder`; None where it fails or is not there.

    The repository may be a stranger's, and its configuration with it: nothing that it names is run, and nothing is fetched.
    """
    quiet = _QUIET | (_unfiltered(folder) if words[0] == "status" else {})
    flags = [part for name, value in quiet.items() for part in ("-c", f"{name}={value}")]
    return said("git", "--no-pager", "--literal-pathspecs", *flags, "-C", str(folder), *words)


def _unfiltered(folder: Path) -> dict[str, str]:
    """What turns off the filters that a repository itself has for its files: to tell whether one has changed, git would run them."""
    names = said(
        "git", "-C", str(folder), "config", "--local", "--includes", "--name-only", "--get-regexp", r"^filter\."
    )
    found = {line.rpartition(".")[0] for line in (names or "").splitlines() if line.startswith("filter.")}
    return {f"{name}.{key}": "" for name in sorted(found) for key in ("clean", "smudge", "process")}


def remote(folder: Path) -> str | None:
    """The address of the remote `origin` of the repository around `folder`, as git has it; None where there is none."""
    return says(folder, "remote", "get-url", "origin") or None


def whole(folder: Path, file: str) -> bool:
    """Whether `folder` is a repository of its own, and `file` in it is one of its files."""
    return says(folder, "rev-parse", "--show-prefix") == "" and bool(says(folder, "ls-files", "--", file))


def published(folder: Path) -> str | None:
    """The commit checked out around `folder`, where a branch of `origin` is known to have it; None otherwise."""
    commit = says(folder, "rev-parse", "HEAD")
    if commit is None or not says(folder, "branch", "--remotes", "--list", "origin/*", "--contains", commit):
        return None
    return commit
