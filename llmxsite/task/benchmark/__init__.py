"""Questions with a right answer: multiple choice, numbers, and short answers in words. Accuracy is the share of right ones."""
