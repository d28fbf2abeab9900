"""Servers that the tests talk to: a fake one with faults, and one that replays recordings of real ones."""
