"""llmxsite: run experiments on local language models and publish what they found."""

__version__ = "0.1.0"
