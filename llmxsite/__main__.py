"""`python -m llmxsite` is the same program as `llmxsite`."""

import sys
from pathlib import Path

# `python -m` would look for every module in the working directory first, which may be a stranger's study.
if sys.path[0] == str(Path.cwd()) and not Path(__file__).is_relative_to(sys.path[0]):
    del sys.path[0]

from llmxsite.cli import main

if __name__ == "__main__":
    main()
