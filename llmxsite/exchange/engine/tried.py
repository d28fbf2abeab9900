"""The servers that llmxsite has been tried with: recordings of each are in the tests, and a report of each in docs/ollama/."""

from __future__ import annotations

OLLAMA = ("0.12.3", "0.20.7", "0.34.4")
"""Versions of Ollama, oldest first. Nothing is concluded from them but whether a person should be told."""
