"""A figure on a page: drawn once, framed, and its pictures as files."""
