"""Samples as HTML: one, two beside each other, and a run's whole log in sheets."""
