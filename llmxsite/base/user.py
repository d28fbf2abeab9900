"""This user's own folders, which no study can put anything into."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from pathlib import Path


def cache_dir() -> Path:
    """This user's cache: LLMXSITE_CACHE, or `llmxsite` where the system keeps caches."""
    if chosen := os.environ.get("LLMXSITE_CACHE"):
        return Path(chosen).expanduser()
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir()) / f"llmxsite-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    return base / "llmxsite"


def study_cache(root: Path) -> Path:
    """What is remembered of the study at `root`: by its name, for people, and a hash of where it is."""
    place = root.resolve()
    name = re.sub(r"[^a-z0-9]+", "-", place.name.lower()).strip("-")[:40] or "study"
    return cache_dir() / "studies" / f"{name}-{hashlib.sha256(str(place).encode('utf-8', 'replace')).hexdigest()[:16]}"
