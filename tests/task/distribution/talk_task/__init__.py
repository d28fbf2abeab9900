"""A task for tests: each question is asked, then doubted, and the answer that stands is graded by another model."""
