"""Suites from their publishers: where each is, what its file's sha256 must be, and how to fetch it within limits."""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from llmxsite import __version__
from llmxsite.base.diagnostics import Issue, Issues, Problem, display_path

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 256 * 1024 * 1024
TIMEOUT = 60
"""Seconds without a byte after which a download is given up."""
_REDIRECTS = 10
_HEADERS = {"User-Agent": f"llmxsite/{__version__}", "Accept-Encoding": "identity"}
_BY_HAND = "download it in a browser and give it to `llmxsite suite import`"


class Release(NamedTuple):
    """One file of a publisher."""

    url: str
    format: str
    sha256: str | None
    """None where no value is known for certain: then the one first seen is kept in the suite, and must come again."""


_ARC = "https://huggingface.co/datasets/allenai/ai2_arc/resolve/210d026faf9955653af8916fad021475a3f00453"
RELEASES: dict[str, Release] = {
    "truthfulqa": Release(
        "https://raw.githubusercontent.com/sylinrl/TruthfulQA/d71c110897f5d31c5d7f309e7bc316c152f6f031/TruthfulQA.csv",
        "truthfulqa",
        "b8d8ef1e12f98b4f2a9f47abc9765da0640b182b6c5d9b92f0c1a1f2f1e02e5c",
    ),
    "truthfulqa-binary": Release(
        "https://raw.githubusercontent.com/sylinrl/TruthfulQA/d71c110897f5d31c5d7f309e7bc316c152f6f031/TruthfulQA.csv",
        "truthfulqa-binary",
        "b8d8ef1e12f98b4f2a9f47abc9765da0640b182b6c5d9b92f0c1a1f2f1e02e5c",
    ),
    "gsm8k": Release(
        "https://raw.githubusercontent.com/openai/grade-school-math/"
        "3101c7d5072418e28b9008a6636bde82a006892c/grade_school_math/data/test.jsonl",
        "gsm8k",
        "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
    ),
    "arc-challenge": Release(
        f"{_ARC}/ARC-Challenge/test-00000-of-00001.parquet",
        "arc-challenge",
        "62f03257e737aed263f55c6abf87c7bb0028a44a6bdd2a26eb1279eb42c1d1e9",
    ),
    "arc-easy": Release(f"{_ARC}/ARC-Easy/test-00000-of-00001.parquet", "arc-easy", None),
    "mmlu-pro": Release(
        "https://huggingface.co/datasets/TIGER-Lab/MMLU-Pro/resolve/main/data/test-00000-of-00001.parquet",
        "mmlu-pro",
        None,
    ),
    "hellaswag": Release(
        "https://raw.githubusercontent.com/rowanz/hellaswag/master/data/hellaswag_val.jsonl",
        "hellaswag",
        "0aa3b88843990f3f10a97b9575c94d7b71fb2205240ba04ae4884d9e9c992588",
    ),
}


@contextmanager
def download(
    url: str, issues: Issues, *, limit: int = MAX_BYTES, timeout: float = TIMEOUT
) -> Iterator[tuple[Path, str, Issues]]:
    """The file at `url` in a temporary place, its sha256, and where to put what is found in it.

    Issues and problems about the file are passed on with the address in place of its name here. The file keeps the
    ending of the address, by which readers know its kind. Raises `Problem` when it cannot be had.
    """
    name = url.split("?")[0].rsplit("/", 1)[-1]
    found = Issues()
    with tempfile.TemporaryDirectory(prefix="llmxsite-") as folder:
        path = Path(folder) / f"release{Path(name).suffix}"
        sha256 = _fetch(url, path, limit, timeout)
        try:
            yield path, sha256, found
        except Problem as problem:
            raise Problem(*_renamed(problem.issues, path, url)) from None
        finally:
            issues.extend(_renamed(found, path, url))


def _renamed(issues: Iterable[Issue], path: Path, url: str) -> list[Issue]:
    return [msgspec.structs.replace(issue, path=issue.path.replace(display_path(path), url)) for issue in issues]


def _fetch(url: str, path: Path, limit: int, timeout: float) -> str:
    import httpx

    if not url.startswith(("https://", "http://")):
        raise Problem.at(url, "pull-failed", "not an http or https address")
    digest = hashlib.sha256()
    size = 0
    stated = ""
    try:
        # A university's proxy, and the authority that signs for it, are in the environment and in the system.
        with (
            httpx.Client(headers=_HEADERS, verify=ssl.create_default_context(), timeout=timeout) as client,
            _followed(client, url) as response,
            path.open("wb") as stream,
        ):
            if not response.is_success:
                raise Problem.at(url, "pull-failed", _says(response), hint=_BY_HAND)
            stated = response.headers.get("Content-Length", "")
            for chunk in response.iter_raw():
                size += len(chunk)
                if size > limit:
                    raise Problem.at(url, "pull-failed", f"larger than {limit:,} bytes; stopped there")
                digest.update(chunk)
                stream.write(chunk)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        if size:
            of = f" of {int(stated):,}" if stated.isdecimal() else ""
            message = f"the connection broke off: {size:,}{of} bytes came"
        else:
            message = f"cannot be reached: {error or type(error).__name__}"
        raise Problem.at(url, "pull-failed", message, hint=_BY_HAND) from None
    except OSError as error:
        raise Problem.at(url, "pull-failed", f"cannot be written to {path.parent}: {error.strerror}") from None
    return digest.hexdigest()


@contextmanager
def _followed(client: httpx.Client, url: str) -> Iterator[httpx.Response]:
    """The response that `url` leads to, over redirects, whose bodies are not read. Raises `Problem`."""
    request = client.build_request("GET", url)
    for _ in range(_REDIRECTS):
        with closing(client.send(request, stream=True)) as response:
            if response.next_request is None:
                yield response
                return
        request = response.next_request
        if request.url.scheme not in ("https", "http"):
            raise Problem.at(url, "pull-failed", f"{_says(response)}, and leads to no http or https address")
    raise Problem.at(url, "pull-failed", f"{_says(response)} again and again", hint=_BY_HAND)


def _says(response: httpx.Response) -> str:
    return f"the server says {response.status_code} {response.reason_phrase}"


def verify(name: str, url: str, sha256: str, known: str | None, recorded: str | None) -> str:
    """What the sha256 of a download says, in words. Raises `Problem` when it is not the one it must be.

    `known` is the release's; `recorded` the one an earlier pull wrote into the suite.
    """
    if known is not None and sha256 != known:
        message = f"sha256 {sha256} is not that of the release, {known}"
        hint = "the publisher changed the file, or something between here and there did; nothing was written"
        raise Problem.at(url, "pull-sha256", message, hint=hint)
    if known is None and recorded is not None and sha256 != recorded:
        message = f"sha256 {sha256} is not the one of the earlier pull of '{name}', {recorded}"
        raise Problem.at(url, "pull-changed", message, hint="--force takes the new file; runs keep the old hash")
    if known is not None:
        return f"sha256 {sha256} is that of the release"
    if recorded is not None:
        return f"sha256 {sha256} is the one of the earlier pull"
    return f"sha256 {sha256} was seen here for the first time and is kept in the suite; the next pull must meet it"
