"""What was seen, on disk, for good."""
