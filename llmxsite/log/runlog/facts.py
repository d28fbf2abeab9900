"""What of a header tells two runs apart, by the names of its fields: `drift` compares all of it, `rerun` says what moves a sample."""

from __future__ import annotations

MODEL = (
    "digest",
    "weights",
    "quantization",
    "template_hash",
    "context_in_force",
    "context_length",
    "parameters",
    "size_bytes",
    "family",
    "format",
    "render_hash",
    "system",
    "stored_messages",
    "capabilities",
    "gpu_share",
    "remote",
)
TOLD = ("quantization", "context_in_force", "template_hash", "system")
"""Of `MODEL`, what is said before a repetition beside the weights: the rest follows from these, or moves no sample."""
SERVER = ("name", "version", "backend", "threads", "address", "lacks")
MACHINE = ("os", "machine", "cpu", "cores", "memory_bytes", "gpus")
SUITE = ("hash", "version", "items")
