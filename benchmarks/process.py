"""What a command costs: wall time, processor time and memory, of itself and of all the processes it starts."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Cost(NamedTuple):
    seconds: float
    cpu: float
    """Seconds of processor, children included."""
    largest: float
    """Peak memory of the largest process, in MB."""
    together: float
    """Peak of all processes at one time, in MB, what they share counted once; 0 where the system does not say."""


def run(command: Sequence[str], **options: object) -> Cost:
    """Run a command to its end. Raises RuntimeError with its words where it fails."""
    started, together = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)  # type: ignore[call-overload]
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        together = max(together, sum(map(_share, _family(process.pid))))
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    said = process.stdout.read() if process.stdout else ""
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(said)
    unit = 1024 if platform.system() != "Darwin" else 1024 * 1024
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, together / 1024)


def best(command: Sequence[str], rounds: int = 3, **options: object) -> Cost:
    """The cheapest of some runs, in each respect."""
    found = [run(command, **options) for _ in range(rounds)]
    return Cost(*(min(values) for values in zip(*found, strict=True)))


def machine() -> str:
    """Day, machine and Python, for the head of a table."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores{load}, Python {platform.python_version()}"


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def _share(pid: int) -> int:
    """A process's memory in kB, what it shares divided by those who share it."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
