"""Formats of published benchmarks, one module each, read into suites."""
