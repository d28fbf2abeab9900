"""Tasks: how items become requests, and replies become scores."""
