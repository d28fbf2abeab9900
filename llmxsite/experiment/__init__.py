"""An experiment: `experiment.yaml` beside a report, its factors, and their expansion into conditions.

`design` has the records, `factor` what can vary, `prompt` the ways to ask, `regime` what comes before a request that is asked
again, `read` the loading with every problem named, `place` where something is set, `condition` the expansion.
"""

from llmxsite.experiment.condition import Condition, expand, select, varied
from llmxsite.experiment.design import AVAILABLE, Analysis, Experiment, Resolved, Scalar, TaskName, essence, fingerprint
from llmxsite.experiment.factor import FACTORS, OPTIONS, Factor
from llmxsite.experiment.place import place_of
from llmxsite.experiment.prompt import Prompt, Template, parse_prompt
from llmxsite.experiment.read import load
from llmxsite.experiment.regime import REGIMES, Regime, regime_of, width

__all__ = [
    "AVAILABLE",
    "FACTORS",
    "OPTIONS",
    "REGIMES",
    "Analysis",
    "Condition",
    "Experiment",
    "Factor",
    "Prompt",
    "Regime",
    "Resolved",
    "Scalar",
    "TaskName",
    "Template",
    "essence",
    "expand",
    "fingerprint",
    "load",
    "parse_prompt",
    "place_of",
    "regime_of",
    "select",
    "varied",
    "width",
]
