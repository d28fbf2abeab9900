"""What a study has pages for, and the address of every page."""
