"""From replies to scores: reading letters, numbers, words and confidence."""
