"""`python -m llmxsite` is the same program as `llmxsite`."""

from llmxsite.cli import main

if __name__ == "__main__":
    main()
