"""What only charts need, imported by the first that is made: kinds are declared, and options checked, without pandas and Altair."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt
    import numpy as np
    import pandas as pd
else:

    class _Late:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module(self._name), name)

    alt, np, pd = (_Late(name) for name in ("altair", "numpy", "pandas"))

__all__ = ["alt", "np", "pd"]
