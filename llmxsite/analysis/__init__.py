"""From logs to numbers."""
