"""What becomes of a file that cannot be published."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - what becomes of a file
    """Why a file cannot be published."""
