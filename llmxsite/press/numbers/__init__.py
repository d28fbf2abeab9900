"""Numbers and tables asked for by name: the language of `{value}`, and what was computed before."""
