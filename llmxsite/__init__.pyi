from os import PathLike

from llmxsite.library.opened import OpenStudy

__version__: str

def open(path: str | PathLike[str] | None = None) -> OpenStudy: ...  # noqa: A001
