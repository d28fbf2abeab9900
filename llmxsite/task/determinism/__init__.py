"""Determinism: the very same request, asked again under each regime. Does it get the same reply?"""
