"""Fixtures of the tests of tasks."""

from __future__ import annotations

from conversation_support import installed

__all__ = ["installed"]
