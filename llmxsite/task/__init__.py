"""One package a kind of experiment, on top of all the rooms; nothing below imports one: `base.registry` finds them by name."""

DEFAULT = "benchmark"
"""The task of an experiment that names none."""
