"""Engines: what answers a request. `connect` makes one by its name; `protocol` has what they all speak."""
