"""What an experiment of this task may say."""

from __future__ import annotations

from llmxsite.study.experiment import Terms

TERMS = Terms(
    title="Benchmark",
    summary="Questions with a right answer, asked under each condition; how many are answered right.",
)
