"""The very same request, asked again and again under each regime: whether a machine gives the same answer twice.

A regime is what comes before a request: an empty prompt cache, the same request, other items, a load. Replies are scored as the
benchmark scores them, so that it can be told whether a reply that changed changed its answer.
"""
