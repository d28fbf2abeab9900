"""Other programs, asked with a time limit: what they print, or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess

_SECONDS = 5.0


def said(program: str, *words: str) -> str | None:
    """What a program prints, stripped; None when it is not there, fails or takes too long."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *words],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()
