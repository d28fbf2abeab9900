"""The task `determinism`: the very same request, asked again and again under each regime.

What is asked of it: whether replies, or the answers read from them, differ although nothing that was sent did.
"""
