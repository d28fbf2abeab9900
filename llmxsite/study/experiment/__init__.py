"""An experiment: `experiment.yaml` beside a report, its factors, and their expansion into conditions.

`design` has the records, `factor` what can vary, `prompt` the ways to ask, `regime` what comes before a request that is asked
again, `prediction` what is expected of which `measure`, `read` the loading with every problem named, `place` where something is
set, `condition` the expansion.
"""

from llmxsite.study.experiment.condition import Condition, expand, select, varied
from llmxsite.study.experiment.design import AVAILABLE, Analysis, Experiment, Resolved, TaskName, essence, fingerprint
from llmxsite.study.experiment.factor import FACTORS, OPTIONS, Factor
from llmxsite.study.experiment.measure import MEASURES, Predictable
from llmxsite.study.experiment.place import place_of
from llmxsite.study.experiment.prediction import Contrast, Prediction, PredictionError, Scalar
from llmxsite.study.experiment.prompt import Prompt, Template, parse_prompt
from llmxsite.study.experiment.read import load
from llmxsite.study.experiment.regime import REGIMES, Regime, regime_of, width

__all__ = [
    "AVAILABLE",
    "FACTORS",
    "MEASURES",
    "OPTIONS",
    "REGIMES",
    "Analysis",
    "Condition",
    "Contrast",
    "Experiment",
    "Factor",
    "Predictable",
    "Prediction",
    "PredictionError",
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
