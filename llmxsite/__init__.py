"""llmxsite: run experiments on local language models and publish what they found."""

from importlib import import_module

__version__ = "0.1.0"


def open(path=None):  # type: ignore[no-untyped-def]  # noqa: A001 - `llmxsite.open` reads as what it does; its types are in __init__.pyi
    """The study in the folder `path`, or around it (the working directory when None), to be asked for numbers and charts.

    Reads nothing yet, and loads no library of tables or charts before the first question. Raises `Problem` where no study is.
    """
    # By name: half the package asks this module for the version, and none of it may import its own future.
    return import_module("llmxsite.library.opened").OpenStudy.find(path)
