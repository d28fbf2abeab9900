"""What each directive that shows data draws, one module a directive."""
